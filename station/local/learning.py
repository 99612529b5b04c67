"""Takes the next card that is held to a reader away from charging, for somebody who wants to know it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from station.errors import StationError
from station.hardware.ports import CardRead, CardReader, Selection

LEFT_THERE_S: Final = 5.0
"""A card that was learned and is read again within that is still lying there, and charges nothing."""

log = structlog.get_logger("station.local")


class LearningError(StationError):
    """No card can be learned now; the text says why."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A card that was held to a reader for somebody to know it."""

    card: CardRead
    reader: str
    """The name of the reader."""


class Learning:
    """Stands between the readers and what is done about cards."""

    def __init__(self) -> None:
        self._wanted: asyncio.Future[Learned] | None = None
        self._at = ""
        self._learned: dict[str, tuple[CardRead, float]] = {}
        """By reader: the card that was learned there, and the loop's time at which it was seen last."""
        self._readers: dict[str, None] = {}

    @property
    def readers(self) -> tuple[str, ...]:
        """The names of the readers that cards can be learned at."""
        return tuple(self._readers)

    def wrap(self, reader: CardReader, *, name: str = "") -> CardReader:
        """Return a reader whose cards charge, but for those that are learned."""
        self._readers.setdefault(name)
        return _Reader(reader, name, self)

    async def next_card(self, timeout_s: float, *, reader: str = "") -> Learned:
        """Return the next card, of any reader or of the one with this name; it begins and ends no session.

        Raises LearningError if somebody else waits for one, if there is no such reader, or if none came in time.
        """
        if reader and reader not in self._readers:
            names = ", ".join(self._readers) or "none"
            raise LearningError(f"there is no reader {reader}; the settings name these: {names}")
        with self._waiting(reader) as wanted:
            try:
                async with asyncio.timeout(timeout_s):
                    return await wanted
            except TimeoutError:
                where = f"reader {reader}" if reader else "any reader"
                raise LearningError(f"no card was held to {where} within {timeout_s:.0f} s") from None

    @contextmanager
    def _waiting(self, reader: str) -> Iterator[asyncio.Future[Learned]]:
        if self._wanted is not None:
            raise LearningError("somebody else is learning a card now; try again in a moment")
        self._wanted, self._at = asyncio.get_running_loop().create_future(), reader
        log.info("card_awaited", reader=reader or None)
        try:
            yield self._wanted
        finally:
            self._wanted = None

    def takes(self, card: CardRead, reader: str) -> bool:
        """Say whether a card is not for charging: it is being learned, or lies there since it was."""
        now = asyncio.get_running_loop().time()
        if self._wanted is not None and not self._wanted.done() and self._at in ("", reader):
            self._learned[reader] = card, now
            self._wanted.set_result(Learned(card, reader))
            log.info("card_learned", reader=reader)
            return True
        learned, seen_s = self._learned.get(reader, (None, 0.0))
        if card != learned or now - seen_s > LEFT_THERE_S:
            self._learned.pop(reader, None)
            return False
        self._learned[reader] = card, now
        return True


class _Reader:
    """A reader without the cards that are learned."""

    def __init__(self, reader: CardReader, name: str, learning: Learning) -> None:
        self._reader = reader
        self._name = name
        self._learning = learning

    async def cards(self) -> AsyncIterator[CardRead | Selection]:
        async for seen in self._reader.cards():
            if isinstance(seen, Selection) or not self._learning.takes(seen, self._name):
                yield seen
