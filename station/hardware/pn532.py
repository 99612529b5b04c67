"""A PN532 at a serial port (HSU): it finds cards of ISO/IEC 14443 type A that are held to its antenna.

Commands are those of NXP's user manual UM0701-02. The chip is asked again and again who is there; a card that was
found is let go by switching the field off, since some cards answer no other question until they lose their power.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import structlog

from station.errors import DeviceError, LineSilentError, PortError
from station.hardware import pn532_frames as frames
from station.hardware.incoming import Sieve, received, refuse_options
from station.hardware.places import ReaderPlace
from station.hardware.ports import CardRead, Selection
from station.serial_port import open_serial

GET_FIRMWARE_VERSION, SAM_CONFIGURATION, RF_CONFIGURATION, IN_LIST_PASSIVE_TARGET = 0x02, 0x14, 0x32, 0x4A
NORMAL_MODE: Final = bytes([0x01, 0x00, 0x01])
"""SAMConfiguration: no security module at the chip."""
FEW_TRIES: Final = bytes([0x05, 0xFF, 0x01, 0x02])
"""RFConfiguration, retries: a search for a card gives up after three looks instead of never."""
FIELD_OFF, FIELD_ON = bytes([0x01, 0x00]), bytes([0x01, 0x01])
ONE_OF_TYPE_A: Final = bytes([0x01, 0x00])
"""InListPassiveTarget: one card, 106 kbit/s type A."""
ACK_S: Final = 0.1
"""The chip acknowledges at once (user manual 6.2.1.3 speaks of 15 ms)."""
ANSWER_S: Final = 1.0
TRIES: Final = 3
LOOK_S: Final = 0.2
"""Between two searches."""

log = structlog.get_logger("station.reader")


class Pn532:
    """Yields the cards that are held to one PN532."""

    def __init__(self, place: ReaderPlace) -> None:
        refuse_options(place)
        self._place = place

    async def cards(self) -> AsyncIterator[CardRead | Selection]:
        """Yield each card at each search that finds it; close the iterator to let go of the port.

        Raises PortError if the port cannot be opened or is gone, LineSilentError if no PN532 answers there; may be
        called again then.
        """
        place, loop = self._place, asyncio.get_running_loop()
        scanner, sieve = place.scanner(), Sieve(place.name)
        with open_serial(place.port, place.baud_rate) as port:
            chip = _Chip(port.fileno(), place.port)
            await _prepare(chip, place)
            while True:
                uid = _uid(await chip.ask(IN_LIST_PASSIVE_TARGET, ONE_OF_TYPE_A))
                if uid:
                    await chip.ask(RF_CONFIGURATION, FIELD_OFF)
                    for card in sieve.good(scanner.feed(uid.hex().encode("ascii") + b"\n", loop.time())):
                        yield card
                await asyncio.sleep(LOOK_S)
                if uid:
                    await chip.ask(RF_CONFIGURATION, FIELD_ON)


async def _prepare(chip: "_Chip", place: ReaderPlace) -> None:
    await chip.ask(SAM_CONFIGURATION, NORMAL_MODE, before=frames.WAKE_UP)
    version = await chip.ask(GET_FIRMWARE_VERSION)
    await chip.ask(RF_CONFIGURATION, FEW_TRIES)
    await chip.ask(RF_CONFIGURATION, FIELD_ON)  # who was here before may have left it off
    firmware = ".".join(str(number) for number in version[1:3])
    log.info("reader_opened", reader=place.name, port=place.port, firmware=firmware)


def _uid(data: bytes) -> bytes:
    """Return the UID in the answer to InListPassiveTarget: count, number, SENS_RES (2), SEL_RES, length, UID."""
    if not data or data[0] == 0 or len(data) < 6 + data[5]:
        return b""
    return data[6 : 6 + data[5]]


class _Chip:
    """Asks one question at a time."""

    def __init__(self, file: int, port: str) -> None:
        self._file = file
        self._port = port
        self._reader = frames.FrameReader()
        self._pending: deque[frames.Received] = deque()

    async def ask(self, code: int, data: bytes = b"", *, before: bytes = b"") -> bytes:
        """Return what a command gives; `before` is sent ahead of each attempt."""
        for _ in range(TRIES):
            self._reader.forget()
            self._pending.clear()
            self._write(before + frames.command(code, data))
            with suppress(TimeoutError):  # a new command ends the one before, whatever the chip is doing
                async with asyncio.timeout(ACK_S):
                    heard = await self._is_acknowledged()
                if heard:
                    async with asyncio.timeout(ANSWER_S):
                        return await self._answer(code)
        raise LineSilentError(
            f"{self._port}: no answer as a PN532 gives it; is it switched to HSU, are its RX and TX crossed, "
            "and is baud_rate 115200?"
        )

    async def _is_acknowledged(self) -> bool:
        while True:
            match await self._next():
                case frames.Acknowledged(good):
                    return good
                case frames.SyntaxFailed():
                    return False

    async def _answer(self, code: int) -> bytes:
        while True:
            match await self._next():
                case frames.Answer(command, data) if command == code:
                    return data
                case frames.Broken():
                    self._write(frames.NACK)  # the chip says it again
                case frames.SyntaxFailed():
                    raise DeviceError(f"{self._port}: the PN532 does not know command {code:#04x}")

    async def _next(self) -> frames.Received:
        while not self._pending:
            self._pending.extend(self._reader.feed(await received(self._file, self._port)))
        return self._pending.popleft()

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._file, data)
        except BlockingIOError:
            pass  # nobody listens; that there is no answer will be told
        except OSError as error:
            raise PortError(f"{self._port} is gone: {error.strerror}; was the adapter unplugged?") from error
