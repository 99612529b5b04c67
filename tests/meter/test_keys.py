"""All forms of a public key lead to the same 91 bytes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.meter.keys import KeyFormatError, oca_public_key, parse_key, point_of, to_der
from tests.meter.vectors import DEMO_KEY, vectors

OCA = vectors()["oca_public_key"]
POINT = DEMO_KEY[26:]


@pytest.mark.parametrize(
    "text",
    [
        DEMO_KEY.hex(),
        DEMO_KEY.hex().upper(),
        f"  {DEMO_KEY.hex(' ')}\n",
        POINT.hex(),
        OCA["printed"],
        OCA["composed"],
        OCA["field_value"],
        base64.b64encode(DEMO_KEY).decode(),
        base64.b64encode(DEMO_KEY.hex().encode()).decode(),
        base64.b64encode(POINT).decode(),
        base64.b64encode(POINT.hex().encode()).decode(),
        f"AC{DEMO_KEY.hex()}",
        f"AA001BZR1521070006 AC{DEMO_KEY.hex()}",
        f"-----BEGIN PUBLIC KEY-----\n{base64.encodebytes(DEMO_KEY).decode()}-----END PUBLIC KEY-----\n",
    ],
)
def test_every_form_of_a_key_is_understood(text: str) -> None:
    assert parse_key(text) == DEMO_KEY


@pytest.mark.parametrize(
    "text",
    ["", "nothing", "ABCD", DEMO_KEY.hex()[:-2], DEMO_KEY.hex()[2:], "30" * 91, "05" * 65, OCA["composed"] + "0"],
)
def test_what_is_no_key_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(KeyFormatError, match="P-256 public key"):
        parse_key(text)


@given(st.text())
def test_any_text_is_a_key_or_refused(text: str) -> None:
    with pytest.raises(KeyFormatError):
        parse_key(text)


def test_the_key_is_composed_as_the_application_note_shows() -> None:
    assert oca_public_key(DEMO_KEY) == OCA["field_value"]


def test_der_and_point_lead_into_each_other() -> None:
    assert point_of(DEMO_KEY) == POINT
    assert to_der(POINT) == DEMO_KEY
    assert to_der(b"") is None
    with pytest.raises(KeyFormatError, match="91 bytes is expected, got 5"):
        point_of(b"12345")
