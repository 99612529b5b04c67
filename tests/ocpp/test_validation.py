"""Payloads against the schemas."""

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.ocpp import schemas
from station.ocpp.frames import ErrorCode
from station.ocpp.schemas import Kind
from station.ocpp.validation import LARGEST_INTEGER, Violation, check
from tests.ocpp.schema_payloads import EVERY_MESSAGE, full, valid

START: dict[str, Any] = {
    "eventType": "Started",
    "timestamp": "2026-10-25T01:30:00Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "t1"},
    "meterValue": [{"timestamp": "2026-10-25T01:30:00Z", "sampledValue": [{"value": 1.5}]}],
}
TOO_MANY = [{"startPeriod": n, "limit": 6} for n in range(1025)]
SCHEDULE = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}]}
PROFILE = {
    "id": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [SCHEDULE],
}


def changed(payload: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with something else at this path, or without it if `value` is Ellipsis."""
    result = copy.deepcopy(payload)
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place: Any = result
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return result


@pytest.mark.parametrize(
    ("path", "value", "code", "told"),
    [
        ("seqNo", ..., "OccurrenceConstraintViolation", "seqNo missing"),
        ("transactionInfo.transactionId", ..., "OccurrenceConstraintViolation", "transactionInfo.transactionId"),
        ("meterValue", [], "OccurrenceConstraintViolation", "meterValue must contain at least 1"),
        ("meterValue.0.sampledValue", [], "OccurrenceConstraintViolation", "meterValue[0].sampledValue"),
        ("seqNo", "0", "TypeConstraintViolation", "seqNo must be integer, not string"),
        ("seqNo", True, "TypeConstraintViolation", "seqNo must be integer, not boolean"),
        ("seqNo", 0.5, "TypeConstraintViolation", "seqNo must be integer"),
        ("offline", 0, "TypeConstraintViolation", "offline must be boolean, not number"),
        ("offline", None, "TypeConstraintViolation", "offline must be boolean, not null"),
        ("transactionInfo", [], "TypeConstraintViolation", "transactionInfo must be object, not array"),
        ("meterValue", {}, "TypeConstraintViolation", "meterValue must be array, not object"),
        ("meterValue.0.sampledValue.0.value", "1.5", "TypeConstraintViolation", "[0].sampledValue[0].value must be"),
        ("eventType", "started", "PropertyConstraintViolation", "eventType must be one of"),
        ("transactionInfo.transactionId", "x" * 37, "PropertyConstraintViolation", "transactionInfo.transactionId"),
        ("timestamp", "25.10.2026", "PropertyConstraintViolation", "timestamp must be date-time"),
        ("timestamp", "2026-10-25T01:30:00", "PropertyConstraintViolation", "timestamp must be date-time"),
        ("timestamp", "2026-02-30T01:30:00Z", "PropertyConstraintViolation", "timestamp must be date-time"),
        ("colour", "red", "ProtocolError", "colour not known"),
        ("transactionInfo.colour", "red", "ProtocolError", "transactionInfo.colour not known"),
        ("customData", {"x": 1}, "OccurrenceConstraintViolation", "customData.vendorId missing"),
    ],
)
def test_a_violation_is_told_with_its_code_and_its_place(path: str, value: Any, code: str, told: str) -> None:
    violation = check("TransactionEvent", Kind.REQUEST, changed(START, path, value))
    assert violation is not None
    assert violation.code == code
    assert told in violation.description


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("SetMonitoringLevel", {"severity": LARGEST_INTEGER}, None),
        ("SetMonitoringLevel", {"severity": -LARGEST_INTEGER - 1}, "PropertyConstraintViolation"),
        ("SetMonitoringLevel", {"severity": 10**400}, "PropertyConstraintViolation"),
        ("ClearChargingProfile", {"chargingProfileCriteria": {"evseId": -1}}, None),
        (
            "SetChargingProfile",
            {"evseId": 1, "chargingProfile": changed(PROFILE, "chargingSchedule.0.chargingSchedulePeriod", TOO_MANY)},
            "OccurrenceConstraintViolation",
        ),
        ("SetChargingProfile", {"evseId": 1, "chargingProfile": PROFILE}, None),
    ],
)
def test_limits_are_those_of_the_schema(action: str, payload: dict[str, Any], code: str | None) -> None:
    violation = check(action, Kind.REQUEST, payload)
    assert (violation and violation.code) == code


@pytest.mark.parametrize(("value", "allowed"), [(-1, False), (0, True), (100, True), (101, False)])
def test_a_number_out_of_range_is_a_property_violation(value: int, allowed: bool) -> None:
    needs = changed(full("NotifyEVChargingNeeds", Kind.REQUEST), "chargingNeeds.dcChargingParameters.fullSoC", value)
    violation = check("NotifyEVChargingNeeds", Kind.REQUEST, needs)
    assert (violation and violation.code) == (None if allowed else ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)


@pytest.mark.parametrize("payload", [None, [], "x", 1, True])
def test_a_payload_that_is_no_object_is_a_format_violation(payload: object) -> None:
    violation = check("Heartbeat", Kind.REQUEST, payload)
    assert violation == Violation(ErrorCode.FORMAT_VIOLATION, "the payload of Heartbeat is not an object")


def test_a_description_never_repeats_a_value() -> None:
    token = {"idToken": "SECRET" * 10, "type": "ISO14443"}
    violation = check("Authorize", Kind.REQUEST, {"idToken": token})
    assert violation is not None
    assert "SECRET" not in violation.description


def test_a_description_names_some_foreign_properties_and_not_any_number_of_them() -> None:
    violation = check("Heartbeat", Kind.REQUEST, {f"p{n:04}": n for n in range(1000)})
    assert violation is not None
    assert violation.description == "p0000, p0001, p0002, p0003, p0004 not known in OCPP 2.0.1"
    long = check("Heartbeat", Kind.REQUEST, {"p" * 1_000_000: 1})
    assert long is not None
    assert len(long.description) < 100


@pytest.mark.parametrize("item", [{}, {"component": {"name": "x"}, "variable": {"name": "y"}}])
def test_a_list_of_any_length_is_checked_in_reasonable_time(item: dict[str, Any]) -> None:
    begun = time.process_time()
    check("GetVariables", Kind.REQUEST, {"getVariableData": [item] * 20_000})
    assert time.process_time() - begun < 1


def test_validation_adds_no_defaults() -> None:
    payload = changed(START, "meterValue.0.sampledValue.0.unitOfMeasure", {})
    before = copy.deepcopy(payload)
    assert check("TransactionEvent", Kind.REQUEST, payload) is None
    assert payload == before


@pytest.mark.parametrize(("action", "kind"), EVERY_MESSAGE)
def test_a_payload_with_everything_and_custom_data_everywhere_is_valid(action: str, kind: Kind) -> None:
    assert check(action, kind, full(action, kind)) is None


MUTATED = (
    "SetChargingProfile",
    "TransactionEvent",
    "SetVariables",
    "GetReport",
    "SendLocalList",
    "SetNetworkProfile",
)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_a_valid_payload_passes_and_a_mutation_is_refused_with_a_code_of_the_table(data: st.DataObject) -> None:
    action = data.draw(st.sampled_from(MUTATED))
    payload = data.draw(valid(action, Kind.REQUEST))
    assert check(action, Kind.REQUEST, payload) is None
    path, value, code = data.draw(st.sampled_from(list(_mutations(action, payload))))
    violation = check(action, Kind.REQUEST, changed(payload, path, value))
    assert violation is not None
    assert violation.code == code


def _mutations(action: str, payload: dict[str, Any]) -> Iterator[tuple[str, Any, ErrorCode]]:
    """Yield places, what to put there, and the code that it deserves."""
    schema = schemas.load(action, Kind.REQUEST)

    def walk(value: Any, part: dict[str, Any], path: str) -> Iterator[tuple[str, Any, ErrorCode]]:
        name, part = schemas.referred(schema, part)
        if path:
            wrong = [] if part.get("type") == "object" else {}
            yield path, wrong, ErrorCode.TYPE_CONSTRAINT_VIOLATION
            yield path, None, ErrorCode.TYPE_CONSTRAINT_VIOLATION
        if "enum" in part:
            yield path, "NoSuchMember", ErrorCode.PROPERTY_CONSTRAINT_VIOLATION
        elif "maxLength" in part:
            yield path, "x" * (part["maxLength"] + 1), ErrorCode.PROPERTY_CONSTRAINT_VIOLATION
        elif part.get("type") == "array":
            yield path, [], ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION
            yield from walk(value[0], part["items"], f"{path}.0")
        elif part.get("type") == "object":
            yield from walk_object(name, value, part, f"{path}." if path else "")

    def walk_object(name: str, value: Any, part: dict[str, Any], at: str) -> Iterator[tuple[str, Any, ErrorCode]]:
        if name != "CustomDataType":
            yield f"{at}noSuchProperty", 1, ErrorCode.PROTOCOL_ERROR
        for required in part.get("required", []):
            yield f"{at}{required}", ..., ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION
        for key, member in part["properties"].items():
            if key in value:
                yield from walk(value[key], member, f"{at}{key}")

    yield from walk(payload, schema, "")
