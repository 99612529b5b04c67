"""The processes of the demo, and the little HTTP it needs to drive them."""

import contextlib
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from station.errors import StationError

READY_S = 20.0
POLL_S = 0.1
END_S = 40.0

T = TypeVar("T")


class DemoError(StationError):
    """The demo did not go as it should; the text says where to look."""


class RefusedError(DemoError):
    """A part answered with an error; `status` is that of HTTP."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Part:
    """A process of the demo. What it writes to stderr goes into a file of its name."""

    def __init__(self, name: str, *arguments: str, folder: Path) -> None:
        self.name = name
        self.arguments = arguments
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 our own modules
                [sys.executable, "-m", *arguments],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                process_group=0,  # so that Ctrl-C does not take the bench away from the station that is just ending
            )

    def ready(self) -> dict[str, Any]:
        """Return the line of JSON that says where the part listens."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            return dict(json.loads(line))
        except ValueError:
            raise DemoError(f"{self.name} did not start: {self.last_words()}") from None

    def check(self) -> None:
        """Raise DemoError if the process has ended."""
        if (code := self._process.poll()) is not None:
            raise DemoError(f"{self.name} ended with exit code {code}: {self.last_words()}")

    def last_words(self) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace").strip()
        return text.splitlines()[-1] if text else f"nothing in {self.log}"

    def kill(self) -> None:
        """End the process as a power cut does: at once and without a word."""
        self._process.kill()
        self.end()

    def end(self) -> None:
        """End the process in good order; if it does not listen, or somebody is impatient, by force."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(END_S)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Parts:
    """All processes; ends them in the reverse order, whatever happens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[Part] = []

    def start(self, name: str, *arguments: str) -> Part:
        part = Part(name, *arguments, folder=self._folder)
        self._parts.append(part)
        return part

    def kill(self, part: Part) -> None:
        """Take a part away without a word."""
        self._parts.remove(part)
        part.kill()

    def ready(self, part: Part, *instead: str) -> dict[str, Any]:
        """Return where a part listens; if it did not start, it is tried once more, with further arguments."""
        try:
            return part.ready()
        except DemoError:
            part.end()
            self._parts.remove(part)
            return self.start(part.name, *part.arguments, *instead).ready()

    def wait_for(self, what: str, look: Callable[[], T | None], *, seconds: float = READY_S) -> T:
        """Return what `look` finds, as soon as it finds something; DemoError if it does not in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for part in self._parts:
                part.check()
            if found := look():
                return found
            time.sleep(POLL_S)
        raise DemoError(f"{what} did not happen within {seconds:.0f} s; the logs are in {self._folder}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in reversed(self._parts):
            with contextlib.suppress(ProcessLookupError):
                part.end()


def get(url: str) -> Any:
    """Return the JSON that a part answers."""
    return _ask(urllib.request.Request(url))  # noqa: S310 loopback only


def post(url: str, **body: object) -> Any:
    """Tell a part something; return its JSON answer."""
    return _tell("POST", url, body)


def put(url: str, body: object) -> Any:
    """Have something of a part be so from now on; return its JSON answer."""
    return _tell("PUT", url, body)


def _tell(method: str, url: str, body: object) -> Any:
    headers = {"Content-Type": "application/json"}
    return _ask(urllib.request.Request(url, json.dumps(body).encode(), headers, method=method))  # noqa: S310


def _ask(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        answer = error.read().decode(errors="replace")
        raise RefusedError(f"{request.full_url}: {answer}", error.code) from error
    except OSError as error:
        raise DemoError(f"{request.full_url} does not answer: {error}") from error
