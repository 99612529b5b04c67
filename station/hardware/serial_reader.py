"""A card reader at a serial port that sends each card as a line of hexadecimal digits."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import structlog

from station.errors import PortError
from station.hardware.ports import CardRead
from station.serial_port import open_serial, readable

if TYPE_CHECKING:
    import serial

log = structlog.get_logger("station.reader")

TYPES = {4: "ISO14443", 7: "ISO14443", 10: "ISO14443", 8: "ISO15693"}
"""IdTokenEnumType by the length of the UID in bytes."""
LONGEST_LINE = 64
CHUNK = 256
DEBOUNCE_S = 2.0
"""A card that is left at the reader is read again and again, faster than this."""
LINE_ENDS = b"\r\n"


class SerialLineReader:
    """Reads cards from a port; lines end with CR, LF or both."""

    def __init__(self, port: str, baud_rate: int, *, name: str, debounce_s: float = DEBOUNCE_S) -> None:
        self._port = port
        self._baud_rate = baud_rate
        self._name = name
        self._debounce_s = debounce_s

    async def cards(self) -> AsyncIterator[CardRead]:
        """Yield each card once per presentation; close the iterator to let go of the port.

        Raises PortError if the port cannot be opened or is gone; may be called again then.
        """
        loop = asyncio.get_running_loop()
        lines = _Lines()
        last_uid, last_s, skipped = "", 0.0, 0
        with open_serial(self._port, self._baud_rate) as port:
            log.info("reader_opened", reader=self._name, port=self._port)
            while True:
                chunk = await self._receive(port)
                for line in lines.feed(chunk):
                    card = _card(line)
                    if card is None:
                        skipped += 1
                        if skipped == 1:  # a wrong baud rate makes garbage without end
                            log.warning("reader_line_skipped", reader=self._name, length=len(line))
                        continue
                    skipped = 0
                    left_there = card.uid == last_uid and loop.time() - last_s < self._debounce_s
                    last_uid, last_s = card.uid, loop.time()
                    if not left_there:
                        yield card

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


class _Lines:
    """Cuts bytes into lines; a line that is too long for a card is cut, so that it is none and takes no memory."""

    def __init__(self) -> None:
        self._line = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield each line that is complete now, without its end; empty lines are left out."""
        for byte in chunk:
            if byte not in LINE_ENDS:
                if len(self._line) <= LONGEST_LINE:
                    self._line.append(byte)
            elif self._line:
                line, self._line = bytes(self._line), bytearray()
                yield line


def _card(line: bytes) -> CardRead | None:
    """Return the card that a line means, or None if it means none."""
    try:
        text = line.decode("ascii").strip()
        uid = bytes.fromhex(text)
    except ValueError:
        return None
    kind = TYPES.get(len(uid))
    return CardRead(text.upper(), kind) if kind and len(text) == 2 * len(uid) else None
