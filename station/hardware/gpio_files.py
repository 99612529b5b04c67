"""Inputs and outputs behind files that hold 0 or 1: what a kernel driver exports, another process, or the bench."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Final

from station.errors import DeviceError
from station.hardware.pins import PinPlace

POLL_S: Final = 0.1
"""Nobody tells when such a file changes."""
LONGEST: Final = 16


class FileInput:
    """An input that is looked at again and again."""

    def __init__(self, place: PinPlace) -> None:
        self._place = place
        self._path = Path(place.chip) / place.line

    def open(self) -> None:
        """Nothing to take; a file that is missing is told when it is read."""

    def active(self) -> bool:
        """Say how it is now; DeviceError that names the file."""
        value = self._read().strip()
        if value not in (b"0", b"1"):
            raise DeviceError(f"{self._path} holds {value!r}; 0 or 1 is expected")
        return (value == b"1") is not self._place.active_low

    async def moved(self) -> None:
        """Return when it is time to look again."""
        await asyncio.sleep(POLL_S)

    def close(self) -> None:
        """Nothing to let go."""

    def _read(self) -> bytes:
        """Return the beginning of the file; never waits, not even if it is a pipe."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return os.read(file, LONGEST)
            finally:
                os.close(file)
        except OSError as error:
            raise DeviceError(f"{self._path} cannot be read: {error.strerror}; is the input set up?") from error


class FileOutput:
    """An output that is written when it changes. The file has to be there."""

    def __init__(self, place: PinPlace) -> None:
        self._place = place
        self._path = Path(place.chip) / place.line

    def open(self) -> None:
        """Make it inactive."""
        self.set(False)

    def set(self, active: bool) -> None:
        """Write 1 or 0; DeviceError that names the file."""
        value = b"1\n" if active is not self._place.active_low else b"0\n"
        try:
            # Neither made nor cut short: who reads at this moment finds a value, and a wrong name is no new file.
            file = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(file, value)
            finally:
                os.close(file)
        except OSError as error:
            raise DeviceError(f"{self._path} cannot be written: {error.strerror}; is the output set up?") from error

    def close(self) -> None:
        """Make it inactive, as far as that can be done."""
        with contextlib.suppress(DeviceError):
            self.set(False)
