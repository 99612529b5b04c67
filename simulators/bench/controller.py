"""What all charge controllers of the bench share: the pilot, the contactor output and the supply."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from simulators.bench.faults import Faults
from simulators.bench.pdu import Request
from simulators.bench.settings import EvseSettings
from simulators.bench.timing import Timer

OUTPUT_S: Final = 0.1
"""From state C2 to the contactor output."""
PWM_STATES: Final = "BCD"


class Controller(ABC):
    """Speaks pilot to the vehicle; `changed` is called when something in it moved by itself or by a request.

    A kind of controller says what it was told and answers for its registers.
    """

    def __init__(
        self, settings: EvseSettings, *, time_scale: float, faults: Faults, changed: Callable[[], None]
    ) -> None:
        self.path = str(settings.controller.port)
        """What a client has to open."""
        self.unit = settings.controller.unit
        self.baud = settings.controller.baud
        self.output = False
        """The contactor output, wired to the meter's DOE."""
        self.locked = False
        self.powered = True
        self._settings = settings
        self._faults = faults
        self._time_scale = time_scale
        self._changed = changed
        self._shown = "A"
        """What the vehicle shows."""
        self._plugged = False
        self._contactor_closed = False
        self._switching = Timer(self._switch_output)

    @property
    def available(self) -> bool:
        """Else it shows state F."""
        return True

    @property
    @abstractmethod
    def enabled(self) -> bool:
        """It was told to offer current, and nothing it watches forbids it."""

    @property
    @abstractmethod
    def limit_a(self) -> float:
        """What it was told to offer."""

    @property
    def accepted(self) -> str:
        """The states in which the contactor closes."""
        return "CD"

    @abstractmethod
    def answer(self, request: Request) -> bytes:
        """Answer a request; raises ModbusRefusal."""

    @abstractmethod
    def forget(self) -> None:
        """Lose what is not kept without supply."""

    @property
    def letter(self) -> str:
        """The state's letter; E, as without supply, and F win against what the vehicle shows."""
        if not self.powered or "controller_pilot_short" in self._faults:
            return "E"
        return self._shown if self.available else "F"

    @property
    def pwm_on(self) -> bool:
        """Current is offered."""
        return self.letter in PWM_STATES and self.enabled

    @property
    def state(self) -> str:
        """Letter and digit: C2 is a vehicle that asks while PWM runs."""
        digit = {"A": "1", "E": "0", "F": "0"}.get(self.letter, "2" if self.pwm_on else "1")
        return self.letter + digit

    @property
    def offered_a(self) -> float:
        """The limit that PWM tells the vehicle, 0 without PWM."""
        return min(self.limit_a, self._settings.cable_rating_a) if self.pwm_on else 0

    def supply(self, on: bool) -> None:
        """Give supply or take it away; nothing if it is so already."""
        if on and not self.powered:
            self.forget()
        self.powered = on

    def sense(self, letter: str, *, plugged: bool, contactor_closed: bool) -> None:
        """Notice what the vehicle shows, whether a plug is in, and the contactor; move outputs accordingly."""
        self._shown = letter
        self._plugged = plugged
        self._contactor_closed = contactor_closed
        self._drive_output()

    async def execute(self, request: Request) -> bytes | None:
        """Answer a request, or not at all without supply; raises ModbusRefusal."""
        if not self.powered:
            return None
        answer = self.answer(request)
        self._changed()
        return answer

    def answered(self) -> None:  # noqa: B027 this is what it does
        """Nothing of this device waits for its answer."""

    def stop(self) -> None:
        """Do nothing more by itself."""
        self._switching.stop()

    def _drive_output(self) -> None:
        if not (self.pwm_on and self.letter in self.accepted):
            self._switching.stop()
            self.output = False
        elif not self.output:
            self._switching.start_if_idle(OUTPUT_S * self._time_scale)

    def _switch_output(self) -> None:
        self.output = True
        self._changed()
