import base64
import dataclasses
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulators.mock_csms import ocmf
from simulators.mock_csms.keys import KeyRing, KeySource
from simulators.mock_csms.verify import SignedValue, Verdict, examine, fits, order_problems, pair_problems, sample_wh
from tests.simulators.mock_csms.payloads import (
    ALTERED_TEXTS,
    BEGIN,
    BEGIN_WH,
    CURRENT,
    DEMO_KEY,
    END,
    END_WH,
    OCA_EXAMPLE,
    OCMF,
    OTHER_METER_END,
    SENT_KEY,
    SERIAL,
    begin_sample,
    end_sample,
    sample,
    signed,
)

DEMO = bytes.fromhex(DEMO_KEY)


def checked(value: dict[str, Any], keys: KeyRing | None = None) -> SignedValue:
    return examine(value, keys=keys or KeyRing(), transaction_id="tx-1")


@pytest.mark.parametrize("text", OCMF.values(), ids=OCMF.keys())
def test_every_record_of_the_vectors_fits_its_key(text: str) -> None:
    assert fits(ocmf.read(text.encode()), DEMO)


@pytest.mark.parametrize("name", ALTERED_TEXTS)
def test_no_altered_text_of_the_vectors_fits(name: str) -> None:
    entry = ALTERED_TEXTS[name]
    record = dataclasses.replace(
        ocmf.read(BEGIN.encode()),
        signed=entry["signed_text"].encode(),
        signature=bytes.fromhex(entry["signature_der_hex"]),
    )
    assert not fits(record, bytes.fromhex(entry["public_key_der_hex"]))


def test_the_example_of_the_application_note_is_valid_without_a_problem() -> None:
    value = checked({"value": BEGIN_WH, "context": "Transaction.Begin", "signedMeterValue": OCA_EXAMPLE})
    assert (value.verdict, value.problems, value.key_source) == (Verdict.VALID, (), KeySource.MESSAGE)
    assert value.data == BEGIN.encode()


@pytest.mark.parametrize(
    ("old", "new"), [("99.84", "99.85"), ('"T4276"', '"T4277"'), ("99.84", "99.840"), ('","PG"', '", "PG"')]
)
def test_a_changed_record_is_invalid(old: str, new: str) -> None:
    assert old in BEGIN
    value = checked(sample("Transaction.Begin", BEGIN_WH, BEGIN.replace(old, new), key=SENT_KEY))
    assert value.verdict is Verdict.INVALID


def test_another_algorithm_than_that_of_the_meter_is_invalid() -> None:
    value = checked(sample("Transaction.Begin", BEGIN_WH, BEGIN.replace("SHA256", "SHA1"), key=SENT_KEY))
    assert value.verdict is Verdict.INVALID
    assert any("SA is" in problem for problem in value.problems)


def test_without_any_key_there_is_no_verdict() -> None:
    value = checked(begin_sample())
    assert (value.verdict, value.problems) == (Verdict.NO_KEY, ())


def test_a_configured_key_decides_even_if_the_message_brings_another() -> None:
    value = checked(begin_sample(key=another_sent_key()), KeyRing({"*": DEMO}))
    assert (value.verdict, value.key_source) == (Verdict.VALID, KeySource.CONFIGURED)
    assert value.problems == (f"publicKey is another one than that known for meter {SERIAL}",)


def test_the_key_of_another_meter_does_not_fit() -> None:
    assert checked(begin_sample(key=another_sent_key())).verdict is Verdict.INVALID


def another_sent_key() -> str:
    key = generate_private_key(SECP256R1()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(b"oca:base16:asn1:" + der.hex().encode()).decode()


def test_another_key_than_the_meter_had_before_is_a_problem() -> None:
    ring = KeyRing()
    ring.learn(SERIAL, None, b"another key")
    value = checked(begin_sample(key=SENT_KEY), ring)
    assert value.verdict is Verdict.VALID
    assert value.problems == (f"publicKey is another one than that known for meter {SERIAL}",)


def test_a_key_in_the_wrong_notation_is_a_problem_and_no_key() -> None:
    value = checked(begin_sample(key=DEMO_KEY))
    assert value.verdict is Verdict.NO_KEY
    assert "publicKey" in value.problems[0]


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"encodingMethod": "EDL"}, "encodingMethod is 'EDL'"),
        ({"signingMethod": "ECDSA-secp256r1-SHA256"}, "signingMethod is"),
    ],
)
def test_a_wrong_method_is_a_problem_but_no_verdict(members: dict[str, str], why: str) -> None:
    envelope = signed(BEGIN, key=SENT_KEY, **members)
    value = checked({"value": BEGIN_WH, "context": "Transaction.Begin", "signedMeterValue": envelope})
    assert value.verdict is Verdict.VALID
    assert why in value.problems[0]


