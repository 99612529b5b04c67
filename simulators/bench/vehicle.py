"""A vehicle and its cable: what it shows on the pilot and what it draws."""

from collections.abc import Callable
from typing import Final

from simulators.bench.errors import RefusedError, RequestError
from simulators.bench.mains import NO_LOAD, Phases
from simulators.bench.settings import VehicleSettings
from simulators.bench.timing import Timer

REQUEST_S: Final = 0.5
"""From PWM to the vehicle's request (state C)."""
RELEASE_S: Final = 3.0
"""From the end of PWM to the vehicle's release (back to state B): the longest that IEC 61851-1 allows."""
LEAST_A: Final = 6.0

SIDES: Final = ("both", "station", "vehicle")


class Vehicle:
    """Stands at one EVSE; `changed` is called when it moved its switch by itself.

    A plug that is locked stays in while somebody pulls at it and comes out once it is released.
    """

    def __init__(
        self, settings: VehicleSettings, *, cable: str, time_scale: float, changed: Callable[[], None]
    ) -> None:
        self.wants_power = settings.wants_power
        self.max_current_a = settings.max_current_a
        self.phases = settings.phases
        self.needs_ventilation = settings.needs_ventilation
        self._fixed_cable = cable == "fixed"
        self.at_station = self._fixed_cable
        self.at_vehicle = False
        self._pulled = False
        self._requesting = False
        self._time_scale = time_scale
        self._changed = changed
        self._switch = Timer(self._toggle)

    @property
    def connected(self) -> bool:
        """Both ends of the cable are plugged, so the station sees the vehicle."""
        return self.at_station and self.at_vehicle

    @property
    def letter(self) -> str:
        """What the vehicle makes of the pilot: A, B, C or D."""
        if not self.connected:
            return "A"
        if not (self._requesting and self.wants_power):
            return "B"
        return "D" if self.needs_ventilation else "C"

    def plug(self, side: str) -> None:
        """Plug in one end of the cable or both."""
        _check_side(side)
        if side != "vehicle":
            self.at_station, self._pulled = True, False
        if side != "station":
            self.at_vehicle = True

    def unplug(self, side: str) -> None:
        """Pull one end of the cable or both; RefusedError for the station's end of a fixed cable."""
        _check_side(side)
        if side == "station" and self._fixed_cable:
            raise RefusedError("this EVSE has a fixed cable: only the sides vehicle and both can be pulled")
        if side != "vehicle":
            self._pulled = not self._fixed_cable
        if side != "station":
            self.at_vehicle = False

    def sense(self, *, pwm_on: bool, locked: bool) -> None:
        """Notice PWM and lock; the vehicle's answer to PWM comes later."""
        if self._pulled and not locked:
            self.at_station = self._pulled = False
        wanted = pwm_on and self.wants_power and self.connected
        if wanted == self._requesting:
            self._switch.stop()
        elif not (self.wants_power and self.connected):
            self._switch.stop()
            self._requesting = False
        else:
            self._switch.start_if_idle((REQUEST_S if wanted else RELEASE_S) * self._time_scale)

    def currents_a(self, limit_a: float, *, powered: bool) -> Phases:
        """Return what it draws from each phase under a limit; nothing below 6 A."""
        amps = min(limit_a, self.max_current_a)
        if not powered or amps < LEAST_A or self.letter not in "CD":
            return NO_LOAD
        first, second, third = (amps if phase < self.phases else 0.0 for phase in range(3))
        return first, second, third

    def stop(self) -> None:
        """Do nothing more by itself."""
        self._switch.stop()

    def _toggle(self) -> None:
        self._requesting = not self._requesting
        self._changed()


def _check_side(side: str) -> None:
    if side not in SIDES:
        raise RequestError(f"side {side!r} is unknown, allowed are {', '.join(SIDES)}")
