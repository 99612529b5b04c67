"""What all of `station meter` has in common: where the meter is, the way to it, and what to do if there is none."""

import argparse
import asyncio
import contextlib
import errno
import signal
import sys
import termios
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from station import logs
from station.clock import Clock, SystemClock
from station.core.metadata import Filled
from station.core.powermeter import TransactionReq
from station.core.records import Metadata
from station.errors import LineSilentError, PortError
from station.meter.bsm import BsmMeter
from station.meter.lines import line_at
from station.meter.port import Registers, Switching
from station.meter.serial_stream import Parity

if TYPE_CHECKING:
    from station.settings import Settings

CONFIG: Final = Path("/etc/station/station.toml")
PARITIES: Final[dict[str, Parity]] = {"even": "E", "odd": "O", "none": "N"}
NAMES: Final = {"E": "even", "O": "odd", "N": "no"}
REMEDIES: Final = {
    errno.EBUSY: "If it is the station that has it, stop the station first",
    errno.EAGAIN: "If it is the station that has it, stop the station first",
    errno.EINVAL: "A pseudo terminal, such as the bench has, takes --parity none only",
}
SYSTEM_TIMEZONE: Final = "system"
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SOON_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a meter is, and what the settings know of it."""

    port: str
    baud: int = 19200
    parity: Parity = "E"
    unit: int = 42
    switching: Switching = Switching.METER
    timezone: str = SYSTEM_TIMEZONE
    public_key: bytes | None = None
    evse_id: int | None = None
    state_dir: Path | None = None
    """Where the station remembers its meters; None if only the port is known."""

    @property
    def name(self) -> str:
        """What messages call the meter."""
        return f"unit {self.unit} on {self.port}"

    @property
    def zone(self) -> tzinfo | None:
        """The zone that the meter shows its time in; None is this computer's."""
        return None if self.timezone == SYSTEM_TIMEZONE else ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Connection:
    """The way to one meter: as a meter, and as registers."""

    place: Place
    device: Registers
    meter: BsmMeter
    clock: Clock


Command = Callable[[Connection], Coroutine[Any, Any, int]]
"""What is done with a meter; returns the exit code."""


def with_meter(
    options: argparse.Namespace, command: Command, *, clock: Clock | None = None, timezone: str | None = None
) -> int:
    """Do it with the meter that the options name; errors tell a person at the line what to look at."""
    place = find(options)
    if timezone is not None:
        place = replace(place, timezone=timezone)
    logs.configure("debug" if options.trace else "error", wire=options.trace)
    signals = _Signals()
    try:
        return asyncio.run(_run(place, command, clock or SystemClock(), signals))
    except asyncio.CancelledError:
        return 128 + signals.got


def find(options: argparse.Namespace) -> Place:
    """Return where the options say that the meter is; they end the program if they contradict each other."""
    given = {name: getattr(options, name) for name in ("baud", "parity", "unit")}
    if options.port is not None:
        if options.config is not None:
            options.misuse("--port and --config exclude each other: both say where the meter is")
        if options.evse is not None:
            options.misuse("--evse goes with --config, whose EVSEs it names; with --port say --unit")
        given["parity"] = PARITIES[options.parity or "even"]
        return replace(Place(options.port), **{name: value for name, value in given.items() if value is not None})
    for name, value in given.items():
        if value is not None:
            options.misuse(f"--{name} goes with --port; with --config the settings say it")
    if options.config is None and not CONFIG.exists():
        options.misuse(f"say where the meter is: --port DEVICE, or --config FILE ({CONFIG} is not there)")
    from station.settings import load  # late: not needed to look at a port

    return _of_evse(load(options.config or CONFIG), options)


@contextlib.contextmanager
def connected(place: Place, clock: Clock) -> Iterator[Connection]:
    """Hold the port; whatever goes wrong on the way to the meter is explained. PortError if it cannot be had."""
    line = line_at(place.port, baud=place.baud, parity=place.parity)
    device = line.device(place.unit)
    meter = BsmMeter(
        device,
        name=place.name,
        clock=clock,
        metadata=_nothing,
        switching=place.switching,
        zone=place.zone,
    )
    with _explained(place):
        line.open()
        try:
            yield Connection(place, device, meter, clock)
        finally:
            line.close()


async def _run(place: Place, command: Command, clock: Clock, signals: "_Signals") -> int:
    signals.end_task()
    with connected(place, clock) as connection:
        return await command(connection)


class _Signals:
    """Ends a command at the first signal, and lets it finish what it then has to do.

    A meter that is just being told to switch must not be left alone because somebody is impatient or closes the
    terminal, so a second signal does nothing.
    """

    def __init__(self) -> None:
        self.got = 0
        """The signal's number; 0 if there was none."""

    def end_task(self) -> None:
        """End the running task from now on."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        for number in SIGNALS:
            loop.add_signal_handler(number, self._end, task, number)

    def _end(self, task: asyncio.Task[Any], number: int) -> None:
        if not self.got:
            self.got = number
            told = "\nstation: ends as soon as the meter's output is known to be off"
            asyncio.get_running_loop().call_later(SOON_S, partial(print, told, file=sys.stderr))
            task.cancel()


@contextlib.contextmanager
def _explained(place: Place) -> Iterator[None]:
    try:
        yield
    except PortError as error:
        remedy = REMEDIES.get(_number(error.__cause__))
        if remedy is None:
            raise
        raise PortError(f"{error}. {remedy}") from error
    except LineSilentError as error:
        asked = f"it was asked with {place.baud} baud, {NAMES[place.parity]} parity, as unit {place.unit}"
        raise LineSilentError(f"{error}. Check the meter's supply and the wires A and B; {asked}") from error


def _number(cause: BaseException | None) -> int:
    """Return what the operating system calls an error; 0 if it does not."""
    match cause:
        case OSError(errno=int(number)) | termios.error(args=(int(number), *_)):
            return number
        case _:
            return 0


def _of_evse(settings: "Settings", options: argparse.Namespace) -> Place:
    evses = {evse.id: evse for evse in settings.evses}
    number = options.evse if options.evse is not None or len(evses) > 1 else next(iter(evses))
    if number not in evses:
        known = ", ".join(f"{evse.id} ({evse.name})" for evse in settings.evses)
        wrong = "say whose meter with --evse" if number is None else f"--evse {number}: there is none"
        options.misuse(f"{wrong}; {settings.path} has EVSE {known}")
    meter = evses[number].meter
    line = next(line for line in settings.lines if line.name == meter.line)
    return Place(
        port=line.port,
        baud=line.baud_rate,
        parity=line.parity,
        unit=meter.unit,
        switching=meter.switching,
        timezone=meter.timezone,
        public_key=meter.public_key,
        evse_id=number,
        state_dir=settings.station.state_dir,
    )


def _nothing(_request: TransactionReq) -> Filled:
    """Nobody charges here: no transaction is ever started."""
    return Filled(Metadata())
