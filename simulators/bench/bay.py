"""A sensor in the parking bay: a file that holds 1 while a vehicle stands there, else 0."""

import os
from pathlib import Path
from typing import Final

from simulators.bench.errors import BenchError

_VALUES: Final = (b"0", b"1")


class Bay:
    """Keeps the value file of one parking bay while it is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.occupied = False
        self._open = False

    def open(self) -> None:
        """Put the file there: nobody stands in the bay. BenchError if something else is at its path."""
        try:
            if self.path.exists() and self.path.read_bytes().strip() not in _VALUES:
                raise BenchError(f"{self.path} exists and holds no value: remove it or name another bay")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._write()
        except OSError as error:
            raise BenchError(f"{self.path}: the value cannot be kept ({error.strerror}): name another bay") from error
        self._open = True

    def close(self) -> None:
        """Remove the file."""
        if self._open:
            self._open = False
            self.path.unlink(missing_ok=True)

    def occupy(self, occupied: bool) -> None:
        """Let a vehicle come or leave."""
        self.occupied = occupied
        self._write()

    def _write(self) -> None:
        # Replaced as a whole: who reads at any moment finds a value.
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        fresh.write_bytes(_VALUES[self.occupied] + b"\n")
        fresh.replace(self.path)
