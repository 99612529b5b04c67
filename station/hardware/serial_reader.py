"""A reader at a serial port: card reader, keypad or start button, whichever its scanner understands."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import structlog

from station.errors import PortError
from station.hardware.ports import CardRead, Selection
from station.hardware.scanners import CardScanner, Garbage, Scanner
from station.serial_port import open_serial, readable

if TYPE_CHECKING:
    import serial

log = structlog.get_logger("station.reader")

CHUNK = 256
DEBOUNCE_S = 2.0
"""A card that is left at the reader is read again and again, faster than this; a contact bounces."""


class SerialLineReader:
    """Yields what drivers do at one port."""

    def __init__(
        self,
        port: str,
        baud_rate: int,
        *,
        name: str,
        scanner: Callable[[], Scanner] = CardScanner,
        debounce_s: float = DEBOUNCE_S,
    ) -> None:
        """`scanner` makes what understands the reader, anew for each time that the port is opened."""
        self._port = port
        self._baud_rate = baud_rate
        self._name = name
        self._scanner = scanner
        self._debounce_s = debounce_s

    async def cards(self) -> AsyncIterator[CardRead | Selection]:
        """Yield each card once per presentation; close the iterator to let go of the port.

        Raises PortError if the port cannot be opened or is gone; may be called again then.
        """
        loop = asyncio.get_running_loop()
        scanner, debounce = self._scanner(), _Debounce(self._debounce_s)
        skipped = 0
        with open_serial(self._port, self._baud_rate) as port:
            log.info("reader_opened", reader=self._name, port=self._port)
            while True:
                chunk = await self._receive(port)
                for scanned in scanner.feed(chunk, loop.time()):
                    if isinstance(scanned, Garbage):
                        skipped += 1
                        if skipped == 1:  # a wrong baud rate makes garbage without end
                            log.warning("reader_line_skipped", reader=self._name, length=scanned.length)
                        continue
                    skipped = 0
                    if isinstance(scanned, Selection) or debounce.is_new(scanned, loop.time()):
                        yield scanned

    async def _receive(self, port: "serial.Serial") -> bytes:
        file = port.fileno()
        await readable(file)
        try:
            chunk = os.read(file, CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortError(f"{self._port} is gone: {error.strerror}; was the adapter unplugged?") from error
        if not chunk:
            raise PortError(f"{self._port} is gone: it was closed from the other side")
        return chunk


class _Debounce:
    """Tells a card that is presented from one that is still there."""

    def __init__(self, debounce_s: float) -> None:
        self._debounce_s = debounce_s
        self._last: CardRead | None = None
        self._last_s = 0.0

    def is_new(self, card: CardRead, now_s: float) -> bool:
        left_there = card == self._last and now_s - self._last_s < self._debounce_s
        self._last, self._last_s = card, now_s
        return not left_there
