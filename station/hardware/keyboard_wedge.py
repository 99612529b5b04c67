"""A reader that plays a keyboard at USB: it types the number of each card and presses Enter.

The kernel is asked itself, through the device file, because the package evdev comes as source only: a charger would
need a compiler for it. What is asked for is little: events of a fixed size, and that nobody else gets them.
"""

import asyncio
import errno
import fcntl
import os
import stat
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from station.errors import PortError
from station.hardware.incoming import Sieve, received, refuse_options
from station.hardware.key_events import Typist
from station.hardware.places import ReaderPlace
from station.hardware.ports import CardRead, Selection

GRAB: Final = 0x40044590
"""EVIOCGRAB of input.h: the events go to this process alone, no console types along."""
INPUT_MAJOR: Final = 13
"""Number of the kernel's input devices."""
_LISTED: Final = "/dev/input/by-id lists those that are, the right one ends in -event-kbd"
_REMEDIES: Final = {
    errno.ENOENT: f"is not there; is the reader plugged in? {_LISTED}",
    errno.ENXIO: f"has no device behind it; is the reader plugged in? {_LISTED}",
    errno.ENODEV: f"has no device behind it; is the reader plugged in? {_LISTED}",
    errno.EACCES: "may not be opened; add the user of the station to the group input",
    errno.EPERM: "may not be opened; add the user of the station to the group input",
    errno.EBUSY: "is in use by another process, which has it for itself; `fuser` tells which",
    errno.EISDIR: f"is no keyboard; {_LISTED}",
    errno.ENOTTY: f"is no keyboard; {_LISTED}",
    errno.EINVAL: f"is no keyboard; {_LISTED}",
}

log = structlog.get_logger("station.reader")


class KeyboardWedge:
    """Yields the cards of one such reader; nobody else hears its keys meanwhile."""

    def __init__(self, place: ReaderPlace) -> None:
        """The port is a file under /dev/input, such as /dev/input/by-id/usb-...-event-kbd."""
        refuse_options(place)
        self._place = place

    async def cards(self) -> AsyncIterator[CardRead | Selection]:
        """Yield each card as often as the reader types it; close the iterator to let go of the device.

        Raises PortError if the device cannot be opened or is gone; may be called again then.
        """
        place, loop = self._place, asyncio.get_running_loop()
        typist, scanner, sieve = Typist(), place.scanner(), Sieve(place.name)
        with _opened(place.port) as file:
            log.info("reader_opened", reader=place.name, port=place.port)
            while True:
                chunk = await received(file, place.port)
                for line in typist.feed(chunk, loop.time()):
                    for card in sieve.good(scanner.feed(line, loop.time())):
                        yield card


@contextmanager
def _opened(port: str) -> Iterator[int]:
    """Have the device, grabbed, for as long as the context lasts."""
    try:
        file = os.open(port, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise _told(port, error) from error
    try:
        _grab(port, file)
        yield file
    finally:
        os.close(file)


def _grab(port: str, file: int) -> None:
    try:
        fcntl.ioctl(file, GRAB, 1)
    except OSError as error:
        # A pipe that plays a keyboard has nobody to be grabbed from.
        if error.errno != errno.ENOTTY or _is_input_device(file) or not _can_speak(file):
            raise _told(port, error) from error
        if os.isatty(file):
            termios.tcflush(file, termios.TCIFLUSH)  # a keyboard keeps nothing for who opens it later


def _is_input_device(file: int) -> bool:
    status = os.fstat(file)
    return stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) == INPUT_MAJOR


def _can_speak(file: int) -> bool:
    """It is a pipe or a terminal, so that something may stand at its other end."""
    mode = os.fstat(file).st_mode
    return stat.S_ISFIFO(mode) or os.isatty(file)


def _told(port: str, error: OSError) -> PortError:
    return PortError(f"{port} {_REMEDIES.get(error.errno or 0, f'cannot be used as a keyboard: {error.strerror}')}")
