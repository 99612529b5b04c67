"""The newest of what happened, in memory: bounded, numbered, and awaited by those who watch."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from station.ocpp.redaction import Shown

T = TypeVar("T")

EVENTS_KEPT: Final = 500
FRAMES_KEPT: Final = 200
LONGEST_FRAME: Final = 16 * 1024
"""Characters of a message that are kept to be looked at."""


class Ring(Generic[T]):
    """Keeps the newest items; each has a number that only grows."""

    def __init__(self, most: int) -> None:
        self._items: deque[tuple[int, T]] = deque(maxlen=most)
        self._number = 0
        self._news: asyncio.Event | None = None

    @property
    def number(self) -> int:
        """The number of the newest item; 0 if there never was one."""
        return self._number

    def add(self, item: T) -> None:
        """Keep one more; never waits."""
        self._number += 1
        self._items.append((self._number, item))
        if self._news is not None:
            self._news.set()
            self._news = None

    def after(self, number: int = 0) -> list[tuple[int, T]]:
        """Return what came after the item with that number and is still kept, oldest first."""
        return [(at, item) for at, item in self._items if at > number]

    async def news(self, number: int) -> None:
        """Return as soon as there is an item after that number."""
        while self._number <= number:
            self._news = self._news or asyncio.Event()
            await self._news.wait()


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A line of the log, secrets masked."""

    at: str
    level: str
    logger: str
    event: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """An OCPP message that went or came; `repr(shown)` is its text, redacted when it is asked for."""

    at: datetime
    sent: bool
    shown: Shown


class Events(Ring[LoggedEvent]):
    """The newest lines of the log; `take` is for `station.logs.configure(tee=...)`."""

    def __init__(self, most: int = EVENTS_KEPT) -> None:
        super().__init__(most)

    def take(self, logger: str, event: Mapping[str, Any]) -> None:
        """Keep a line as the log's processors made it."""
        fields = {key: value for key, value in event.items() if key not in ("timestamp", "level", "event", "logger")}
        level, name = str(event.get("level", "")), str(event.get("event", ""))
        self.add(LoggedEvent(str(event.get("timestamp", "")), level, logger, name, fields))


class Frames(Ring[Frame]):
    """The newest OCPP messages; `take` is for `station.ocpp.session.RpcSession(on_frame=...)`."""

    def __init__(self, now: Callable[[], datetime], most: int = FRAMES_KEPT) -> None:
        """`now` returns aware UTC."""
        super().__init__(most)
        self._now = now

    def take(self, sent: bool, shown: Shown) -> None:
        """Keep a message that went, or came."""
        self.add(Frame(self._now(), sent, shown.cut(LONGEST_FRAME)))
