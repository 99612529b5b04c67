"""The meter's digital lines: DO switches the contactor's coil, DI reads its auxiliary contact."""

import asyncio
from typing import Final

from simulators.bench.contactor import Contactor
from simulators.bench.faults import Faults
from simulators.bench.meter.measuring import Measuring

OPEN: Final = 1
CLOSED: Final = 0
"""What DI reads of a normally-closed contact. A contact that is not wired reads closed, too."""


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
        """DI: OPEN or CLOSED."""
        closed = self._contactor.closed or "meter_no_feedback" in self._faults
        return CLOSED if closed else OPEN

    @property
    def enabled(self) -> bool:
        """DOE, the hardware enable; no register shows it."""
        return self._contactor.enabled

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

    async def reaches(self, level: int, *, within_s: float) -> bool:
        """Wait until DI reads `level`; whether it did in time."""
        try:
            async with asyncio.timeout(within_s):
                while self.input != level:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return self.input == level
        return True
