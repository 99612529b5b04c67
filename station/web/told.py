"""Lines of the log and OCPP messages as the API tells them."""

from collections.abc import Sequence
from typing import Generic, TypeVar, cast

from station.local.listing import listed_events, listed_messages
from station.local.rings import Events, Frame, Frames, LoggedEvent
from station.web.answers import EventView, MessageView

T = TypeVar("T")

Lines = Sequence[tuple[int, LoggedEvent]]
Messages = Sequence[tuple[int, Frame]]


def event_views(lines: Lines, *, level: str = "", text: str = "") -> tuple[EventView, ...]:
    """Return lines of the log: from a level on, that hold a text."""
    held = cast("Events", _Held(lines))
    return tuple(EventView(**line) for line in listed_events(held, level=level, text=text))


def message_views(messages: Messages, *, action: str = "", text: str = "") -> tuple[MessageView, ...]:
    """Return messages without their secrets: of an action, with the answers, that hold a text."""
    held = cast("Frames", _Held(messages))
    return tuple(MessageView(**message) for message in listed_messages(held, action=action, text=text))


class _Held(Generic[T]):
    """What a ring held at one instant: the ring itself changes while this is looked through beside the loop."""

    def __init__(self, items: Sequence[tuple[int, T]]) -> None:
        self._items = items

    def after(self, number: int = 0) -> list[tuple[int, T]]:
        return [(at, item) for at, item in self._items if at > number]
