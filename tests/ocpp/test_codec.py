"""Payloads <-> dataclasses, over everything the schemas hold."""

import dataclasses
import enum
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocpp.v201 import call, call_result, datatypes, enums

from station.ocpp import codec, schemas
from station.ocpp.schemas import Kind
from tests.ocpp.schema_payloads import CUSTOM_DATA, EVERY_MESSAGE, full, valid

DECODE = {Kind.REQUEST: codec.decode_request, Kind.RESPONSE: codec.decode_response}


def test_there_are_64_actions() -> None:
    assert len(schemas.actions()) == 64
    assert set(enums.Action) == schemas.actions()


@pytest.mark.parametrize(("action", "kind"), EVERY_MESSAGE)
def test_every_property_of_every_schema_comes_back(action: str, kind: Kind) -> None:
    payload = full(action, kind)
    message = DECODE[kind](action, payload)
    assert codec.encode(message) == payload
    assert codec.action_of(message) == action


@pytest.mark.parametrize(("action", "kind"), EVERY_MESSAGE)
def test_every_object_becomes_a_dataclass_and_every_choice_an_enum(action: str, kind: Kind) -> None:
    schema = schemas.load(action, kind)
    message = DECODE[kind](action, full(action, kind))
    assert type(message) is getattr(call if kind is Kind.REQUEST else call_result, action)
    _compare(message, schema, schema)


def _compare(value: Any, part: dict[str, Any], schema: dict[str, Any]) -> None:
    name, part = schemas.referred(schema, part)
    if name == "CustomDataType":
        assert value is CUSTOM_DATA
    elif "enum" in part:
        # The library lacks this one member.
        assert isinstance(value, enum.StrEnum) or (name, value) == ("MessageStateEnumType", "Unavailable")
    elif part.get("type") == "object":
        assert dataclasses.is_dataclass(value)
        assert len(vars(value)) == len(part["properties"]), "no field without a property"
        for member in part["properties"]:
            field = next(field for field in vars(value) if field.replace("_", "") == member.lower())
            _compare(getattr(value, field), part["properties"][member], schema)
    elif part.get("type") == "array":
        for item in value:
            _compare(item, part["items"], schema)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_every_valid_payload_comes_back(data: st.DataObject) -> None:
    action, kind = data.draw(st.sampled_from(EVERY_MESSAGE))
    payload = data.draw(valid(action, kind))
    assert codec.encode(DECODE[kind](action, payload)) == payload


def test_a_request_is_read_into_its_dataclass() -> None:
    request = codec.decode_request(
        "RequestStartTransaction", {"remoteStartId": 7, "idToken": {"idToken": "0A0B", "type": "ISO14443"}}
    )
    assert request == call.RequestStartTransaction(
        remote_start_id=7, id_token=datatypes.IdTokenType(id_token="0A0B", type=enums.IdTokenEnumType.iso14443)
    )
    assert request.id_token.type is enums.IdTokenEnumType.iso14443


def test_a_response_is_written_without_what_is_none() -> None:
    response = call_result.Reset(status=enums.ResetStatusEnumType.accepted)
    payload = codec.encode(response)
    assert payload == {"status": "Accepted"}
    assert type(payload["status"]) is str


def test_false_zero_and_empty_text_are_values() -> None:
    payload = {"requestId": 0, "report": False, "clear": False, "customerIdentifier": ""}
    assert codec.encode(codec.decode_request("CustomerInformation", payload)) == payload


def test_custom_data_of_a_nested_object_is_an_attribute_and_its_names_stay() -> None:
    payload = {"idToken": {"idToken": "0A", "type": "Central", "customData": CUSTOM_DATA}, "customData": CUSTOM_DATA}
    request = codec.decode_request("Authorize", payload)
    assert request.custom_data is CUSTOM_DATA
    assert request.id_token.custom_data is CUSTOM_DATA
    request.id_token.custom_data = {"vendorId": "v", "some_name": 1}
    assert codec.encode(request)["idToken"]["customData"] == {"vendorId": "v", "some_name": 1}


def test_data_of_a_data_transfer_is_left_alone() -> None:
    payload = {"vendorId": "v", "data": {"socketID": 1, "evse_id": [{"fooBar": None}], "n": Decimal("0.10")}}
    request = codec.decode_request("DataTransfer", payload)
    assert request.data is payload["data"]
    assert codec.encode(request) == payload


def test_a_number_written_too_precisely_becomes_the_nearest_float() -> None:
    request = codec.decode_request("CostUpdated", {"totalCost": Decimal("16.100000000000001"), "transactionId": "x"})
    assert type(request.total_cost) is float
    assert request.total_cost == 16.1


def test_an_integer_written_with_a_point_becomes_an_int() -> None:
    request = codec.decode_request("SetMonitoringLevel", {"severity": 5.0})
    assert type(request.severity) is int
    assert request.severity == 5


def test_a_decimal_is_kept_when_it_is_written() -> None:
    request = call.CostUpdated(total_cost=Decimal("1.50"), transaction_id="x")  # type: ignore[arg-type]
    assert str(codec.encode(request)["totalCost"]) == "1.50"


def test_an_unknown_action_is_told() -> None:
    with pytest.raises(codec.UnknownAction, match="ChangeConfiguration"):
        codec.decode_request("ChangeConfiguration", {})
    with pytest.raises(codec.UnknownAction):
        codec.decode_response("../../../etc/passwd", {})


@pytest.mark.parametrize("message", [{"type": "Immediate"}, None, datatypes.EVSEType(id=1), call.Reset])
def test_what_is_no_message_is_not_written(message: object) -> None:
    with pytest.raises(TypeError, match="no message"):
        codec.encode(message)


def test_a_dict_in_place_of_a_nested_object_is_not_written() -> None:
    with pytest.raises(TypeError, match="dict stands where IdTokenType belongs"):
        codec.encode(call.Authorize(id_token={"idToken": "x", "type": "Central"}))  # type: ignore[arg-type]


def test_an_attribute_that_ocpp_lacks_is_not_written() -> None:
    evse = datatypes.EVSEType(id=1)
    evse.colour = "red"  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="EVSEType has no colour"):
        codec.encode(call.TriggerMessage(requested_message=enums.MessageTriggerEnumType.heartbeat, evse=evse))


def test_importing_the_wire_compiles_nothing_and_reads_no_schema() -> None:
    script = """
import sys
import ocpp.v201
before = set(sys.modules)
from station.ocpp import backoff, codec, frames, link, router, schemas, session, validation
assert not [m for m in set(sys.modules) - before if m.split('.')[0] in ('fastjsonschema', 'jsonschema', 'aiohttp')]
caches = (codec._shape_of, schemas.actions, validation._judge, validation._witness)
assert all(cache.cache_info().currsize == 0 for cache in caches)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)
