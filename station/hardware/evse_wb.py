"""EVSE-WB, EVSE-DIN and SimpleEVSE as charge controllers: 9600 Bd, 8N1, and a tenth of a second between requests.

Their contactor output is wired to the meter's DOE input, so setting 0 A opens the contactor in hardware.
They drive no lock, so they are for a fixed cable only.
"""

import math
from typing import ClassVar

import structlog

from station.errors import DeviceError, LineRefusedError, LineSilentError
from station.hardware.places import ControllerPlace, ControllerTraits
from station.hardware.ports import ModbusDevice, PilotLetter, PilotStatus

LIMIT, STATE = 1000, 1002
"""Holding registers: the current to offer, 0 for none, and what the vehicle shows."""
LIMIT_TO_STATE = STATE - LIMIT + 1
FIRMWARE = 1005
CONFIGURATION, RATING_A = 2005, 2007
FINE = 1 << 7
"""Of the configuration: the limit counts hundredths of an ampere."""
LETTERS = {1: PilotLetter.A, 2: PilotLetter.B, 3: PilotLetter.C, 4: PilotLetter.D, 5: PilotLetter.E}
"""By state; 5 is whatever the controller calls a failure."""
VEHICLE_THERE = frozenset({PilotLetter.B, PilotLetter.C, PilotLetter.D})
SMALLEST_OFFER_A, LARGEST_OFFER_A = 6, 80
GAP_S = 0.1

log = structlog.get_logger("station.controller")


class EvseWb:
    """One controller. If it restarts, it is told again what it was told; if we do, `prepare` begins anew."""

    traits: ClassVar = ControllerTraits(unit=1, gap_s=GAP_S, locks=False, options={})

    def __init__(self, place: ControllerPlace) -> None:
        self._device = place.device
        self._name = place.name
        self._per_ampere = 1
        self._rating_a = SMALLEST_OFFER_A
        self._limit: int | None = None
        """What LIMIT was told; None if nothing was."""

    @staticmethod
    async def probe(device: ModbusDevice) -> str | None:
        """Say which firmware a controller of this kind has that answers there, None if none does."""
        try:
            *_, state = await device.read_registers(LIMIT, LIMIT_TO_STATE)
            (firmware,) = await device.read_registers(FIRMWARE, 1)
            (rating_a,) = await device.read_registers(RATING_A, 1)
        except (LineRefusedError, LineSilentError):
            return None
        good = state in LETTERS and SMALLEST_OFFER_A <= rating_a <= LARGEST_OFFER_A
        return f"EVSE-WB, firmware {firmware}, {rating_a} A, state {LETTERS[state]}" if good else None

    async def prepare(self) -> None:
        """Offer nothing, and learn in which unit this one counts and how much it may offer."""
        await self.withhold()
        (configuration,) = await self._device.read_registers(CONFIGURATION, 1)
        (rating_a,) = await self._device.read_registers(RATING_A, 1)
        self._per_ampere = 100 if configuration & FINE else 1
        if not SMALLEST_OFFER_A <= rating_a <= LARGEST_OFFER_A:
            allowed = f"{SMALLEST_OFFER_A} to {LARGEST_OFFER_A} A are possible"
            raise DeviceError(f"{self._name}: register {RATING_A} says {rating_a} A; {allowed}")
        self._rating_a = rating_a

    async def status(self) -> PilotStatus:
        """Return what the controller sees."""
        limit, letter = await self._look()
        told = self._limit
        if told is not None and told != limit:
            # It begins with a current of its own after a power cut, and would offer that to whoever is plugged in.
            log.warning("controller_restarted", controller=self._name, state=letter, limit=limit, told=told)
            await self._set(told)
            limit, letter = await self._look()
        return PilotStatus(letter, pwm_on=limit > 0 and letter in VEHICLE_THERE, cable_rating_a=None)

    async def offer(self, limit_amps: float) -> None:
        """Offer up to what it is made for, in its steps, rounded down; ValueError outside of 6 to 80 A."""
        if not SMALLEST_OFFER_A <= limit_amps <= LARGEST_OFFER_A:
            raise ValueError(f"{limit_amps} A cannot be offered, only {SMALLEST_OFFER_A} to {LARGEST_OFFER_A} A")
        limit = math.floor(round(min(limit_amps, self._rating_a) * self._per_ampere, 6))
        await self._set(limit)
        self._limit = limit

    async def withhold(self) -> None:
        """Offer no current; the contactor opens at once."""
        self._limit = 0  # before it is said: whether that arrives or not, nothing is offered again
        await self._set(0)

    async def lock(self) -> None:
        """Do nothing: a fixed cable has no plug here."""

    async def unlock(self) -> None:
        """Do nothing: a fixed cable has no plug here."""

    async def _look(self) -> tuple[int, PilotLetter]:
        limit, _, state = await self._device.read_registers(LIMIT, LIMIT_TO_STATE)
        if state not in LETTERS:
            raise DeviceError(f"{self._name}: register {STATE} says state {state}; 1 to 5 are known")
        return limit, LETTERS[state]

    async def _set(self, limit: int) -> None:
        await self._device.write_registers(LIMIT, [limit])
