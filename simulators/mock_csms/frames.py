"""Frames: read the arrays of OCPP-J, for the record and without ever failing; pure. Source: Part 4, section 4.2."""

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NoReturn

UNREADABLE_ID: Final = "-1"
"""The id of a CALLERROR that answers a frame whose own id could not be read (Part 4, 4.2.3)."""

_LONGEST_ID: Final = 36
_ELEMENTS: Final = {2: 4, 3: 3, 4: 5}


class Kind(IntEnum):
    """What a frame is."""

    CALL = 2
    CALLRESULT = 3
    CALLERROR = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands in one frame. `kind` is None if it cannot be read at all; `problem` is then set."""

    kind: Kind | None
    id: str = ""
    action: str | None = None
    """Of a CALL only."""
    payload: Any = None
    """Of a CALLERROR the object of its `code`, `description` and `details`."""
    problem: str | None = None


def read(text: str | bytes) -> Frame:
    """Return what stands in a frame."""
    if isinstance(text, bytes):
        return Frame(None, problem="binary frame: OCPP-J sends text frames")
    try:
        array = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return Frame(None, problem=f"no JSON: {error}")
    if not isinstance(array, list) or not array:
        return Frame(None, problem="no JSON array with a message type")
    if isinstance(array[0], bool) or array[0] not in tuple(Kind):
        return Frame(None, problem=f"message type {_short(array[0])}: 2, 3 or 4 expected")
    kind = Kind(array[0])
    if len(array) != _ELEMENTS[kind]:
        return Frame(None, problem=f"{kind.name} of {len(array)} elements: {_ELEMENTS[kind]} expected")
    if not isinstance(array[1], str):
        return Frame(None, problem=f"message id {_short(array[1])}: a string expected")
    return _of_kind(kind, array)


def _of_kind(kind: Kind, array: list[Any]) -> Frame:
    message_id = array[1]
    problem = None
    if not 0 < len(message_id) <= _LONGEST_ID:
        problem = f"message id of {len(message_id)} characters: 1 to {_LONGEST_ID} allowed"
    match kind, array[2:]:
        case Kind.CALL, [str(action), payload]:
            return Frame(kind, message_id, action, payload, problem)
        case Kind.CALLRESULT, [payload]:
            return Frame(kind, message_id, None, payload, problem)
        case Kind.CALLERROR, [str(code), str(description), dict(details)]:
            payload = {"code": code, "description": description, "details": details}
            return Frame(kind, message_id, None, payload, problem)
        case Kind.CALL, _:
            return Frame(None, message_id, problem=f"action {_short(array[2])}: a string expected")
        case _:
            return Frame(None, message_id, problem="CALLERROR without text, text and object as its last three")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _short(value: object) -> str:
    return repr(value)[:40]
