"""The newest lines of the log and OCPP messages, filtered, as JSON data."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from station.local.rings import Events, Frames, LoggedEvent
from station.logs import LEVELS

HEAD: Final = re.compile(r'\[\s*(?P<kind>\d)\s*,\s*"(?P<id>[^"]*)"(\s*,\s*"(?P<action>\w+)")?')
CALL: Final = "2"
"""MessageTypeId of a CALL; only that says its action (Part 4 section 4.2)."""
WEIGHTS: Final = {level: weight for weight, level in enumerate((*LEVELS, "critical"))}


def listed_events(events: Events, *, after: int = 0, level: str = "", text: str = "") -> Iterator[dict[str, Any]]:
    """Yield the lines that came after a number, oldest first.

    `level`: at least so serious; `text` has to be in the line, whatever the case of its letters.
    """
    least, wanted = WEIGHTS.get(level, 0), text.lower()
    for number, line in events.after(after):
        if WEIGHTS.get(line.level, 0) >= least and wanted in _searched(line):
            yield {
                "number": number,
                "at": line.at,
                "level": line.level,
                "logger": line.logger,
                "event": line.event,
                "fields": _plain(line.fields),
            }


def listed_messages(frames: Frames, *, after: int = 0, action: str = "", text: str = "") -> Iterator[dict[str, Any]]:
    """Yield the messages that came after a number, oldest first, without secrets.

    `action`: requests of that name with their answers; `text` has to be in what is shown of the message.
    """
    asked: set[str] = set()
    for number, frame in frames.after(after):
        shown = repr(frame.shown)
        if action and not _is_about(action, shown, asked):
            continue
        if text.lower() in shown.lower():
            yield {"number": number, "at": frame.at.isoformat(), "sent": frame.sent, "text": shown}


def _is_about(action: str, shown: str, asked: set[str]) -> bool:
    """Say whether a message is a request of that name, or the answer to one that is in `asked`."""
    head = HEAD.match(shown)
    if head is None:
        return False
    if head["kind"] == CALL and (head["action"] or "").lower() == action.lower():
        asked.add(head["id"])
        return True
    return head["kind"] != CALL and head["id"] in asked


def _searched(line: LoggedEvent) -> str:
    return " ".join((line.logger, line.event, *(f"{name}={value}" for name, value in line.fields.items()))).lower()


def _plain(value: Any) -> Any:
    """Return what a line of the log names as JSON data; what is secret by type reads `***` already."""
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {str(name): _plain(member) for name, member in value.items()}
        case list() | tuple():
            return [_plain(member) for member in value]
    return str(value)
