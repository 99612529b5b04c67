"""Phoenix Contact EV-CC-AC1-M3 as charge controller: it speaks control pilot, we tell it when and how much.

Its contactor output is wired to the meter's DOE input, so switching PWM off opens the contactor in hardware.
Addresses are as in the maker's manual 106377; docs/bench.md lists those used here.
"""

import asyncio
import math

from station.errors import DeviceError
from station.hardware.ports import LockError, ModbusDevice, PilotLetter, PilotStatus

PWM_MODE, AVAILABLE_MODE, LOCK_MODE = 4000, 4001, 4002
"""Registers that tell what enables PWM, availability and the lock; three in a row."""
BY_COIL = {PWM_MODE: 3, AVAILABLE_MODE: 2, LOCK_MODE: 3}
"""For each of them the value that lets a coil decide."""
LARGEST_A = 22000
PWM, AVAILABLE, LOCK = 20000, 20001, 20002
"""Coils."""
STATE = 24000
"""Two ASCII characters, A1 to F0; 1 is PWM off, 2 is PWM on. The proximity register follows."""
STATE_AND_PROXIMITY = 2
INPUTS = 24004
PLUG_LOCKED = 1 << 1
"""Of the inputs: feedback of the lock's actuator. Always 0 where the actuator has no such contact."""
ERRORS = 24025

PWM_OF_DIGIT = {"0": False, "1": False, "2": True}
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
LOCK_LOOK_S, LOCK_LOOKS = 0.1, 20
"""How long an actuator may take; the controller reports a failure sooner."""


class PhoenixEvCc:
    """One controller. Keeps no state that matters: it may restart, and so may we."""

    def __init__(self, device: ModbusDevice, *, name: str, fixed_cable: bool) -> None:
        """Take a device on a line; `name` is how errors call it."""
        self._device = device
        self._name = name
        self._fixed_cable = fixed_cable
        self._looks = 0
        self._text = ""
        self._errors: frozenset[str] = frozenset()

    async def prepare(self) -> None:
        """Let coils decide about PWM, availability and lock; PWM is off then."""
        await self.withhold()
        modes = BY_COIL if not self._fixed_cable else {mode: BY_COIL[mode] for mode in (PWM_MODE, AVAILABLE_MODE)}
        present = await self._device.read_registers(PWM_MODE, len(modes))
        for (register, wanted), value in zip(modes.items(), present, strict=True):
            if value != wanted:  # these registers are kept over power cuts, and a write wears them
                await self._device.write_registers(register, [wanted])
        await self._device.write_coil(AVAILABLE, on=True)
        self._looks = 0

    async def status(self) -> PilotStatus:
        """Return what the controller sees; error bits may be a few looks old unless the state changed."""
        state, proximity_a = await self._device.read_inputs(STATE, STATE_AND_PROXIMITY)
        text = state.to_bytes(2, "big").decode("ascii", "replace")
        letter, pwm_on = self._decode(text)
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
        await self._device.write_registers(LARGEST_A, [math.floor(limit_amps)])
        await self._device.write_coil(PWM, on=True)

    async def withhold(self) -> None:
        """Switch PWM off; the contactor opens at once."""
        await self._device.write_coil(PWM, on=False)

    async def lock(self) -> None:
        """Lock the plug in the socket; LockError if the controller reports that it failed, and releases the plug."""
        if self._fixed_cable:
            return
        try:
            await self._move_lock(on=True)
        except LockError:
            # Nobody charges now, so nobody would release a plug that the actuator catches later after all.
            await self._device.write_coil(LOCK, on=False)
            raise

    async def unlock(self) -> None:
        """Release the plug; LockError if the controller reports that it failed."""
        if not self._fixed_cable:
            await self._move_lock(on=False)

    async def _move_lock(self, *, on: bool) -> None:
        """Give the order and wait until it is done; other requests to the controller may come in between."""
        failure = LOCK_FAILED if on else UNLOCK_FAILED
        if failure in await self._read_errors():
            # The same order once more would be none: the actuator tries again when the order changes.
            await self._device.write_coil(LOCK, on=not on)
        await self._device.write_coil(LOCK, on=on)
        self._looks = 0
        for _ in range(LOCK_LOOKS):
            if await self._plug_locked() is on:
                return
            if failure in await self._read_errors():
                raise LockError(f"{self._name} reports {failure}; is the plug all the way in, and the lock clean?")
            await asyncio.sleep(LOCK_LOOK_S)
        if not on:
            raise LockError(f"{self._name} still reports the plug as locked; is the lock's actuator stuck?")

    async def _plug_locked(self) -> bool:
        return bool((await self._device.read_inputs(INPUTS, 1))[0] & PLUG_LOCKED)

    async def _read_errors(self) -> frozenset[str]:
        return _error_names((await self._device.read_inputs(ERRORS, 1))[0])

    def _decode(self, text: str) -> tuple[PilotLetter, bool]:
        letter, digit = text[:1], text[1:]
        if letter not in list(PilotLetter) or digit not in PWM_OF_DIGIT:
            raise DeviceError(f"{self._name}: register {STATE} says state {text!r}; A1 to F0 are known")
        return PilotLetter(letter), PWM_OF_DIGIT[digit]


def _error_names(bits: int) -> frozenset[str]:
    return frozenset(ERROR_NAMES.get(bit, f"error_bit_{bit}") for bit in range(16) if bits & 1 << bit)
