"""A reader at a serial port: card reader, keypad or start button, whichever its scanner understands."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from station.hardware.incoming import Sieve, received, refuse_options
from station.hardware.places import ReaderPlace
from station.hardware.ports import CardRead, Selection
from station.serial_port import open_serial

log = structlog.get_logger("station.reader")


class SerialLineReader:
    """Yields what drivers do at one port."""

    def __init__(self, place: ReaderPlace) -> None:
        """The scanner of `place` is made anew whenever the port is opened."""
        refuse_options(place)
        self._place = place

    async def cards(self) -> AsyncIterator[CardRead | Selection]:
        """Yield each card as often as the device reads it; close the iterator to let go of the port.

        Raises PortError if the port cannot be opened or is gone; may be called again then.
        """
        place, loop = self._place, asyncio.get_running_loop()
        scanner, sieve = place.scanner(), Sieve(place.name)
        with open_serial(place.port, place.baud_rate) as port:
            log.info("reader_opened", reader=place.name, port=place.port)
            while True:
                chunk = await received(port.fileno(), place.port)
                for card in sieve.good(scanner.feed(chunk, loop.time())):
                    yield card
