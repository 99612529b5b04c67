"""Inputs and outputs of the station's computer: a folder with a file for each, which holds 0 or 1."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import structlog

from simulators.bench.errors import BenchError, RequestError

_VALUES: Final = (b"0", b"1")

log = structlog.get_logger("bench")


class Gpio:
    """Plays what is wired to the inputs, and shows what the station does with the outputs."""

    def __init__(self, folder: Path, *, inputs: Iterable[str] = (), outputs: Iterable[str] = ()) -> None:
        """Names of lines are names of files in `folder`."""
        self.folder = folder
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)

    @property
    def path(self) -> str:
        """What a station takes for the chip."""
        return str(self.folder)

    def open(self) -> None:
        """Put the files there, all of them 0; BenchError if something else stands in their place."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name in (*self.inputs, *self.outputs):
                self._check(name)
                self._write(name, 0)
        except OSError as error:
            raise BenchError(f"{self.folder}: lines cannot be kept there ({error.strerror}): name another") from error

    def close(self) -> None:
        """Remove the files, and the folder if nothing else is in it."""
        for name in (*self.inputs, *self.outputs):
            (self.folder / name).unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def set(self, name: str, value: int) -> None:
        """Bring a level to an input; RequestError for a line or value that is none."""
        self._known(name, self.inputs)
        if value not in (0, 1):
            raise RequestError(f"value {value!r} is not allowed, 0 and 1 are")
        self._write(name, value)
        log.info("input_changed", line=name, value=value)

    def get(self, name: str) -> int:
        """Return the level of a line; RequestError for one that is none."""
        self._known(name, (*self.inputs, *self.outputs))
        return int((self.folder / name).read_bytes()[:1] or b"0")

    def lose(self, name: str) -> None:
        """Take an input away, as if its chip were unplugged; `set` brings it back."""
        self._known(name, self.inputs)
        (self.folder / name).unlink(missing_ok=True)

    def state(self) -> dict[str, Any]:
        """Return how all lines stand, as values for JSON; None for one that was taken away."""
        names = (*self.inputs, *self.outputs)
        return {
            "path": self.path,
            "lines": {name: self.get(name) if (self.folder / name).exists() else None for name in names},
        }

    def _known(self, name: str, names: tuple[str, ...]) -> None:
        if name not in names:
            raise RequestError(f"line {name!r} is unknown, there are {', '.join(names) or 'none'}")

    def _check(self, name: str) -> None:
        path = self.folder / name
        if path.exists() and path.read_bytes().strip() not in _VALUES:
            raise BenchError(f"{path} exists and holds no value: remove it or name another folder")

    def _write(self, name: str, value: int) -> None:
        # Replaced as a whole: who reads at any moment finds a value.
        fresh = self.folder / f".{name}.{os.getpid()}"
        fresh.write_bytes(_VALUES[value] + b"\n")
        fresh.replace(self.folder / name)
