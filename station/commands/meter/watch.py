"""`station meter watch`: live values, again and again; old ones are never shown as new."""

import argparse
import asyncio
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol, TextIO

from station.clock import SystemClock
from station.commands.meter import words
from station.commands.meter.connection import Connection, with_meter
from station.commands.meter.values import age, line, table
from station.core.powermeter import Powermeter
from station.errors import DeviceError
from station.meter.bsm import BsmMeter

INTERRUPTED: Final = 128 + signal.SIGINT
PATIENCE_S: Final = 1.0
"""How often to say that the meter has not answered yet."""
UNANSWERED: Final = "the meter has not answered yet"
DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


class Display(Protocol):
    """Where values appear."""

    def show(self, reading: Powermeter) -> None:
        """These have just been read."""

    def wait(self, last: Powermeter | None) -> None:
        """The meter has been asked again, and has not answered yet."""

    def fail(self, error: str, last: Powermeter | None) -> None:
        """The meter could not be read; `last` is what it said last, if it ever said anything."""


def run(options: argparse.Namespace) -> int:
    """Show live values until Ctrl-C, which is how this ends well."""
    now = SystemClock().now
    display: Display = Screen(sys.stdout, now) if sys.stdout.isatty() else Lines(sys.stdout, now)
    code = with_meter(options, partial(watch, display=display, interval_s=options.interval))
    if sys.stdout.isatty():
        print()  # behind the ^C that the terminal shows
    return 0 if code == INTERRUPTED else code


async def watch(connection: Connection, *, display: Display, interval_s: float) -> int:
    """Read every `interval_s` until cancelled; DeviceError only if the meter cannot be met in the beginning."""
    loop = asyncio.get_running_loop()
    await connection.meter.identify()
    last: Powermeter | None = None
    failed = False
    while True:
        next_at = loop.time() + interval_s
        try:
            reading = _read(connection.meter, anew=failed)
            last = await _patiently(reading, partial(display.wait, last))
            failed = False
            display.show(last)
        except DeviceError as error:
            failed = True
            display.fail(str(error), last)
        await asyncio.sleep(next_at - loop.time())


async def _read(meter: BsmMeter, *, anew: bool) -> Powermeter:
    if anew:
        await meter.identify()  # what answers now may be another meter
    return await meter.read()


async def _patiently(reading: Coroutine[Any, Any, Powermeter], tell: Callable[[], None]) -> Powermeter:
    """Return what is read; `tell` is called again and again while it does not come."""
    task = asyncio.create_task(reading, name="meter-read")
    try:
        while not (await asyncio.wait({task}, timeout=PATIENCE_S))[0]:
            tell()
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


class Lines:
    """One line a reading, for files and pipes."""

    def __init__(self, out: TextIO, now: Callable[[], datetime]) -> None:
        self._out = out
        self._now = now

    def show(self, reading: Powermeter) -> None:
        self._print(line(reading))

    def wait(self, last: Powermeter | None) -> None:
        pass

    def fail(self, error: str, last: Powermeter | None) -> None:
        now = self._now()
        self._print(f"{words.instant(now)}  no values: {error}; {_last(last, now)}")

    def _print(self, text: str) -> None:
        print(text, file=self._out, flush=True)


class Screen:
    """A table on a terminal, painted over the one before."""

    def __init__(self, out: TextIO, now: Callable[[], datetime]) -> None:
        self._out = out
        self._now = now
        self._painted = 0
        """Lines of what is there now."""
        self._why_old = UNANSWERED
        """Why nothing new can be shown, if it cannot."""

    def show(self, reading: Powermeter) -> None:
        self._why_old = UNANSWERED
        self._paint(self._cut(table(reading)))

    def wait(self, last: Powermeter | None) -> None:
        told = textwrap.wrap(f"NO NEW VALUES: {self._why_old}; {_last(last, self._now())}", self._width)
        old = table(last) if last else []
        self._paint([*self._cut(told, BOLD), "", *self._cut(old, DIM)])

    def fail(self, error: str, last: Powermeter | None) -> None:
        self._why_old = error
        self.wait(last)

    def _cut(self, lines: Sequence[str], style: str = "") -> list[str]:
        # A line that wraps would be two, and one of them would stay when the next table is painted.
        return [f"{style}{text[: self._width]}{PLAIN}" for text in lines]

    def _paint(self, lines: Sequence[str]) -> None:
        back = f"\x1b[{self._painted}F\x1b[J" if self._painted else ""
        self._out.write(back + "".join(f"{text}\n" for text in (*lines, "", "Ctrl-C ends.")))
        self._out.flush()
        self._painted = len(lines) + 2

    @property
    def _width(self) -> int:
        return shutil.get_terminal_size().columns


def _last(last: Powermeter | None, now: datetime) -> str:
    return f"the last ones are {age(last, now)} old" if last else "there were none so far"
