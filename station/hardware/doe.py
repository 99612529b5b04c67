"""A charge controller whose contactor output does not reach the meter: an output of this computer takes its place.

The output goes to the meter's DOE input. It is on while the vehicle asks for power and current is offered. The pilot
is polled, so the contactor opens later than the 100 ms of IEC 61851-1: whoever wires it so needs hardware in series
that is faster (docs/inputs.md).
"""

from contextlib import suppress

from station.errors import DeviceError
from station.hardware.pins import OutputPin
from station.hardware.ports import ChargeController, PilotLetter, PilotStatus

ASKING = frozenset({PilotLetter.C, PilotLetter.D})


class ControllerWithDoe:
    """Passes everything on, and moves the output along; an output that fails is a controller that fails."""

    def __init__(self, controller: ChargeController, output: OutputPin) -> None:
        self._controller = controller
        self._output = output
        self._offered = False

    async def prepare(self) -> None:
        """Take the output, off, before the controller is made ready."""
        self._offered = False
        try:
            self._output.open()
        finally:
            # Also where the line cannot be had: what the controller offers from before is taken back.
            await self._controller.prepare()

    async def status(self) -> PilotStatus:
        """Look; the output follows what is seen, and is off when nothing is."""
        try:
            status = await self._controller.status()
        except DeviceError:
            with suppress(DeviceError):
                self._output.set(False)
            raise
        self._output.set(self._offered and status.pwm_on and status.letter in ASKING)
        return status

    async def offer(self, limit_amps: float) -> None:
        """Offer; the vehicle's answer is seen at the next look."""
        await self._controller.offer(limit_amps)
        self._offered = True

    async def withhold(self) -> None:
        """Switch the output off first: it is faster than a line, and works without one."""
        self._offered = False
        try:
            self._output.set(False)
        finally:
            await self._controller.withhold()

    async def lock(self) -> None:
        """Lock the plug."""
        await self._controller.lock()

    async def unlock(self) -> None:
        """Release the plug."""
        await self._controller.unlock()
