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


class SerialLineReader:
    """Yields what drivers do at one port."""

    def __init__(
        self,
        port: str,
        baud_rate: int,
        *,
        name: str,
        scanner: Callable[[], Scanner] = CardScanner,
    ) -> None:
        """`scanner` makes what understands the reader, anew for each time that the port is opened."""
        self._port = port
        self._baud_rate = baud_rate
        self._name = name
        self._scanner = scanner

    async def cards(self) -> AsyncIterator[CardRead | Selection]:
        """Yield each card as often as the device reads it; close the iterator to let go of the port.

        Raises PortError if the port cannot be opened or is gone; may be called again then.
        """
        loop = asyncio.get_running_loop()
        scanner, skipped = self._scanner(), 0
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
