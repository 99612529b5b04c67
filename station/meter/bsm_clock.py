"""BSM-WS36A: keep the meter's clock, as seldom as its maker wants. Source: METER.md section 6."""

import asyncio
from datetime import timedelta, tzinfo
from typing import Final

import structlog

from station.clock import Clock, plausible
from station.errors import ClockUnsetError
from station.meter.codec import Block, encode
from station.meter.port import Registers
from station.meter.registers import MODELS

UPDATE_AFTER_S: Final = 24 * 3600.0
"""More often than that on a regular basis wears the meter out and voids its warranty."""
TAKEN_WITHIN_S: Final = 15
"""How far the meter may be from what it was just given, repeated requests included."""

_BSM = MODELS["bsm"]
_AT = _BSM.address("Epoch")

log = structlog.get_logger("station.meter")


class MeterClock:
    """Sets the meter's clock after power-up, updates it once a day and follows daylight saving."""

    def __init__(self, device: Registers, *, name: str, clock: Clock, zone: tzinfo | None) -> None:
        self._device = device
        self._name = name
        self._clock = clock
        self._zone = zone
        self._updated_at: float | None = None
        """Loop time. A running clock met for the first time counts as updated: nobody knows when it was."""

    async def keep(self) -> None:
        """Do what is due; raises ClockUnsetError if the meter has no time and cannot be given one."""
        epoch, offset_min = await self._read()
        now = asyncio.get_running_loop().time()
        if epoch is None or offset_min is None:
            await self._set()
            self._updated_at = now
            return
        if not plausible(self._clock.now()):
            return
        if self._updated_at is None:
            self._updated_at = now
        if offset_min != self._offset_min():
            await self._write("TZO", self._offset_min())
            log.info("meter_time_zone_changed", meter=self._name, offset_min=self._offset_min())
        if now - self._updated_at >= UPDATE_AFTER_S:
            drift_s = epoch - self._epoch()
            await self._write("Epoch", self._epoch())
            self._updated_at = now
            log.info("meter_clock_updated", meter=self._name, drift_s=drift_s)

    async def _set(self) -> None:
        if not plausible(self._clock.now()):
            told = f"{self._name}: has no time since power-up, and this computer's clock ({self._clock.now()})"
            raise ClockUnsetError(f"{told} cannot be right: set it, or let it follow NTP or the CSMS")
        written = self._epoch()
        # The first setting after power-up must bring both in one write.
        words = encode(_BSM.points["Epoch"], written) + encode(_BSM.points["TZO"], self._offset_min())
        await self._device.write_registers(_AT, words)
        epoch, _ = await self._read()
        if epoch is None or abs(epoch - written) > TAKEN_WITHIN_S:
            raise ClockUnsetError(f"{self._name}: did not take the time: {written} written, {epoch} read back")
        log.info("meter_clock_set", meter=self._name, offset_min=self._offset_min())

    async def _read(self) -> tuple[int | None, int | None]:
        block = Block(_BSM, _AT, await self._device.read_registers(_AT, 3))
        return block.number("Epoch"), block.number("TZO")

    async def _write(self, name: str, value: int) -> None:
        await self._device.write_registers(_BSM.address(name), encode(_BSM.points[name], value))

    def _epoch(self) -> int:
        return round(self._clock.now().timestamp())

    def _offset_min(self) -> int:
        offset = self._clock.now().astimezone(self._zone).utcoffset() or timedelta()
        return int(offset.total_seconds() // 60)
