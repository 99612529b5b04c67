"""Check payloads against the schemas of OCPP 2.0.1 that the library `ocpp` brings; pure but for reading them once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from jsonschema import Draft4Validator, FormatChecker, ValidationError
from jsonschema.exceptions import best_match
from ocpp.messages import get_validator
from ocpp.v201.enums import Action

from simulators.mock_csms.frames import Kind

ACTIONS: Final = frozenset(action.value for action in Action)
"""Every action of OCPP 2.0.1."""

_CODES: Final[Mapping[str, str]] = {
    "type": "TypeConstraintViolation",
    "required": "OccurrenceConstraintViolation",
    "minItems": "OccurrenceConstraintViolation",
    "maxItems": "OccurrenceConstraintViolation",
    "additionalProperties": "ProtocolError",
}
"""What a broken rule of a schema is called in a CALLERROR; every other one is a PropertyConstraintViolation."""

_TEXTS: Final[Mapping[str, Callable[[ValidationError], str]]] = {
    "type": lambda error: f"{error.validator_value} expected",
    "required": lambda error: error.message,
    "additionalProperties": lambda error: error.message,
    "enum": lambda error: f"none of {error.validator_value}",
}
"""How it is told to people. The offending value stays out: it may be an id token."""


@dataclass(frozen=True, slots=True)
class Violation:
    """How a payload breaks its schema: the error code of OCPP for it, and where and why."""

    code: str
    text: str


def violation(kind: Kind, action: str, payload: object) -> Violation | None:
    """Return how a payload breaks the schema of its action, or None if it does not, or if there is no schema."""
    if kind is Kind.CALLERROR or action not in ACTIONS:
        return None
    error = best_match(_validator(kind, action).iter_errors(payload))
    if error is None:
        return None
    if error.validator == "type" and not error.absolute_path:
        return Violation("FormatViolation", "payload: object expected")
    rule = str(error.validator)
    place = ".".join(map(str, error.absolute_path)) or "payload"
    text = _TEXTS[rule](error) if rule in _TEXTS else f"{rule} {error.validator_value}"
    return Violation(_CODES.get(rule, "PropertyConstraintViolation"), f"{place}: {text}"[:240])


@cache
def _validator(kind: Kind, action: str) -> Draft4Validator:
    formats = FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(_is_timestamp)
    plain = get_validator(int(kind), action, "2.0.1")
    return Draft4Validator(plain.schema, format_checker=formats)


def _is_timestamp(value: Any) -> bool:
    """RFC 3339 with an offset and at most three decimals (Part 2, 3.1)."""
    if not isinstance(value, str):
        return True  # the rule `type` tells that
    decimals = value.partition(".")[2].rstrip("Zz").partition("+")[0].partition("-")[0]
    return "T" in value.upper() and len(decimals) <= 3 and datetime.fromisoformat(value).tzinfo is not None
