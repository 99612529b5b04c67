"""The processes that take part in a measurement: started here, heard here, and ended here whatever happens."""

import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[1]
END_S = 40.0


class MeasuringError(Exception):
    """A measurement did not come about; the text says where to look."""


class Part:
    """One process. Its stdout is taken line by line, its stderr goes into a file of its name."""

    def __init__(self, name: str, *arguments: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._log = folder / f"{name}.log"
        self._lines: queue.Queue[str | None] = queue.Queue()
        with self._log.open("ab") as log:
            self.started_at = time.monotonic()
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._hearing = threading.Thread(target=self._hear, name=f"hear-{name}", daemon=True)
        self._hearing.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def line(self, *, within_s: float) -> str:
        """Return the next line it says; MeasuringError if it says none in time or has ended."""
        line = self.heard(within_s=within_s)
        if line is None:
            raise MeasuringError(f"{self.name} said nothing for {within_s:g} s; see {self._log}")
        return line

    def heard(self, *, within_s: float) -> str | None:
        """Return the next line it says, None if it says none in time; MeasuringError if it has ended."""
        try:
            line = self._lines.get(timeout=max(0.0, within_s))
        except queue.Empty:
            return None
        if line is None:
            raise MeasuringError(f"{self.name} ended too early; see {self._log}")
        return line

    def wait(self, *, within_s: float) -> None:
        """Return when the process has ended by itself and well."""
        try:
            code = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise MeasuringError(f"{self.name} still runs after {within_s:g} s; see {self._log}") from None
        if code != 0:
            raise MeasuringError(f"{self.name} ended with exit code {code}; see {self._log}")

    def end(self) -> None:
        """End the process in good order; only if it does not listen, by force."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._hearing.join()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                self._lines.put(line)
        self._lines.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
