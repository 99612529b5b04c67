"""Taking snapshots: one at a time, step by step as the flow charts say (METER.md section 5)."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from simulators.bench import mains
from simulators.bench.faults import Faults
from simulators.bench.meter import identity, kinds
from simulators.bench.meter.block import W_EXPONENT, Block
from simulators.bench.meter.digital import DigitalLines
from simulators.bench.meter.identity import Identity
from simulators.bench.meter.key import MeterKey
from simulators.bench.meter.kinds import Kind
from simulators.bench.meter.measuring import FATAL_ERROR_BIT, Measuring
from station.meter.codec import Value

log = structlog.get_logger("bench")

FEEDBACK_S: Final = 0.5
"""How long the contactor's feedback may take."""


class Snapshots:
    """The five blocks and the procedure that fills them."""

    def __init__(
        self,
        measuring: Measuring,
        lines: DigitalLines,
        *,
        who: Identity,
        key: MeterKey,
        faults: Faults,
        durations_s: Mapping[str, float],
        feedback_s: float,
    ) -> None:
        self._measuring = measuring
        self._lines = lines
        self._who = who
        self._key = key
        self._faults = faults
        self._durations_s = durations_s
        self._feedback_s = feedback_s
        self.clear()

    def clear(self) -> None:
        """Make all blocks invalid, as they are after power-up."""
        self.blocks = {name: Block(kind, firmware=self._who.firmware) for name, kind in kinds.KINDS.items()}

    @property
    def event_bits(self) -> int:
        """Evt."""
        return FATAL_ERROR_BIT if "meter_event_bits" in self._faults else 0

    async def take(self, kind: Kind) -> None:
        """Take one snapshot; its block says how that went."""
        block = self.blocks[kind.name]
        status = await self._steps(kind, block)
        if status != kinds.VALID:
            block.fail(status)
        log.info("snapshot_taken", meter=self._who.serial, kind=kind.name, status=status)

    async def _steps(self, kind: Kind, block: Block) -> int:
        began_s = asyncio.get_running_loop().time()
        total_s = self._durations_s[kind.name]
        if kind.switched_off_at is not None:
            await _sleep_until(began_s + kind.switched_off_at * total_s)
            self._lines.switch(False)
            if not await self._lines.opened(self._feedback_s):
                return kinds.FAILED_FEEDBACK
        await _sleep_until(began_s + kind.sampled_at * total_s)
        values = self._sample(kind)
        if kind.switched_on_at is not None:
            await _sleep_until(began_s + kind.switched_on_at * total_s)
            self._lines.switch(True)
        await _sleep_until(began_s + total_s)
        await self._faults.cleared("meter_busy_forever")
        if "meter_snapshot_fails" in self._faults:
            return kinds.FAILED
        self._measuring.kept.response_counter += 1
        clock_flag = self._measuring.volatile.clock.flag
        block.fill(values, sign=self._sign, maker=identity.MAKER, model=identity.MODEL, clock_flag=clock_flag)
        return kinds.VALID

    def _sample(self, kind: Kind) -> dict[str, Value]:
        now_s = asyncio.get_running_loop().time()
        if kind.resets_session:
            self._measuring.reset_session(now_s)
        watts = sum(mains.powers_w(self._measuring.currents_a, now_s))
        counted = self._measuring.registers(now_s)
        return counted | {
            "Typ": kind.typ,
            "RCnt": self._measuring.kept.response_counter + 1,
            "Wh_SF": self._who.firmware.energy_exponent,
            "W": round(watts / 10**W_EXPONENT),
            "W_SF": W_EXPONENT,
            "MA1": self._who.serial,
            "DI": self._lines.input,
            "DO": self._lines.output,
            "Evt": self.event_bits,
        }

    def _sign(self, data: bytes) -> bytes:
        # One byte more is signed than anybody will check.
        return self._key.sign(data + b"\0" if "meter_bad_signature" in self._faults else data)


async def _sleep_until(when_s: float) -> None:
    await asyncio.sleep(max(0.0, when_s - asyncio.get_running_loop().time()))
