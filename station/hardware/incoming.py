"""What readers have in common: bytes as a device hands them over, and of what was understood only what is good."""

import os
from collections.abc import Iterable, Iterator
from typing import Final

import structlog

from station.errors import PortError, SettingsError
from station.hardware.card_numbers import RandomNumber, looks_reversed
from station.hardware.places import ReaderPlace
from station.hardware.ports import CardRead, Selection
from station.hardware.scanners import Garbage, Scanned
from station.serial_port import readable

CHUNK: Final = 256

log = structlog.get_logger("station.reader")


async def received(file: int, port: str) -> bytes:
    """Return what a device that does not block has to say, as soon as it has; PortError if it is gone."""
    while True:
        await readable(file)
        try:
            chunk = os.read(file, CHUNK)
        except BlockingIOError:
            continue
        except OSError as error:
            raise PortError(f"{port} is gone: {error.strerror}; was the device unplugged?") from error
        if not chunk:
            raise PortError(f"{port} is gone: it was closed from the other side")
        return chunk


class Sieve:
    """Lets cards and choices pass; what else a reader sends is told once, without its content."""

    def __init__(self, name: str) -> None:
        """`name` is how the log calls the reader."""
        self._name = name
        self._in_garbage = self._told_random = self._told_reversed = False

    def good(self, scanned: Iterable[Scanned]) -> Iterator[CardRead | Selection]:
        """Yield what somebody can charge with, or chose."""
        for one in scanned:
            match one:
                case Garbage(length):
                    self._tell_garbage(length)
                case RandomNumber():
                    self._tell_random()
                case _:
                    self._in_garbage = False
                    if isinstance(one, CardRead):
                        self._look_at(one)
                    yield one

    def _tell_garbage(self, length: int) -> None:
        if not self._in_garbage:  # a wrong baud rate makes garbage without end
            log.warning("reader_line_skipped", reader=self._name, length=length)
        self._in_garbage = True

    def _tell_random(self) -> None:
        if not self._told_random:
            remedy = "phones and some cards show another number each time; use a card that keeps its own"
            log.warning("random_card_refused", reader=self._name, remedy=remedy)
        self._told_random = True

    def _look_at(self, card: CardRead) -> None:
        if not self._told_reversed and looks_reversed(card):
            log.warning("card_looks_reversed", reader=self._name, remedy='byte_order = "reversed"')
            self._told_reversed = True


def refuse_options(place: ReaderPlace) -> None:
    """Raise SettingsError if a reader was given options, for a driver that has none."""
    if place.options:
        raise SettingsError(f"reader {place.name!r}: options.{next(iter(place.options))} is unknown; it has none")
