"""BSM-WS36A: keep the meter's clock, as seldom as its maker wants. Source: METER.md section 6."""

from datetime import datetime, timedelta, tzinfo
from typing import Final

import structlog

from station.clock import Clock, plausible
from station.errors import ClockUnsetError, LineRefusedError, LineSilentError
from station.meter.codec import Block, encode
from station.meter.port import Registers
from station.meter.registers import MODELS

UPDATE_AFTER: Final = timedelta(hours=24)
"""More often than that on a regular basis wears the meter out and voids its warranty."""
TAKEN_WITHIN_S: Final = 5
"""How far the meter may be from what it was just given, repeated requests included."""
DRIFT: Final = 0.01
"""What the maker calls a fault, in parts of the time since the last update."""
WRONG_S: Final = 60
"""A clock that somebody else left so far off is put right at once; a single correction does no harm."""
TRIES: Final = 2

_BSM = MODELS["bsm"]
_AT = _BSM.address("Epoch")
_REGISTERS = _BSM.address("DI") - _AT
"""Epoch, TZO, EpochSetCnt, EpochSetOS."""

log = structlog.get_logger("station.meter")


class MeterClock:
    """Sets the meter's clock after power-up, updates it once a day, follows daylight saving, notices others."""

    def __init__(self, device: Registers, *, name: str, clock: Clock, zone: tzinfo | None) -> None:
        self.unset = False
        """The meter had no time when it was last looked at, or when it signed last."""
        self._device = device
        self._name = name
        self._clock = clock
        self._zone = zone
        self._set_at: datetime | None = None
        """When this object set it, by the station's clock."""
        self._settings: int | None = None
        """EpochSetCnt as seen last."""
        self._own = 0
        """What was written since then; each may or may not count as a setting."""

    async def keep(self, updated_at: datetime | None, *, only_if_unset: bool = False) -> datetime | None:
        """Do what is due; return when the clock was updated last, None if that is not known.

        `updated_at`: what this returned the last time, before a restart as well. A running clock of which nobody
        knows when it was updated counts as updated now, unless it is clearly wrong; with `only_if_unset` a running
        clock is left alone. Raises ClockUnsetError if the meter has no time and cannot be given one.
        """
        look = await self._look()
        if self.unset:
            return await self._set()
        known = [at for at in (updated_at, self._set_at) if at is not None]
        if only_if_unset or self._untrusted():
            return max(known, default=None)
        now = self._clock.now()
        if look.number("TZO") != self._value("TZO"):
            await self._change_zone()
        # One that lies ahead was noted by a clock that was wrong.
        last = min(max(known, default=now), now)
        due = now - last >= UPDATE_AFTER
        if due or not known:
            self._tell_drift(look, since=now - last if known else None)
        # Nobody knows when it was updated, or it was told by a clock that ran ahead.
        unknown = not known or max(known) - now > timedelta(seconds=WRONG_S)
        wrong = unknown and abs(self._drift_s(look)) > WRONG_S
        return await self._update() if due or wrong else last

    async def ensure(self) -> None:
        """Give the meter its time if it is known to have none; ClockUnsetError if that cannot be done."""
        if self.unset:
            await self.keep(None, only_if_unset=True)

    def signed(self, *, unset: bool, settings: int | None, set_os: int | None) -> None:
        """Take note of what a record says of the clock: whether it had time, EpochSetCnt and EpochSetOS."""
        self.unset = unset
        self._watch(settings, set_os)

    async def _set(self) -> datetime:
        reason = self._untrusted()
        if reason:
            raise ClockUnsetError(f"{self._name}: has no time since power-up, and {reason}")
        # The first setting after power-up must bring both in one write.
        if not await self._write("Epoch", "TZO"):
            raise ClockUnsetError(f"{self._name}: did not take the time, although it has none since power-up")
        self._set_at = self._clock.now()
        log.info("meter_clock_set", meter=self._name, offset_min=self._value("TZO"))
        return self._set_at

    async def _change_zone(self) -> None:
        # Alone: with Epoch it would step the clock.
        if await self._write("TZO"):
            log.info("meter_time_zone_changed", meter=self._name, offset_min=self._value("TZO"))
        else:
            log.warning("meter_time_zone_not_changed", meter=self._name, offset_min=self._value("TZO"))

    async def _update(self) -> datetime:
        if await self._write("Epoch"):
            log.info("meter_clock_updated", meter=self._name)
        else:
            log.warning("meter_clock_not_updated", meter=self._name)
        # One that was not taken counts as well: it is tried again in a day, not again and again.
        return self._clock.now()

    async def _look(self) -> Block:
        block = Block(_BSM, _AT, await self._device.read_registers(_AT, _REGISTERS))
        self.unset = block.number("Epoch") is None or block.number("TZO") is None
        self._watch(block.number("EpochSetCnt"), block.number("EpochSetOS"))
        return block

    async def _write(self, *names: str) -> bool:
        """Write neighbouring points in one request and read them back; say whether the meter has taken them."""
        was_unset = self.unset
        for _ in range(TRIES):
            words = [word for name in names for word in encode(_BSM.points[name], self._value(name))]
            self._own += 1
            acknowledged = True
            try:
                # Not repeated as it is: the second time these words would set the clock back.
                await self._device.write_registers(_BSM.address(names[0]), words, retries=0)
            except (LineSilentError, LineRefusedError) as error:
                acknowledged = False
                log.debug("meter_time_unacknowledged", meter=self._name, reason=str(error))
            look = await self._look()
            if (acknowledged or was_unset) and all(self._agrees(look, name) for name in names):
                return True
        return False

    def _agrees(self, look: Block, name: str) -> bool:
        found = look.number(name)
        tolerance = TAKEN_WITHIN_S if name == "Epoch" else 0
        return found is not None and abs(found - self._value(name)) <= tolerance

    def _value(self, name: str) -> int:
        """Return what the station says that a point should be now."""
        now = self._clock.now()
        if name == "Epoch":
            return round(now.timestamp())
        offset = now.astimezone(self._zone).utcoffset() or timedelta()
        return int(offset.total_seconds() // 60)

    def _untrusted(self) -> str:
        """Say why the station's clock may not be given to a meter; empty if it may."""
        now = self._clock.now()
        if not plausible(now):
            return f"this computer's clock ({now}) cannot be right: set it, or let it follow NTP or the CSMS"
        if not self._clock.synchronised():
            return f"this computer's clock ({now}) follows neither NTP nor the CSMS yet"
        return ""

    def _watch(self, settings: int | None, set_os: int | None) -> None:
        before, own = self._settings, self._own
        self._settings, self._own = settings, 0
        if before is not None and settings is not None and not before <= settings <= before + own:
            log.warning(
                "meter_clock_set_by_others",
                meter=self._name,
                settings=settings,
                settings_before=before,
                own_settings=own,
                last_set_at_operating_second=set_os,
            )

    def _drift_s(self, look: Block) -> int:
        return (look.number("Epoch") or 0) - self._value("Epoch")

    def _tell_drift(self, look: Block, *, since: timedelta | None) -> None:
        drift_s = self._drift_s(look)
        allowed_s = DRIFT * (since or UPDATE_AFTER).total_seconds()
        if abs(drift_s) > allowed_s:
            since_s = since.total_seconds() if since else None
            log.warning(
                "meter_clock_drifted", meter=self._name, drift_s=drift_s, allowed_s=allowed_s, since_s=since_s
            )
