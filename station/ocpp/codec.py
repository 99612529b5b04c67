"""Payloads <-> the dataclasses of `ocpp.v201`, without loss; pure but for reading the schemas.

The schemas say everything: a definition's name is the name of its class, and a property belongs to the field that
reads the same without underscores and capitals. So nothing here guesses how `ocppCsmsUrl` or `language1` is spelled.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache, partial
from typing import Any

from ocpp.v201 import call, call_result, datatypes, enums

from station.errors import StationError
from station.ocpp import schemas
from station.ocpp.schemas import Kind

CUSTOM = "customData"

# The definition's name in the schemas -> the name of the class, where the library says it differently.
_CLASS_NAMES = {"MonitoringBaseEnumType": "MonitorBaseEnumType"}

_MODULES = {Kind.REQUEST: call, Kind.RESPONSE: call_result}

Convert = Callable[[Any], Any]


class UnknownAction(StationError):  # noqa: N818 - a word of the protocol: the answer NotImplemented
    """OCPP 2.0.1 has no such action."""


def decode_request(action: str, payload: dict[str, Any]) -> Any:
    """Return the payload as dataclass of `ocpp.v201.call`; it must have passed validation. Raises UnknownAction.

    Numbers become what the schema says: an `integer` is an int, a `number` a float (or an int, as it was written).
    A value that an enum of the library lacks stays a string. `customData` is kept as it is: in the field
    `custom_data` of a message, in an attribute of that name on a nested object.
    """
    return _shape_of(action, Kind.REQUEST).decode(payload)


def decode_response(action: str, payload: dict[str, Any]) -> Any:
    """Return the payload as dataclass of `ocpp.v201.call_result`; see `decode_request`."""
    return _shape_of(action, Kind.RESPONSE).decode(payload)


def encode(message: object) -> dict[str, Any]:
    """Return the payload of a dataclass of `ocpp.v201.call` or `call_result`; fields that are None are left out.

    Raises TypeError for another object, also deep inside, or an attribute that the schema does not know.
    """
    return _shape_of(action_of(message), _kind_of(message)).encode(message)


def action_of(message: object) -> str:
    """Return the action that a dataclass of `ocpp.v201.call` or `call_result` belongs to, or raise TypeError."""
    _kind_of(message)
    return type(message).__name__


def _kind_of(message: object) -> Kind:
    module = type(message).__module__
    for kind, known in _MODULES.items():
        if module == known.__name__:
            return kind
    raise TypeError(f"{type(message).__name__} is no message of ocpp.v201.call or call_result")


class _Shape:
    """How one class and one object of a schema correspond."""

    __slots__ = ("_by_field", "_by_property", "_class", "_takes_custom_data")

    def __init__(self, of: Any, *, members: dict[str, tuple[Convert | None, Convert | None]]) -> None:
        """`members`: property -> how to encode and how to decode its value, None for as it is."""
        names = {_bare(field.name): field.name for field in fields(of)}
        self._takes_custom_data = "custom_data" in names.values()
        names[_bare(CUSTOM)] = "custom_data"
        self._class = of
        self._by_field = {names[_bare(name)]: (name, encoder) for name, (encoder, _) in members.items()}
        self._by_property = {name: (names[_bare(name)], decoder) for name, (_, decoder) in members.items()}

    def encode(self, value: object) -> dict[str, Any]:
        if not isinstance(value, self._class):
            raise TypeError(f"{type(value).__name__} stands where {self._class.__name__} belongs")
        payload = {}
        for field, member in vars(value).items():
            if member is not None:
                try:
                    name, convert = self._by_field[field]
                except KeyError:
                    raise TypeError(f"{self._class.__name__} has no {field} in OCPP 2.0.1") from None
                payload[name] = member if convert is None else convert(member)
        return payload

    def decode(self, payload: dict[str, Any]) -> Any:
        values = {}
        for name, member in payload.items():
            field, convert = self._by_property[name]
            values[field] = member if convert is None else convert(member)
        if self._takes_custom_data or CUSTOM not in payload:
            return self._class(**values)
        custom_data = values.pop("custom_data")
        value = self._class(**values)
        value.custom_data = custom_data
        return value


@cache
def _shape_of(action: str, kind: Kind) -> _Shape:
    if action not in schemas.actions():
        raise UnknownAction(f"OCPP 2.0.1 has no action {action}")
    schema = schemas.load(action, kind)
    return _object(getattr(_MODULES[kind], action), schema, schema)


def _object(of: Any, part: dict[str, Any], schema: dict[str, Any]) -> _Shape:
    return _Shape(of, members={name: _member(member, schema) for name, member in part["properties"].items()})


def _member(part: dict[str, Any], schema: dict[str, Any]) -> tuple[Convert | None, Convert | None]:
    """Return how to encode and how to decode the values of one property."""
    name, part = schemas.referred(schema, part)
    name = _CLASS_NAMES.get(name, name)
    if "enum" in part:
        return str, partial(_enum_member, {member.value: member for member in getattr(enums, name)})
    match part.get("type"):
        case "object" if hasattr(datatypes, name):
            shape = _object(getattr(datatypes, name), part, schema)
            return shape.encode, shape.decode
        case "array":
            encoder, decoder = _member(part["items"], schema)
            return _each(encoder), _each(decoder)
        case "integer":
            return None, _whole
        case "number":
            return None, _binary
        case _:
            return None, None  # texts, truths, and what OCPP leaves open: customData and DataTransfer's data


def _each(convert: Convert | None) -> Convert | None:
    return None if convert is None else lambda members: [convert(member) for member in members]


def _enum_member(members: dict[str, Any], value: str) -> Any:
    return members.get(value, value)


def _whole(value: Any) -> Any:
    # To the schemas 1.0 is an integer as well.
    return int(value) if isinstance(value, float) else value


def _binary(value: Any) -> Any:
    return value if isinstance(value, int | float) else float(value)


def _bare(name: str) -> str:
    return name.replace("_", "").lower()
