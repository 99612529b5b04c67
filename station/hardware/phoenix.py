"""Phoenix Contact EV-CC-AC1-M and -M3 as charge controller: it speaks control pilot, we tell it when and how much.

Its contactor output is wired to the meter's DOE input, so switching PWM off opens the contactor in hardware.
Addresses are as in the maker's manual 106377; docs/bench.md lists those used here.

State F (coil 20001) is never asked for: PWM off keeps current away as well, and in F nobody could see the vehicle
leave, which ends faults and tells the CSMS that the outlet is free (docs/hardware.md).
"""

import asyncio
import math
from typing import ClassVar

import structlog

from station.errors import DeviceError, LineRefusedError, LineSilentError
from station.hardware.places import ControllerPlace, ControllerTraits
from station.hardware.ports import LockError, ModbusDevice, PilotLetter, PilotStatus

PWM_MODE, AVAILABLE_MODE, LOCK_MODE = 4000, 4001, 4002
"""Registers that tell what enables PWM, availability and the lock."""
BY_COIL = {PWM_MODE: 3, AVAILABLE_MODE: 2, LOCK_MODE: 3}
"""For each of them the value that lets a coil decide."""
SWITCHES = {"contactor_monitor": 4006, "ventilation": 4010, "residual_current_monitor": 4011}
"""Registers that are 1 or 0 as the options say, and stay as they are without."""
LARGEST_A = 22000
PWM, AVAILABLE, LOCK, RCM_TEST, RCM_RESET = range(20000, 20005)
"""Coils."""
STATE = 24000
"""Two ASCII characters, A1 to F0; 1 is PWM off, 2 is PWM on. The proximity register follows."""
STATE_AND_PROXIMITY = 2
INPUTS = 24004
PLUG_LOCKED = 1 << 1
"""Of the inputs: feedback of the lock's actuator. Always 0 where the actuator has no such contact."""
RCM_TRIPPED = 1 << 2
"""Of the inputs: the residual current monitor has tripped."""
ERRORS = 24025

PWM_OF_DIGIT = {"0": False, "1": False, "2": True}
VEHICLE_THERE = frozenset({PilotLetter.B, PilotLetter.C, PilotLetter.D})
LOCK_FAILED, UNLOCK_FAILED = "lock_failed", "unlock_failed"
ERROR_NAMES = {
    0: "cable_refused",
    2: "proximity_invalid",
    3: "pilot_invalid",
    4: "not_available",
    5: LOCK_FAILED,
    6: UNLOCK_FAILED,
    10: "state_d_refused",
    11: "contactor_stuck",
    14: "residual_current",
}
LOOKS_PER_ERRORS = 4
"""The error bits are not beside the state and cost a request of their own, so not every look reads them."""
SMALLEST_OFFER_A, LARGEST_OFFER_A = 6, 63
LOOK_S, LOOKS = 0.1, 20
"""How long an actuator or a monitor may take; the controller reports a failure of the lock sooner."""

log = structlog.get_logger("station.controller")


