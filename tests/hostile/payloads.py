"""Payloads that nobody in his right mind would send: absurd but valid ones, and ones that the schema forbids."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from station.ocpp import schemas
from station.ocpp.schemas import Kind
from station.ocpp.validation import LARGEST_INTEGER, check

RECEIVABLE = (
    "CancelReservation",
    "CertificateSigned",
    "ChangeAvailability",
    "ClearCache",
    "ClearChargingProfile",
    "ClearDisplayMessage",
    "ClearVariableMonitoring",
    "CostUpdated",
    "CustomerInformation",
    "DataTransfer",
    "DeleteCertificate",
    "GetBaseReport",
    "GetChargingProfiles",
    "GetCompositeSchedule",
    "GetDisplayMessages",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "GetLog",
    "GetMonitoringReport",
    "GetReport",
    "GetTransactionStatus",
    "GetVariables",
    "InstallCertificate",
    "PublishFirmware",
    "RequestStartTransaction",
    "RequestStopTransaction",
    "ReserveNow",
    "Reset",
    "SendLocalList",
    "SetChargingProfile",
    "SetDisplayMessage",
    "SetMonitoringBase",
    "SetMonitoringLevel",
    "SetNetworkProfile",
    "SetVariableMonitoring",
    "SetVariables",
    "TriggerMessage",
    "UnlockConnector",
    "UnpublishFirmware",
    "UpdateFirmware",
)
"""What a CSMS may send to a station (Part 2 chapter 1, Messages)."""

SEEMING = (
    *("OCPPCommCtrlr", "SecurityCtrlr", "ChargingStation", "EVSE", "Connector", "TxCtrlr", "DeviceDataCtrlr"),
    *("HeartbeatInterval", "MessageTimeout", "NetworkConfigurationPriority", "Identity", "AvailabilityState"),
    *("SupplyPhases", "TxStartPoint", "ItemsPerMessage", "CertificateEntries", "OrganizationName", "DateTime"),
    *("Default", "TransactionEvent", "GetVariables", "true", "false", "0", "-1", "1e9", "1,2", "ws://127.0.0.1:1/x"),
    *("-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----", "00", "ff" * 32),
)
"""Names and values that lead past the first check."""

NASTY = (
    *("", " ", "\x00", "\n\r\t", "\x1b[31m", "\u202e", "\ufeff", "\U0001f697", "../../../etc/passwd", "%s%n{0}{}"),
    *("'; DROP TABLE outbox; --", "None", "null", "NaN", "-0", "1" * 400, "\\", '"', "a\u0301", "SELECT", "${x}"),
)

TEXTS = st.sampled_from(SEEMING) | st.sampled_from(NASTY) | st.text(st.characters(codec="utf-8"), max_size=30)
EDGES = (0, 1, -1, 2, 2**31 - 1, -(2**31), 2**31, LARGEST_INTEGER, -LARGEST_INTEGER)
NUMBERS = st.sampled_from((0, -0.0, 1e-308, 1e308, -1e308, 0.1, 1, -1, 2**53)) | st.floats(-1e6, 1e6)
INSTANTS = st.sampled_from(
    (
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999999Z"),
        *("9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z", "2016-12-31T23:59:60Z", "2038-01-19T03:14:08z"),
        *("2026-10-25t01:30:00.1+02:00", "2024-02-29T23:59:59Z"),
    )
)
CUSTOM = st.sampled_from(
    (
        {"vendorId": ""},
        {"vendorId": "v" * 255, "idToken": {"idToken": None}, "evse_id": [[[[]]]]},
        {"vendorId": "v", "__class__": "x", "x" * 1000: 10**400, "n": 1e-300},
    )
)
ANYTHING = st.sampled_from((0, False, "", [], {}, [None], {"a": {"b": [1, "x" * 5000]}}, 10**400, "[2,3"))
WRONG = (None, True, 0, -1, 1.5, 10**400, "", "x" * 6000, [], [[]], {}, {"x": None}, "2026-13-01T00:00:00Z")


def absurd(action: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for requests that the schema allows and nobody means."""
    schema = schemas.load(action, Kind.REQUEST)
    return _absurd(schema, schema)


def _absurd(part: dict[str, Any], schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    name, part = schemas.referred(schema, part)
    if name == "CustomDataType":
        return CUSTOM
    if "enum" in part:
        return st.sampled_from(part["enum"])
    match part.get("type"):
        case "object":
            members = {key: _absurd(member, schema) for key, member in part["properties"].items()}
            required = {key: members.pop(key) for key in part.get("required", ())}
            return st.fixed_dictionaries(required, optional=members)
        case "array":
            least = part["minItems"]
            most = min(part.get("maxItems", 40), 40)
            item = _absurd(part["items"], schema)
            # One strategy for few items, one for the same item many times over.
            return st.lists(item, min_size=least, max_size=least + 1) | item.map(lambda one: [one] * most)
        case "string" if part.get("format") == "date-time":
            return INSTANTS
        case "string":
            longest = part.get("maxLength", 3000)
            return TEXTS.filter(lambda text: len(text) <= longest) | st.just("\x7f" * longest)
        case "integer":
            low, high = part.get("minimum", -LARGEST_INTEGER), part.get("maximum", LARGEST_INTEGER)
            return st.sampled_from([edge for edge in (*EDGES, low, high) if low <= edge <= high])
        case "number":
            return NUMBERS
        case "boolean":
            return st.booleans()
        case _:
            return ANYTHING


@st.composite
def spoilt(draw: st.DrawFn, action: str) -> Any:
    """Draw a request that the schema forbids: a valid one with one thing wrong in one place."""
    payload = draw(absurd(action))
    forbidden = [bad for bad in _spoilings(payload) if check(action, Kind.REQUEST, bad) is not None]
    return draw(st.sampled_from(forbidden))


def _spoilings(payload: dict[str, Any]) -> Iterator[Any]:
    """Yield what one mistake makes of a payload: at a dozen places, of each kind."""
    yield from ([], None, "payload", 7)
    for place in list(_places(payload, ()))[:12]:
        for wrong in (*WRONG, ...):
            yield _with(payload, place, wrong)
        yield _with(payload, (*place[:-1], "noSuchProperty"), 1)


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        if key != "customData":
            yield from _places(member, (*path, key))


def _with(payload: dict[str, Any], path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy with something else in one place, or without what is there."""
    changed = copy.deepcopy(payload)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    elif isinstance(place, list) and path[-1] == "noSuchProperty":
        place.append(value)
    else:
        place[path[-1]] = value
    return changed


def frame_of(message_id: str, action: str, payload: Any) -> str:
    return json.dumps([2, message_id, action, payload])
