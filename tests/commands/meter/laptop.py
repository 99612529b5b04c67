"""A laptop on the line of a meter: the connection that commands get, and what they print on it."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from station.commands.meter.connection import Connection, Place, connected
from station.core.metadata import Filled
from station.core.records import Metadata
from station.meter.bsm import BsmMeter
from tests.fakes_clock import FakeClock
from tests.meter.fake_device import FakeDevice

SERIAL = "001BZR1521070001"
"""Of the bench's first meter."""


class Terminal(io.StringIO):
    """Keeps what a terminal would have been sent."""

    def isatty(self) -> bool:
        return True

    def screen(self) -> list[str]:
        """Return the lines that are seen after all that was sent, without colours."""
        lines = [""]
        for part in self.getvalue().replace("\x1b[", "\0[").split("\0"):
            text = part
            if part.startswith("["):
                end = next(at for at, letter in enumerate(part) if letter.isalpha())
                code, text = part[1 : end + 1], part[end + 1 :]
                if code.endswith("F"):
                    lines = lines[: -int(code[:-1])]
                    lines[-1] = ""
            for letter in text:
                if letter == "\n":
                    lines.append("")
                elif letter == "\r":
                    lines[-1] = ""
                else:
                    lines[-1] += letter
        return lines


class Laptop:
    """What a person has: the way to the meter, two streams to read, and a clock that is right."""

    def __init__(self, connection: Connection, clock: FakeClock) -> None:
        self.connection = connection
        self.clock = clock
        self.out, self.err = io.StringIO(), io.StringIO()

    @property
    def told(self) -> str:
        """What was printed, each run of white space as one space, for sentences may be wrapped."""
        return " ".join(self.out.getvalue().split())

    @property
    def advised(self) -> str:
        """What went to standard error."""
        return " ".join(self.err.getvalue().split())

    def with_place(self, **changes: Any) -> Connection:
        """Return the same connection with other settings."""
        return replace(self.connection, place=replace(self.connection.place, **changes))


@asynccontextmanager
async def at_bench(folder: Path, **place: Any) -> AsyncIterator[tuple[Bench, Laptop]]:
    """Connect to the first meter of a bench, over its pseudo terminal."""
    async with Bench(plain(folder)) as bench:
        clock = FakeClock()
        with connected(Place(**{"port": bench.evse(1).meter.path, "parity": "N"} | place), clock) as connection:
            yield bench, Laptop(connection, clock)


@contextmanager
def at_fake(**place: Any) -> Iterator[tuple[FakeDevice, Laptop]]:
    """Connect to a meter whose registers the test can turn."""
    device, clock = FakeDevice(), FakeClock()
    meter = BsmMeter(device, name="unit 42 on tty", clock=clock, metadata=lambda _: Filled(Metadata()))
    yield device, Laptop(Connection(Place(**{"port": "tty"} | place), device, meter, clock), clock)
