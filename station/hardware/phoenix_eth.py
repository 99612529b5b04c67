"""Phoenix Contact EM-CP-PP-ETH as charge controller, over Modbus TCP: we tell it when and how much.

Its contactor output is wired to the meter's DOE input, so switching the release off opens the contactor in hardware.
It holds the plug and judges the cable by itself, and tells us neither, so it is for a fixed cable only.
"""

import math
from typing import ClassVar

import structlog

from station.errors import DeviceError, LineRefusedError, LineSilentError
from station.hardware.places import ControllerPlace, ControllerTraits
from station.hardware.ports import ModbusDevice, PilotLetter, PilotStatus

STATE = 100
"""Input register: the letter in ASCII."""
LARGEST_A = 300
"""Holding register: what may be offered."""
RELEASE = 400
"""Coil: charging is enabled."""
VEHICLE_THERE = frozenset({PilotLetter.B, PilotLetter.C, PilotLetter.D})
SMALLEST_OFFER_A, LARGEST_OFFER_A = 6, 63

log = structlog.get_logger("station.controller")


class EmCpPpEth:
    """One controller. If it restarts, it is told again what it was told; if we do, `prepare` begins anew."""

    traits: ClassVar = ControllerTraits(unit=180, locks=False, options={})

    def __init__(self, place: ControllerPlace) -> None:
        self._device = place.device
        self._name = place.name
        self._release: bool | None = None
        """What RELEASE was told; None if nothing was."""
        self._limit_a = SMALLEST_OFFER_A

    @staticmethod
    async def probe(device: ModbusDevice) -> str | None:
        """Say in which state a controller of this kind is that answers there, None if none does."""
        try:
            (state,) = await device.read_inputs(STATE, 1)
            await device.read_coils(RELEASE, 1)
            await device.read_registers(LARGEST_A, 1)
        except (LineRefusedError, LineSilentError):
            return None
        letter = _letter(state)
        return f"Phoenix Contact EM-CP-PP-ETH, state {letter}" if letter else None

    async def prepare(self) -> None:
        """Offer nothing: there are no modes to be set."""
        await self.withhold()

    async def status(self) -> PilotStatus:
        """Return what the controller sees."""
        letter, released = await self._look()
        if self._release not in (None, released):
            log.warning("controller_restarted", controller=self._name, state=letter, released=released)
            await (self.offer(self._limit_a) if self._release else self.withhold())
            letter, released = await self._look()
        return PilotStatus(letter, pwm_on=released and letter in VEHICLE_THERE, cable_rating_a=None)

    async def offer(self, limit_amps: float) -> None:
        """Offer whole amperes, rounded down; ValueError outside of 6 to 63 A."""
        if not SMALLEST_OFFER_A <= limit_amps < LARGEST_OFFER_A + 1:
            raise ValueError(f"{limit_amps} A cannot be offered, only {SMALLEST_OFFER_A} to {LARGEST_OFFER_A} A")
        self._limit_a = math.floor(limit_amps)
        await self._device.write_registers(LARGEST_A, [self._limit_a])
        await self._device.write_coil(RELEASE, on=True)
        self._release = True

    async def withhold(self) -> None:
        """Take the release back; the contactor opens at once."""
        self._release = False  # before it is said: whether that arrives or not, nothing is offered again
        await self._device.write_coil(RELEASE, on=False)

    async def lock(self) -> None:
        """Do nothing: a fixed cable has no plug here."""

    async def unlock(self) -> None:
        """Do nothing: a fixed cable has no plug here."""

    async def _look(self) -> tuple[PilotLetter, bool]:
        (state,) = await self._device.read_inputs(STATE, 1)
        (released,) = await self._device.read_coils(RELEASE, 1)
        if released and self._release:
            (limit_a,) = await self._device.read_registers(LARGEST_A, 1)
            # One that kept its release and forgot its limit has started anew, and offers what it has from its maker.
            released = limit_a <= self._limit_a
        letter = _letter(state)
        if letter is None:
            raise DeviceError(f"{self._name}: register {STATE} says {state:#06x}; the letters A to F are known")
        return letter, released


def _letter(state: int) -> PilotLetter | None:
    """Return the letter of a state; None for one that there is not."""
    text = state.to_bytes(2, "big").strip(b"\0 ").decode("ascii", "replace")
    return PilotLetter(text) if text in list(PilotLetter) else None
