"""The contactor of an EVSE: closed by the meter's DO and the charge controller's output (DOE) together, or by the
latter alone."""

from collections.abc import Callable
from typing import Final

from simulators.bench.timing import Timer

CLOSE_S: Final = 0.02
OPEN_S: Final = 0.01
"""Coil to contacts. The meter's own 2 ms and 1 ms (METER.md section 5) are part of it."""


class Contactor:
    """Follows its coil after a moment, unless it is welded; calls `changed` when the contacts moved."""

    def __init__(self, *, time_scale: float, changed: Callable[[], None], switched_by: str = "meter") -> None:
        """`switched_by`: `meter` has its DO in series with the controller's output; `controller` leaves it out."""
        self._by_meter = switched_by == "meter"
        self._closed = False
        self._coil = False
        self._demand = False
        self._enabled = False
        self._welded = False
        self._time_scale = time_scale
        self._changed = changed
        self._moving = Timer(self._moved)

    @property
    def closed(self) -> bool:
        """The contacts are closed."""
        return self._closed or self._welded

    @property
    def demand(self) -> bool:
        """The meter's relay, DO."""
        return self._demand

    @property
    def enabled(self) -> bool:
        """The meter's enable input, DOE."""
        return self._enabled

    def request(self, on: bool) -> None:
        """Set the meter's relay, DO."""
        self._demand = on
        self._drive()

    def enable(self, on: bool) -> None:
        """Set the meter's enable input, DOE."""
        self._enabled = on
        self._drive()

    def weld(self, on: bool) -> None:
        """Weld the contacts together, or free them."""
        self._welded = on

    def stop(self) -> None:
        """Move no more."""
        self._moving.stop()

    def _drive(self) -> None:
        coil = self._enabled and (self._demand or not self._by_meter)
        if coil != self._coil:
            self._coil = coil
            self._moving.start((CLOSE_S if coil else OPEN_S) * self._time_scale)

    def _moved(self) -> None:
        self._closed = self._coil
        self._changed()
