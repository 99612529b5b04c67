"""Payloads made from the schemas: one complete example, and a hypothesis strategy for any valid one."""

from typing import Any

from hypothesis import strategies as st

from station.ocpp import schemas
from station.ocpp.schemas import Kind
from station.ocpp.validation import LARGEST_INTEGER

CUSTOM_DATA = {"vendorId": "org.example", "evse_id": 1, "socketID": {"a_b": [None, 1.25], "cD": {}}}
EVERY_MESSAGE = [(action, kind) for action in sorted(schemas.actions()) for kind in Kind]

_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


def full(action: str, kind: Kind) -> dict[str, Any]:
    """Return a payload in which every property of every object occurs."""
    schema = schemas.load(action, kind)
    payload: dict[str, Any] = _full(schema, schema)
    return payload


def _full(part: dict[str, Any], schema: dict[str, Any]) -> Any:
    name, part = schemas.referred(schema, part)
    if name == "CustomDataType":
        return CUSTOM_DATA
    if "enum" in part:
        return part["enum"][-1]
    match part.get("type"):
        case "object":
            return {key: _full(member, schema) for key, member in part["properties"].items()}
        case "array":
            return [_full(part["items"], schema)] * part["minItems"]
        case "string" if part.get("format") == "date-time":
            return "2026-10-25T01:30:00.123Z"
        case "string":
            return "ü" * min(part.get("maxLength", 5), 5)
        case "integer":
            return part.get("minimum", part.get("maximum", 7))
        case "number":
            return 0.1
        case "boolean":
            return False
        case _:
            return {"socket_id": [1, None, {"X": "y"}]}


def valid(action: str, kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for payloads that the schema allows."""
    schema = schemas.load(action, kind)
    return _valid(schema, schema)


def _valid(part: dict[str, Any], schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    name, part = schemas.referred(schema, part)
    if "enum" in part:
        return st.sampled_from(part["enum"])
    match part.get("type"):
        case "object":
            return _object(name, part, schema)
        case "array":
            least = part["minItems"]
            return st.lists(
                _valid(part["items"], schema), min_size=least, max_size=min(part.get("maxItems", 9), least + 1)
            )
        case "string" if part.get("format") == "date-time":
            return st.datetimes().map(lambda instant: instant.isoformat() + "Z")
        case "string":
            return st.text(st.characters(codec="utf-8"), max_size=min(part.get("maxLength", 20), 20))
        case "integer":
            return st.integers(part.get("minimum", -LARGEST_INTEGER), part.get("maximum", LARGEST_INTEGER))
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
        case "boolean":
            return st.booleans()
        case _:
            return _ANYTHING.filter(lambda value: value is not None)  # which a dataclass cannot tell from absent


def _object(name: str, part: dict[str, Any], schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    members = {key: _valid(member, schema) for key, member in part["properties"].items()}
    required = {key: members[key] for key in part.get("required", [])}
    optional = {key: member for key, member in members.items() if key not in required}
    known = st.fixed_dictionaries(required, optional=optional)
    if name != "CustomDataType":
        return known
    return st.tuples(st.dictionaries(_TEXT, _ANYTHING, max_size=2), known).map(lambda pair: pair[0] | pair[1])
