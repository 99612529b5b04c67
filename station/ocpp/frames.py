"""OCPP-J frames: text <-> Call, Result, Error (Part 4 section 4.2); pure."""

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import Any
from uuid import uuid4

UNREADABLE_ID = "-1"
"""Stands for a message id that could not be read (Part 4 section 4.2.3)."""
MAX_ID_LENGTH = 36
MAX_DESCRIPTION_LENGTH = 255
MAX_DEPTH = 64
"""Arrays and objects within each other; OCPP's own messages need a dozen."""
EXACT_DIGITS = 15
"""Decimal digits that every float keeps (IEEE 754 binary64)."""


class ErrorCode(StrEnum):
    """Why a CALL gets a CALLERROR (Part 4 section 4.3)."""

    FORMAT_VIOLATION = "FormatViolation"
    GENERIC_ERROR = "GenericError"
    INTERNAL_ERROR = "InternalError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    PROTOCOL_ERROR = "ProtocolError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    SECURITY_ERROR = "SecurityError"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"


@dataclass(frozen=True, slots=True)
class Call:
    """A request; what `payload` is has not been looked at."""

    id: str
    action: str
    payload: Any
    size_bytes: int = field(default=0, compare=False)
    """Length of the whole frame as it came, in UTF-8; 0 for a request of ours."""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a request; what `payload` is has not been looked at."""

    id: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Error:
    """The refusal of a request; `description` is cut to 255 characters when it is written."""

    id: str
    code: str
    description: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame that is no message: what to answer, and why."""

    reply: Error | None
    """None if the frame is an answer itself: those are never answered."""
    why: str
    answer_to: str | None = None
    """The id of the request that this frame tries to answer."""


def parse(frame: str | bytes) -> Call | Result | Error | Malformed:
    """Read one frame; never raises. Numbers that a float would alter become Decimal."""
    if isinstance(frame, bytes):
        return _unreadable("a binary frame; OCPP-J uses text frames")
    if _depth_exceeds(MAX_DEPTH, frame):
        return _unreadable(f"nested deeper than {MAX_DEPTH}")
    try:
        message = _DECODER.decode(frame)
        _refuse_lone_surrogates(frame, message)
    except (ValueError, RecursionError) as error:
        return _unreadable(f"not JSON: {error}")
    if not isinstance(message, list) or not message:
        return _unreadable("not an array, or an empty one")
    match message[0]:
        case 2:
            return _call(message, len(frame) if frame.isascii() else len(frame.encode()))
        case 3:
            return _result(message)
        case 4:
            return _error(message)
        case _:
            return _wrong_type(message)


def to_text(message: Call | Result | Error) -> str:
    """Write a message as compact JSON in ASCII; Decimals keep their digits.

    Raises TypeError for what JSON cannot say and ValueError for NaN and the infinities.
    """
    match message:
        case Call(message_id, action, payload):
            array = [2, message_id, action, payload]
        case Result(message_id, payload):
            array = [3, message_id, payload]
        case Error(message_id, code, description, details):
            array = [4, message_id, code, description[:MAX_DESCRIPTION_LENGTH], details]
    exact = _ExactNumbers()
    # ASCII: any string can be sent, whatever the other end makes of rare characters.
    text = json.dumps(array, separators=(",", ":"), allow_nan=False, default=exact.stand_in)
    return exact.put_into(text)


def _unreadable(why: str) -> Malformed:
    return Malformed(Error(UNREADABLE_ID, ErrorCode.RPC_FRAMEWORK_ERROR, why), why)


def _id_of(message: list[Any]) -> str | None:
    """Return the message id if there is one that can be used."""
    candidate = message[1] if len(message) > 1 else None
    return candidate if isinstance(candidate, str) and 0 < len(candidate) <= MAX_ID_LENGTH else None


def _wrong_type(message: list[Any]) -> Malformed:
    why = "the message type is not 2, 3 or 4"
    reply = Error(_id_of(message) or UNREADABLE_ID, ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, why)
    return Malformed(reply, why)


def _call(message: list[Any], size_bytes: int) -> Call | Malformed:
    message_id = _id_of(message)
    if message_id is None:
        return _unreadable(f"the message id is not a string of 1 to {MAX_ID_LENGTH} characters")
    if len(message) == 4 and isinstance(message[2], str):
        return Call(message_id, message[2], message[3], size_bytes)
    why = "a CALL is [2, id, action, payload]"
    return Malformed(Error(message_id, ErrorCode.RPC_FRAMEWORK_ERROR, why), why)


def _result(message: list[Any]) -> Result | Malformed:
    message_id = _id_of(message)
    if message_id is not None and len(message) == 3:
        return Result(message_id, message[2])
    return Malformed(None, "a CALLRESULT is [3, id, payload]", answer_to=message_id)


def _error(message: list[Any]) -> Error | Malformed:
    """Tolerates an absent or null description and details: the code is what counts."""
    message_id = _id_of(message)
    code, description, details = (*message[2:5], None, None, None)[:3]
    if (
        message_id is not None
        and len(message) <= 5
        and isinstance(code, str)
        and isinstance(description, str | None)
        and isinstance(details, dict | None)
    ):
        return Error(message_id, code, description or "", details or {})
    return Malformed(None, "a CALLERROR is [4, id, code, description, details]", answer_to=message_id)


_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


def _depth_exceeds(limit: int, text: str) -> bool:
    """Tell it before the parser runs: a hostile depth would exhaust its stack."""
    if text.count("[") + text.count("{") <= limit:
        return False
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > limit:
            return True
    return False


def _refuse_lone_surrogates(text: str, message: Any) -> None:
    """They are no characters: neither a database nor a log could take them."""
    if not text.isascii():
        text.encode()
    if "\\ud" in text or "\\uD" in text:
        json.dumps(message, ensure_ascii=False, default=str).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def number_of(digits: str) -> float | Decimal:
    """Return a JSON number with a point or an exponent without loss; raises ValueError if it is out of range."""
    near = float(digits)
    if not isfinite(near):
        raise ValueError("a number is out of range")
    if len(digits) <= EXACT_DIGITS and "e" not in digits and "E" not in digits:
        return near
    try:
        exact = Decimal(digits)
    except ArithmeticError as error:
        raise ValueError("a number is out of range") from error
    return near if Decimal(repr(near)) == exact else exact


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=number_of, parse_constant=_refuse_constant)


class _ExactNumbers:
    """Writes Decimals digit by digit: `json` knows floats only, so a stand-in text marks the place."""

    __slots__ = ("_digits", "_mark")

    def __init__(self) -> None:
        self._mark = ""
        self._digits: list[str] = []

    def stand_in(self, value: object) -> str:
        if not isinstance(value, Decimal):
            raise TypeError(f"{type(value).__name__} cannot be written as JSON")
        if not value.is_finite():
            raise ValueError("NaN and the infinities cannot be written as JSON")
        # Nobody who fills a payload can guess the mark.
        self._mark = self._mark or uuid4().hex
        self._digits.append(str(value))
        return f"{self._mark}:{len(self._digits) - 1}"

    def put_into(self, text: str) -> str:
        if not self._digits:
            return text
        return re.sub(f'"{self._mark}:([0-9]+)"', lambda found: self._digits[int(found[1])], text)