class EvCcAc1:
    """One controller. If it restarts, it is told again what it was told; if we do, `prepare` begins anew."""

    traits: ClassVar = ControllerTraits(unit=1, options=dict.fromkeys(SWITCHES, bool))

    def __init__(self, place: ControllerPlace) -> None:
        self._device = place.device
        self._name = place.name
        self._fixed_cable = place.fixed_cable
        self._modes = {mode: BY_COIL[mode] for mode in BY_COIL if not (place.fixed_cable and mode == LOCK_MODE)}
        self._modes |= {SWITCHES[name]: int(on) for name, on in place.options.items()}
        self._orders: dict[int, bool] = {}
        """What each coil was told; none that was not told anything."""
        self._limit_a = SMALLEST_OFFER_A
        self._looks = 0
        self._text = ""
        self._errors: frozenset[str] = frozenset()

    @staticmethod
    async def probe(device: ModbusDevice) -> str | None:
        """Say in which state a controller of this kind is that answers there, None if none does."""
        try:
            state, proximity_a = await device.read_inputs(STATE, STATE_AND_PROXIMITY)
            await device.read_registers(PWM_MODE, len(BY_COIL))
        except (LineRefusedError, LineSilentError):
            return None
        text = state.to_bytes(2, "big").decode("ascii", "replace")
        good = _decoded(text) is not None and proximity_a <= LARGEST_OFFER_A
        return f"Phoenix Contact EV-CC-AC1, state {text}" if good else None

    async def prepare(self) -> None:
        """Let coils decide about PWM, availability and lock; PWM is off then, the lock where it was told to be."""
        self._orders |= {PWM: False, AVAILABLE: True}
        await self._give_orders()

    async def status(self) -> PilotStatus:
        """Return what the controller sees; error bits may be a few looks old unless the state changed."""
        text, letter, pwm_on, proximity_a = await self._look()
        if await self._has_forgotten(letter, pwm_on):
            log.warning("controller_restarted", controller=self._name, state=text)
            await self._give_orders()
            text, letter, pwm_on, proximity_a = await self._look()
        if text != self._text or self._looks % LOOKS_PER_ERRORS == 0:
            self._errors = await self._read_errors()
            self._text = text
            self._looks = 0
        self._looks += 1
        rating_a = None if self._fixed_cable or proximity_a == 0 else proximity_a
        return PilotStatus(letter, pwm_on, rating_a, self._errors)

    async def offer(self, limit_amps: float) -> None:
        """Offer whole amperes, rounded down; ValueError outside of 6 to 63 A."""
        if not SMALLEST_OFFER_A <= limit_amps < LARGEST_OFFER_A + 1:
            raise ValueError(f"{limit_amps} A cannot be offered, only {SMALLEST_OFFER_A} to {LARGEST_OFFER_A} A")
        self._limit_a = math.floor(limit_amps)
        await self._device.write_registers(LARGEST_A, [self._limit_a])
        await self._device.write_coil(PWM, on=True)
        self._orders[PWM] = True

    async def withhold(self) -> None:
        """Switch PWM off; the contactor opens at once."""
        self._orders[PWM] = False  # before it is said: whether that arrives or not, nothing is offered again
        await self._device.write_coil(PWM, on=False)

    async def lock(self) -> None:
        """Lock the plug in the socket; LockError if the controller reports that it failed, and releases the plug."""
        if self._fixed_cable:
            return
        try:
            await self._move_lock(on=True)
        except LockError:
            # Nobody charges now, so nobody would release a plug that the actuator catches later after all.
            await self._order(LOCK, on=False)
            raise

    async def unlock(self) -> None:
        """Release the plug; LockError if the controller reports that it failed."""
        if not self._fixed_cable:
            await self._move_lock(on=False)

    async def test_residual_current_monitor(self) -> None:
        """Have the monitor trip once, as its test button would; DeviceError if it does not. Nobody may charge."""
        await self._device.write_coil(RCM_TEST, on=True)
        try:
            for _ in range(LOOKS):
                await asyncio.sleep(LOOK_S)
                if await self._input(RCM_TRIPPED):
                    return
        finally:
            await self._device.write_coil(RCM_RESET, on=True)
        raise DeviceError(f"{self._name}: the residual current monitor does not trip at its test; nobody may charge")

    async def _look(self) -> tuple[str, PilotLetter, bool, int]:
        state, proximity_a = await self._device.read_inputs(STATE, STATE_AND_PROXIMITY)
        text = state.to_bytes(2, "big").decode("ascii", "replace")
        decoded = _decoded(text)
        if decoded is None:
            raise DeviceError(f"{self._name}: register {STATE} says state {text!r}; A1 to F0 are known")
        return text, *decoded, proximity_a

    async def _has_forgotten(self, letter: PilotLetter, pwm_on: bool) -> bool:
        """Say whether it restarted: then no coil is set, and modes may be those that it had from the maker."""
        if letter in VEHICLE_THERE:
            told = self._orders.get(PWM, pwm_on)
            if told is pwm_on:
                return False
            if pwm_on:
                return True
        elif letter is not PilotLetter.F:
            return False
        # It may have reasons of its own, such as a residual current; its coils tell.
        present = await self._device.read_coils(PWM, LOCK - PWM + 1)
        return any(present[coil - PWM] is not told for coil, told in self._orders.items())

    async def _give_orders(self) -> None:
        if not self._orders.get(PWM):
            await self.withhold()
        for register, wanted in self._modes.items():
            present = await self._device.read_registers(register, 1)
            if present != [wanted]:  # these registers are kept over power cuts, and a write wears them
                await self._device.write_registers(register, [wanted])
        for coil in (LOCK, AVAILABLE):
            if coil in self._orders:
                await self._device.write_coil(coil, on=self._orders[coil])
        if self._orders.get(PWM):
            await self.offer(self._limit_a)
        self._looks = 0

    async def _order(self, coil: int, *, on: bool) -> None:
        self._orders[coil] = on
        await self._device.write_coil(coil, on=on)

    async def _move_lock(self, *, on: bool) -> None:
        """Give the order and wait until it is done; other requests to the controller may come in between."""
        failure = LOCK_FAILED if on else UNLOCK_FAILED
        if failure in await self._read_errors():
            # The same order once more would be none: the actuator tries again when the order changes.
            await self._order(LOCK, on=not on)
        await self._order(LOCK, on=on)
        self._looks = 0
        for _ in range(LOOKS):
            if await self._input(PLUG_LOCKED) is on:
                return
            if failure in await self._read_errors():
                raise LockError(f"{self._name} reports {failure}; is the plug all the way in, and the lock clean?")
            await asyncio.sleep(LOOK_S)
        if not on:
            raise LockError(f"{self._name} still reports the plug as locked; is the lock's actuator stuck?")

    async def _input(self, bit: int) -> bool:
        return bool((await self._device.read_inputs(INPUTS, 1))[0] & bit)

    async def _read_errors(self) -> frozenset[str]:
        bits = (await self._device.read_inputs(ERRORS, 1))[0]
        return frozenset(ERROR_NAMES.get(bit, f"error_bit_{bit}") for bit in range(16) if bits & 1 << bit)


def _decoded(text: str) -> tuple[PilotLetter, bool] | None:
    """Return letter and whether PWM runs; None for a state that there is not."""
    letter, digit = text[:1], text[1:]
    if letter not in list(PilotLetter) or digit not in PWM_OF_DIGIT:
        return None
    return PilotLetter(letter), PWM_OF_DIGIT[digit]
