"""Instants: what time it is, and whether to believe it. Durations are the event loop's business."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No station runs before its software was written: an earlier clock has not been set since power-up."""


_TIME_ERROR = 5
STEP_S = 5.0
"""A clock that moves against the seconds by more than that was set; NTP slews slower than that in a day."""


class Clock(Protocol):
    """Tells the time; may jump, in either direction."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""

    def synchronised(self) -> bool:
        """Tell whether it follows a better clock: NTP, or the CSMS."""


class SystemClock:
    """The clock of the operating system. `trusted`: it is right without NTP, by a battery or a radio receiver."""

    def __init__(self, *, trusted: bool = False) -> None:
        self._trusted = trusted

    def now(self) -> datetime:
        return datetime.now(UTC)

    def synchronised(self) -> bool:
        return self._trusted or _kernel_clock_is_synchronised()


def plausible(now: datetime) -> bool:
    """Tell whether a clock that says `now` can have been set."""
    return now > RELEASED


class StationClock:
    """The system's clock, corrected by what the CSMS says; it never sets the system's clock itself.

    When somebody else sets the system's clock (NTP that came late), the correction is void: it would count twice.
    """

    def __init__(self, base: Clock | None = None, *, elapsed_s: Callable[[], float] = time.monotonic) -> None:
        """`elapsed_s`: a counter of seconds that is never set, to notice that the clock was."""
        self._base = base or SystemClock()
        self._elapsed_s = elapsed_s
        self._correction = timedelta(0)
        self._follows = False
        self._began = self._beginning()

    def now(self) -> datetime:
        self._notice_step()
        return self._base.now() + self._correction

    def synchronised(self) -> bool:
        self._notice_step()
        return self._follows or self._base.synchronised()

    def _beginning(self) -> datetime:
        """Return when the counter was zero, by the system's clock; that moves only if the clock is set."""
        return self._base.now() - timedelta(seconds=self._elapsed_s())

    def _notice_step(self) -> None:
        began = self._beginning()
        if abs((began - self._began).total_seconds()) > STEP_S:
            self._began, self._correction, self._follows = began, timedelta(0), False

    def follow(self, other: datetime, *, tolerance_s: float = 2.0) -> None:
        """Take over another clock's time, if it differs by more than a message may have travelled."""
        self._notice_step()
        self._follows = True
        difference = other - self._base.now()
        if abs((difference - self._correction).total_seconds()) > tolerance_s:
            self._correction = difference


def _kernel_clock_is_synchronised() -> bool:
    """Ask the kernel, whom every NTP client tells; adjtimex(2) returns TIME_ERROR until one did."""
    import ctypes  # late: needed once in ten minutes

    # Larger than struct timex on any machine; zeros ask for nothing to be changed.
    answer = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    return bool(0 <= answer < _TIME_ERROR)
