"""What some CSMSs write loosely, repaired as the schemas say."""

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.ocpp import schemas, validation
from station.ocpp.lenient import repair
from station.ocpp.schemas import Kind
from tests.ocpp.schema_payloads import CUSTOM_DATA, EVERY_MESSAGE, full, valid

CHARGE = {
    "evseId": "1",
    "chargingProfile": {
        "id": "7",
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "transactionId": 12,
        "validFrom": None,
        "chargingSchedule": [
            {
                "id": 1,
                "chargingRateUnit": "A",
                "minChargingRate": None,
                "chargingSchedulePeriod": [{"startPeriod": "0", "limit": "16.10", "numberPhases": None}],
            }
        ],
    },
}


def test_null_is_absent_and_numbers_and_texts_become_what_the_schema_wants() -> None:
    before = copy.deepcopy(CHARGE)
    payload, what = repair("SetChargingProfile", Kind.REQUEST, CHARGE)
    assert before == CHARGE
    assert validation.check("SetChargingProfile", Kind.REQUEST, payload) is None
    profile = payload["chargingProfile"]
    assert (payload["evseId"], profile["id"], profile["transactionId"]) == (1, 7, "12")
    assert profile["chargingSchedule"][0]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 16.1}]
    assert what == {
        "evseId is a text, not a number",
        "chargingProfile.id is a text, not a number",
        "chargingProfile.transactionId is a number, not a text",
        "chargingProfile.validFrom is null",
        "chargingProfile.chargingSchedule[].minChargingRate is null",
        "chargingProfile.chargingSchedule[].chargingSchedulePeriod[].startPeriod is a text, not a number",
        "chargingProfile.chargingSchedule[].chargingSchedulePeriod[].limit is a text, not a number",
        "chargingProfile.chargingSchedule[].chargingSchedulePeriod[].numberPhases is null",
    }


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-12", -12),
        ("1.5", 1.5),
        ("1e2", 100.0),
        ("0.1000000000000000055", Decimal("0.1000000000000000055")),
    ],
)
def test_a_text_that_is_a_number_is_read_without_loss(text: str, number: Any) -> None:
    payload, _ = repair("CostUpdated", Kind.REQUEST, {"totalCost": text, "transactionId": "t"})
    assert payload["totalCost"] == number
    assert type(payload["totalCost"]) is type(number)


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "+1", "01", "1.", ".5", "0x1", "1_000", "\u0661", "NaN", "Infinity", "1e999", "9" * 5000]
)
def test_a_text_that_is_no_number_stays(text: str) -> None:
    payload = {"totalCost": text, "transactionId": "t"}
    assert repair("CostUpdated", Kind.REQUEST, payload) == (payload, frozenset())


@pytest.mark.parametrize(
    ("payload", "shown"), [({"transactionId": 7}, "7"), ({"transactionId": Decimal("1.50")}, "1.50")]
)
def test_a_number_becomes_the_text_that_it_was_written_as(payload: dict[str, Any], shown: str) -> None:
    assert repair("GetTransactionStatus", Kind.REQUEST, payload)[0] == {"transactionId": shown}


def test_what_is_open_to_any_content_is_left_alone() -> None:
    custom = {"vendorId": "v", "n": None, "x": "1", "deep": {"evseId": "1", "y": None}}
    payload = {"vendorId": "v", "messageId": None, "data": {"a": None, "b": "1"}, "customData": custom}
    repaired, what = repair("DataTransfer", Kind.REQUEST, payload)
    assert repaired == {"vendorId": "v", "data": {"a": None, "b": "1"}, "customData": custom}
    assert repaired["customData"] is custom
    assert what == {"messageId is null"}


def test_data_that_is_null_is_left_alone() -> None:
    payload = {"vendorId": "v", "data": None}
    assert repair("DataTransfer", Kind.REQUEST, payload) == (payload, frozenset())


def test_custom_data_that_is_null_is_absent() -> None:
    assert repair("Heartbeat", Kind.RESPONSE, {"currentTime": "x", "customData": None})[0] == {"currentTime": "x"}


def test_a_payload_that_is_null_is_empty() -> None:
    assert repair("Heartbeat", Kind.REQUEST, None) == ({}, {"the payload is null"})


@pytest.mark.parametrize(
    "payload", [{"offline": "true"}, {"colour": None}, {"seqNo": True}, {"eventType": 1}, {"timestamp": False}, []]
)
def test_what_is_not_loose_but_wrong_stays_wrong(payload: Any) -> None:
    assert repair("TransactionEvent", Kind.REQUEST, payload) == (payload, frozenset())


@pytest.mark.parametrize(("action", "kind"), EVERY_MESSAGE)
def test_a_valid_payload_is_never_changed(action: str, kind: Kind) -> None:
    payload = full(action, kind)
    repaired, what = repair(action, kind, payload)
    assert repaired == payload
    assert what == frozenset()
    assert "customData" not in payload or repaired["customData"] is CUSTOM_DATA


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_whatever_is_loose_in_a_valid_payload_is_repaired(data: st.DataObject) -> None:
    action, kind = data.draw(st.sampled_from(EVERY_MESSAGE))
    payload = data.draw(valid(action, kind))
    schema = schemas.load(action, kind)
    loose = _loosened(payload, schema, schema)
    repaired, what = repair(action, kind, loose)
    assert repaired == payload
    assert bool(what) == (loose != payload)


def _loosened(value: Any, part: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Write every number as a text, every text that is a number as one, and null for what is absent."""
    name, part = schemas.referred(schema, part)
    match part.get("type"):
        case "object" if name != "CustomDataType":
            known = {key: _loosened(member, part["properties"][key], schema) for key, member in value.items()}
            closed = {key for key, member in part["properties"].items() if member.get("type") or "$ref" in member}
            return known | dict.fromkeys(closed - value.keys())
        case "array":
            return [_loosened(item, part["items"], schema) for item in value]
        case "integer":
            return str(value)
        case "number":
            return repr(value)
        case _:
            return value
