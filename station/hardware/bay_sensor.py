"""The parking bay: a sensor behind a file that holds 0 or 1."""

import os
from pathlib import Path

from station.errors import DeviceError


class ValueFileSensor:
    """Reads what the kernel, or whoever watches the bay, keeps in a file: `0` or `1` in its first character."""

    def __init__(self, path: Path, *, occupied: int = 1) -> None:
        """`occupied` is the value that stands for a vehicle, 0 for a sensor that is active low."""
        self._path = path
        self._occupied = str(occupied).encode()

    async def occupied(self) -> bool:
        """Look; raises DeviceError that names the file."""
        value = self._read().strip()
        if value not in (b"0", b"1"):
            raise DeviceError(f"{self._path} holds {value!r}; 0 or 1 is expected")
        return value == self._occupied

    def _read(self) -> bytes:
        """Return the beginning of the file; never waits, not even if it is a pipe."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return os.read(file, 16)
            finally:
                os.close(file)
        except OSError as error:
            raise DeviceError(f"{self._path} cannot be read: {error.strerror}; is the sensor set up?") from error
