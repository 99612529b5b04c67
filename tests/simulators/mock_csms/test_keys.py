import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulators.mock_csms.keys import BadKeyError, KeyRing, KeySource, configured_key, sent_key
from tests.simulators.mock_csms.payloads import DEMO_KEY, SENT_KEY, SERIAL

DEMO = bytes.fromhex(DEMO_KEY)
OTHER = b"another key"


def sent(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_the_notation_of_the_application_note_is_read() -> None:
    assert sent_key(SENT_KEY) == DEMO


def test_a_setting_may_be_hex_or_the_notation() -> None:
    assert (
        configured_key(DEMO_KEY) == configured_key(f"oca:base16:asn1:{DEMO_KEY}") == configured_key(SENT_KEY) == DEMO
    )


def other_curve() -> str:
    key = generate_private_key(SECP384R1()).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("%%%", "no Base64"),
        (sent(DEMO_KEY), "does not begin with oca:base16:asn1:"),
        (sent("oca:base16:asn1:xyz"), "hex digits"),
        (sent("oca:base16:asn1:3059"), "cannot be read"),
        (sent(f"oca:base16:asn1:{other_curve()}"), "secp256r1"),
    ],
)
def test_a_text_that_is_no_key_says_why(text: str, why: str) -> None:
    with pytest.raises(BadKeyError, match=why):
        sent_key(text)


def test_the_most_trusted_key_is_found_first() -> None:
    ring = KeyRing({SERIAL: DEMO})
    assert ring.find(SERIAL, "tx", OTHER) == (DEMO, KeySource.CONFIGURED)
    assert ring.find("another meter", "tx", OTHER) == (OTHER, KeySource.MESSAGE)
    assert ring.find("another meter", "tx", None) is None


def test_a_key_is_remembered_for_its_transaction_and_its_meter() -> None:
    ring = KeyRing()
    ring.learn(SERIAL, "tx", DEMO)
    assert ring.find(SERIAL, "tx", None) == (DEMO, KeySource.TRANSACTION)
    assert ring.find(SERIAL, "later tx", None) == (DEMO, KeySource.METER)
    assert ring.find("another meter", "later tx", None) is None


def test_the_first_key_of_a_meter_stays() -> None:
    ring = KeyRing()
    ring.learn(SERIAL, None, DEMO)
    ring.learn(SERIAL, None, OTHER)
    assert ring.expected(SERIAL) == DEMO
