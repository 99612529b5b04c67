"""The last minutes of each EVSE's live values, one a second, in little memory."""

import asyncio
import math
from array import array
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from station.clock import Clock
from station.core.powermeter import Powermeter
from station.evse import Evse
from station.local.views import HistoryView

STEP_S: Final = 1.0
KEPT: Final = 600
"""Ten minutes."""
PHASES: Final = 3
MISSING: Final = math.nan


class History:
    """Keeps what each EVSE's meter measured; `run` is supervised."""

    def __init__(self, evses: Mapping[int, Evse], clock: Clock) -> None:
        self._evses = evses
        self._clock = clock
        self._tapes = {evse_id: _Tape() for evse_id in evses}
        self._until = clock.now()

    async def run(self) -> None:
        """Look once a second, for ever."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            self.sample()
            # After a standstill the seconds that were missed stay missing, instead of being crowded into one.
            due_s = max(due_s + STEP_S, loop.time())
            await asyncio.sleep(due_s - loop.time())

    def sample(self) -> None:
        """Take one value of everything."""
        self._until = self._clock.now()
        for evse_id, evse in self._evses.items():
            self._tapes[evse_id].add(evse.reading)

    def of(self, evse_id: int) -> HistoryView:
        """Return what is kept of an EVSE, oldest first; KeyError if there is none."""
        return self._tapes[evse_id].view(evse_id, self._until)


class _Tape:
    """The values of one EVSE: a ring of rows of power, currents and voltages."""

    WIDTH: Final = 1 + 2 * PHASES

    def __init__(self) -> None:
        self._values = array("f", [MISSING]) * (KEPT * self.WIDTH)
        self._next = 0
        self._count = 0

    def add(self, reading: Powermeter | None) -> None:
        start = self._next * self.WIDTH
        self._values[start : start + self.WIDTH] = array("f", _row(reading))
        self._next = (self._next + 1) % KEPT
        self._count = min(self._count + 1, KEPT)

    def view(self, evse_id: int, until: datetime) -> HistoryView:
        power, *phases = (self._column(number) for number in range(self.WIDTH))
        return HistoryView(evse_id, until, STEP_S, power, tuple(phases[:PHASES]), tuple(phases[PHASES:]))

    def _column(self, number: int) -> tuple[float | None, ...]:
        column = self._values[number :: self.WIDTH]
        first = (self._next - self._count) % KEPT
        ordered = (*column[first:], *column[:first])[: self._count]
        return tuple(None if math.isnan(value) else round(value, 3) for value in ordered)


def _row(reading: Powermeter | None) -> Iterable[float]:
    if reading is None:
        return [MISSING] * _Tape.WIDTH
    current, voltage = reading.current_a, reading.voltage_v
    values = (
        reading.power_w.total if reading.power_w else None,
        *(current.each if current else [None] * PHASES),
        *(voltage.each if voltage else [None] * PHASES),
    )
    return [MISSING if value is None else value for value in values]