@pytest.mark.parametrize("data", ["OCMF|{}|{}", "T0NNRg==", ""])
def test_data_that_holds_no_record_is_invalid(data: str) -> None:
    envelope = {**signed(BEGIN, key=SENT_KEY), "signedMeterData": data}
    value = checked({"value": 0, "signedMeterValue": envelope})
    assert value.verdict is Verdict.INVALID
    assert "signedMeterData" in value.problems[0]


def test_a_plain_value_that_differs_from_the_signed_one_is_a_problem() -> None:
    value = checked(sample("Transaction.Begin", BEGIN_WH + 10, BEGIN, key=SENT_KEY))
    assert value.problems == ("the plain value is 99850 Wh, the signed one (XV) 99840 Wh",)


def test_a_plain_value_in_kilowatt_hours_is_the_same_value() -> None:
    value = checked(sample("Transaction.Begin", 99.84, BEGIN, key=SENT_KEY, unitOfMeasure={"unit": "kWh"}))
    assert value.problems == ()


def test_a_record_beside_another_measurand_is_a_problem() -> None:
    value = checked(sample("Transaction.Begin", 16, BEGIN, key=SENT_KEY, measurand="Current.Import"))
    assert "stands beside" in value.problems[0]


def test_a_record_in_the_wrong_context_is_a_problem() -> None:
    assert checked(sample("Transaction.End", BEGIN_WH, BEGIN, key=SENT_KEY)).problems == (
        "TX is B: E belongs to Transaction.End",
    )
    assert checked(sample("Sample.Periodic", END_WH, CURRENT, key=SENT_KEY)).problems == ()


def test_a_record_that_is_not_fit_for_billing_is_a_problem() -> None:
    text = BEGIN.replace('"EF":"","ST":"G"', '"EF":"Et","ST":"E"')
    assert any(
        "not fit for billing" in problem for problem in checked(sample("Transaction.Begin", 99840, text)).problems
    )


def pair(begin: dict[str, Any], end: dict[str, Any]) -> list[str]:
    return list(pair_problems(checked(begin), checked(end)))


def test_the_real_pair_has_no_problem() -> None:
    assert pair(begin_sample(key=SENT_KEY), end_sample(key=SENT_KEY)) == []


def test_a_pair_of_different_meters_is_a_problem() -> None:
    problems = pair(begin_sample(), sample("Transaction.End", 88350, OTHER_METER_END))
    assert f"begin is of meter {SERIAL}, end of 001BZR1521070003" in problems


def test_a_pair_in_the_wrong_order_is_a_problem() -> None:
    problems = " ".join(pair(end_sample(), begin_sample()))
    assert "pagination 4276 is not above the begin's 4277" in problems
    assert "before the begin" in problems
    assert "went backwards" in problems


def test_a_pair_of_different_identifications_is_a_problem() -> None:
    renamed = sample("Transaction.End", END_WH, END.replace("12345678abcdef", "somebody else"))
    assert pair(begin_sample(), renamed) == ["begin and end name different identifications (ID)"]


def test_registers_that_grow_differently_are_a_problem() -> None:
    grown = sample("Transaction.End", END_WH, END.replace('"RV":0.15', '"RV":0.25'))
    assert pair(begin_sample(), grown) == ["XV grew by 160 Wh, RV by 250 Wh"]


def between(*samples: dict[str, Any]) -> list[str]:
    return list(order_problems(checked(value) for value in samples))


def test_a_record_that_fits_between_the_others_is_no_problem() -> None:
    assert between(begin_sample(), sample("Sample.Clock", END_WH, CURRENT), end_sample()) == []


def test_a_record_that_was_taken_too_early_is_a_problem() -> None:
    early = CURRENT.replace("10:06:49", "10:01:49")
    assert between(begin_sample(), end_sample(), sample("Sample.Clock", END_WH, early)) == [
        "record T4278 was taken before T4277"
    ]


def test_a_register_that_goes_back_between_records_is_a_problem() -> None:
    less = CURRENT.replace('"XV":100.00', '"XV":99.99')
    assert between(begin_sample(), end_sample(), sample("Sample.Clock", END_WH, less)) == [
        "the register went backwards between records T4277 and T4278"
    ]


def test_records_of_several_meters_are_a_problem() -> None:
    assert between(begin_sample(), sample("Transaction.End", 88350, OTHER_METER_END)) == [
        f"signed by several meters: 001BZR1521070003, {SERIAL}"
    ]


@pytest.mark.parametrize(
    ("value", "watt_hours"),
    [
        ({"value": 5}, 5),
        ({"value": 0.1, "unitOfMeasure": {"unit": "kWh"}}, 100),
        ({"value": 5, "unitOfMeasure": {"multiplier": 1}}, 50),
        ({"value": 5, "unitOfMeasure": {"unit": "varh"}}, None),
        ({"value": 5, "unitOfMeasure": {"multiplier": 10**9}}, None),
        ({"value": 5, "phase": "L1"}, None),
        ({"value": 5, "measurand": "Voltage"}, None),
    ],
)
def test_samples_of_the_import_register_are_read_in_watt_hours(value: dict[str, Any], watt_hours: int | None) -> None:
    assert sample_wh(value) == watt_hours
