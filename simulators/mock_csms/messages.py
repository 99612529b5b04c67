"""Messages: every frame of a station, kept in a ring, for looking at and for waiting for."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from simulators.mock_csms.frames import Kind

Direction = Literal["in", "out"]
"""`in` comes from the station, `out` goes to it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One frame and what is known about it."""

    number: int
    """Counts all frames of the station, both ways, from 1."""
    at: datetime
    direction: Direction
    text: str
    """The frame as it was sent."""
    kind: Kind | None
    """None: cannot be read."""
    id: str
    action: str | None
    """Of an answer the action of its question; None if that is not known."""
    payload: Any
    problems: tuple[str, ...] = ()
    """How it breaks the standard."""
    notes: tuple[str, ...] = ()
    """What it meant: `signature valid`, `resent` ..."""

    @property
    def valid(self) -> bool:
        return not self.problems


class MessageLog:
    """The last messages of one station, oldest first."""

    def __init__(self, keep: int) -> None:
        self._ring: deque[Message] = deque(maxlen=keep)
        self._last = 0
        self._news = asyncio.Event()

    def __iter__(self) -> Iterator[Message]:
        return iter(tuple(self._ring))

    def __len__(self) -> int:
        return len(self._ring)

    @property
    def last(self) -> int:
        """The number of the last message, 0 before the first."""
        return self._last

    @property
    def next(self) -> int:
        """The number that the next message has to have."""
        return self._last + 1

    def add(self, message: Message) -> None:
        """Keep a message, with number `next`."""
        self._ring.append(message)
        self._last = message.number
        self.tell()

    def tell(self) -> None:
        """Let all who wait look again."""
        self._news.set()
        self._news = asyncio.Event()

    def since(self, number: int) -> tuple[Message, ...]:
        """Return the kept messages with a higher number."""
        return tuple(message for message in self._ring if message.number > number)

    async def wait(self, wanted: Callable[[Message], bool], *, after: int = 0) -> Message:
        """Return the first message numbered above `after` that is wanted; waits for it without end."""
        while True:
            for message in self.since(after):
                if wanted(message):
                    return message
            after = max(after, self._last)
            await self._news.wait()

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return once a condition holds; it is looked at with every message and every connection made or lost."""
        while not condition():
            await self._news.wait()
