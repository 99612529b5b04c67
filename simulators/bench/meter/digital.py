"""The meter's digital lines: DO switches the contactor's coil, DI reads its auxiliary contact."""

import asyncio

from simulators.bench.contactor import Contactor
from simulators.bench.faults import Faults
from simulators.bench.meter.measuring import Measuring


class DigitalLines:
    """DO, DI and the stamps of their changes."""

    def __init__(self, contactor: Contactor, measuring: Measuring, *, faults: Faults) -> None:
        self._contactor = contactor
        self._measuring = measuring
        self._faults = faults
        self._seen_input = self.input
        self._moved = asyncio.Event()

    @property
    def output(self) -> int:
        """DO: 1 demands a closed contactor."""
        return int(self._contactor.demand)

    @property
    def input(self) -> int:
        """DI of a normally-closed contact: 1 = contactor open, 0 = closed or not wired."""
        return int(not self._contactor.closed and "meter_no_feedback" not in self._faults)

    def switch(self, on: bool) -> None:
        """Set DO."""
        if on != self._contactor.demand:
            self._contactor.request(on)
            self._measuring.stamp("DO", asyncio.get_running_loop().time())

    def notice(self) -> None:
        """The contactor or its feedback may have moved."""
        if self.input != self._seen_input:
            self._seen_input = self.input
            self._measuring.stamp("DI", asyncio.get_running_loop().time())
            self._moved.set()

    def forget(self) -> None:
        """Power is gone: DO falls, changes before power-up do not count."""
        self._contactor.request(False)

    def look(self) -> None:
        """Power is back: take DI as it is, which is no change."""
        self._seen_input = self.input

    async def opened(self, within_s: float) -> bool:
        """Wait until DI says that the contactor is open; whether it did in time."""
        try:
            async with asyncio.timeout(within_s):
                while not self.input:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return bool(self.input)
        return True
