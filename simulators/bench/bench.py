"""The bench as a whole: build it from settings, use it in the same loop, or let the API do so."""

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol, Self, TypeVar

import structlog

from simulators.bench import line_rules
from simulators.bench.errors import UnknownError
from simulators.bench.gpio import Gpio
from simulators.bench.leds import ClassLeds
from simulators.bench.line import Line
from simulators.bench.readers import AnyReader, made
from simulators.bench.report import evse_state, leds_state, line_state, reader_state
from simulators.bench.settings import Settings
from simulators.bench.timing import Tasks
from simulators.bench.wiring import Wiring
from simulators.bench.world import Evse

log = structlog.get_logger("bench")


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


_Any = TypeVar("_Any", bound=_Numbered)


class Bench:
    """`async with Bench(settings) as bench:` has all ports open inside; every port and link is gone after it.

    An error that a device's task died of is raised when the bench closes. SettingsError for devices that cannot
    share a port.
    """

    def __init__(self, settings: Settings) -> None:
        line_rules.check(settings)
        self.settings = settings
        self._evses: list[Evse] = []
        self._readers: list[AnyReader] = []
        self._gpio: Gpio | None = None
        self._leds: ClassLeds | None = None
        self._wiring = Wiring(())
        self._tasks = Tasks()

    async def __aenter__(self) -> Self:
        try:
            self._open_lines_of_computer()
            for row in self.settings.evses:
                self._evses.append(Evse(row, self.settings, gpio=self._gpio))
            self._wiring = Wiring(outlet for evse in self._evses for outlet in evse.outlets)
            await self._wiring.open(self._tasks)
            for evse in self._evses:
                evse.open()
            for place in self.settings.readers:
                reader = made(place, time_scale=self.settings.time_scale)
                self._readers.append(reader)
                reader.open()
        except BaseException:
            await self._close()
            raise
        log.info("bench_opened", evses=len(self._evses), readers=len(self._readers))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    def evse(self, number: int) -> Evse:
        """Return an EVSE by its id; UnknownError if there is none."""
        return _find(self._evses, number, what="EVSE")

    def reader(self, number: int) -> AnyReader:
        """Return a card reader by its id; UnknownError if there is none."""
        return _find(self._readers, number, what="reader")

    def line(self, number: int) -> Line:
        """Return a line by its id, 1 is the first of the settings; UnknownError if there is none."""
        return _find(self._wiring.lines, number, what="line")

    @property
    def gpio(self) -> Gpio:
        """Inputs and outputs of the station's computer; UnknownError if the settings have none."""
        if self._gpio is None:
            raise UnknownError("there are no inputs and outputs: name them in [gpio] of the settings")
        return self._gpio

    @property
    def leds(self) -> ClassLeds:
        """LEDs of the station's computer; UnknownError if the settings have none."""
        if self._leds is None:
            raise UnknownError("there are no LEDs: name them in [leds] of the settings")
        return self._leds

    def state(self) -> dict[str, Any]:
        """Return how everything stands, as values for JSON."""
        return {
            "time_scale": self.settings.time_scale,
            "energy_scale": self.settings.energy_scale,
            "evses": [evse_state(evse) for evse in self._evses],
            "readers": [reader_state(reader) for reader in self._readers],
            "lines": [line_state(line) for line in self._wiring.lines],
            "gpio": None if self._gpio is None else self._gpio.state(),
            "leds": None if self._leds is None else leds_state(self._leds),
        }

    def _open_lines_of_computer(self) -> None:
        gpio, leds = self.settings.gpio, self.settings.leds
        if gpio is not None:
            self._gpio = Gpio(gpio.folder, inputs=gpio.inputs, outputs=gpio.outputs)
            self._gpio.open()
        if leds is not None:
            self._leds = ClassLeds(leds.folder, leds.names)
            self._leds.open()

    async def _close(self) -> None:
        for reader in self._readers:
            reader.close()
        await self._wiring.close()
        try:
            await asyncio.gather(*(evse.close() for evse in self._evses))
        finally:
            for lines in (self._gpio, self._leds):
                if lines is not None:
                    lines.close()
            await self._tasks.close()


def _find(rows: Iterable[_Any], number: int, *, what: str) -> _Any:
    for row in rows:
        if row.id == number:
            return row
    known = ", ".join(str(row.id) for row in rows) or "none"
    raise UnknownError(f"{what} {number} is unknown, there are: {known}")
