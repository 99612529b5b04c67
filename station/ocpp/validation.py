"""Payloads against the schemas of OCPP 2.0.1: which CALLERROR a violation deserves, and what to tell about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from station.ocpp import schemas
from station.ocpp.frames import ErrorCode
from station.ocpp.schemas import Kind

MOST_NAMED = 5
"""Foreign properties that a description lists; a hostile payload may hold any number."""
LONGEST_NAME = 50
"""As much of a foreign property's name is shown; no name of OCPP 2.0.1 is longer."""
LARGEST_INTEGER = 2**53 - 1
"""What every reader of JSON agrees on (RFC 8259 section 6); neither a database nor a clock takes any number."""

_CODES = {
    "required": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "minItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "maxItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "type": ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    "enum": ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    "minLength": ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    "maxLength": ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    "minimum": ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    "maximum": ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    "pattern": ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    "format": ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    "additionalProperties": ErrorCode.PROTOCOL_ERROR,
}
"""Rule of JSON schema -> what Part 4 section 4.3 calls its violation."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Why a payload is not valid; the description names the property and never its value."""

    code: ErrorCode
    description: str


def check(action: str, kind: Kind, payload: object) -> Violation | None:
    """Return the first violation, or None for a valid payload. `action` must be one of `schemas.actions()`.

    The first use for a message compiles its schema, which takes some milliseconds.
    """
    from fastjsonschema import JsonSchemaException, JsonSchemaValueException

    if not isinstance(payload, dict):
        return Violation(ErrorCode.FORMAT_VIOLATION, f"the payload of {action} is not an object")
    try:
        _judge(action, kind)(payload)
    except JsonSchemaException:
        pass
    else:
        return None
    try:
        _witness(action, kind)(payload)
    except JsonSchemaValueException as error:
        return Violation(_CODES.get(error.rule or "", ErrorCode.FORMAT_VIOLATION), _describe(error))
    raise AssertionError(f"two compilations of {action}{kind} disagree")


@cache
def _judge(action: str, kind: Kind) -> Callable[[Any], Any]:
    """Tells valid from invalid and no more: three times cheaper to compile than what tells why, and mostly enough."""
    return _compile(action, kind, tells_why=False)


@cache
def _witness(action: str, kind: Kind) -> Callable[[Any], Any]:
    return _compile(action, kind, tells_why=True)


def _compile(action: str, kind: Kind, *, tells_why: bool) -> Callable[[Any], Any]:
    # Here and not above: the import costs start-up, and nothing is validated before there is a connection.
    import fastjsonschema

    schema = schemas.load(action, kind)
    _bound_integers(schema)
    validator: Callable[[Any], Any] = fastjsonschema.compile(schema, use_default=False, detailed_exceptions=tells_why)
    return validator


def _bound_integers(part: Any) -> None:
    """Let every integer of a schema have limits."""
    if not isinstance(part, dict):
        return
    if part.get("type") == "integer":
        part.setdefault("minimum", -LARGEST_INTEGER)
        part.setdefault("maximum", LARGEST_INTEGER)
    for member in part.values():
        _bound_integers(member)


def _describe(error: Any) -> str:
    path = error.name.removeprefix("data").removeprefix(".")
    where = f"{path}." if path else ""
    match error.rule:
        case "required":
            absent = sorted(set(error.definition["required"]) - error.value.keys())
            return ", ".join(where + name for name in absent) + " missing"
        case "additionalProperties":
            foreign = sorted(error.value.keys() - error.definition["properties"].keys())[:MOST_NAMED]
            return ", ".join(where + name[:LONGEST_NAME] for name in foreign) + " not known in OCPP 2.0.1"
        case "type":
            return f"{_message(error)}, not {_kind_of(error.value)}"
        case _:
            return _message(error)


def _message(error: Any) -> str:
    return str(error.message).removeprefix("data").removeprefix(".")


def _kind_of(value: object) -> str:
    """Return what a value is in the words of JSON."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "number"
