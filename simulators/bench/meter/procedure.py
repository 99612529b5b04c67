"""The steps of a snapshot in time, as the flow charts say (METER.md section 5)."""

import asyncio
from collections.abc import Callable

from simulators.bench.meter import kinds
from simulators.bench.meter.digital import CLOSED, OPEN, DigitalLines
from simulators.bench.meter.kinds import Kind
from simulators.bench.meter.pace import Pace
from simulators.bench.meter.sampling import Sample, Sampler


class FailedError(Exception):
    """The snapshot did not come about; `status` is what its block shows."""

    def __init__(self, status: int) -> None:
        super().__init__(f"snapshot failed with status {status}")
        self.status = status


class Procedure:
    """Switches, waits for the contactor's feedback and samples; signing is left to others."""

    def __init__(
        self, lines: DigitalLines, sampler: Sampler, *, pace: Pace, turn_on_closes: bool, sampled: Callable[[], None]
    ) -> None:
        """`sampled` is called in the middle of every snapshot, once its values are taken."""
        self._lines = lines
        self._sampler = sampler
        self._pace = pace
        self._turn_on_closes = turn_on_closes
        self._sampled = sampled

    async def run(self, kind: Kind) -> Sample:
        """Return the values to sign when the time to sign has come; raises FailedError."""
        began_s = asyncio.get_running_loop().time()
        total_s = self._pace.snapshots_s[kind.name]
        if kind.switched_off_at is not None:
            await _sleep_until(began_s + kind.switched_off_at * total_s)
            await self._switch_off()
        await _sleep_until(began_s + kind.sampled_at * total_s)
        sample = self._sampler.sample(kind)
        self._sampled()
        if kind.switched_on_at is not None:
            await _sleep_until(began_s + kind.switched_on_at * total_s)
            await self._switch_on()
        await _sleep_until(began_s + total_s)
        return sample

    async def _switch_off(self) -> None:
        self._lines.switch(False)
        await self._feedback(OPEN)

    async def _switch_on(self) -> None:
        if self._turn_on_closes and not self._lines.enabled:
            raise FailedError(kinds.FAILED_NOT_ENABLED)
        self._lines.switch(True)
        if self._turn_on_closes:
            await self._feedback(CLOSED)

    async def _feedback(self, level: int) -> None:
        if not await self._lines.reaches(level, within_s=self._pace.feedback_s):
            raise FailedError(kinds.FAILED_FEEDBACK)


async def _sleep_until(when_s: float) -> None:
    await asyncio.sleep(max(0.0, when_s - asyncio.get_running_loop().time()))
