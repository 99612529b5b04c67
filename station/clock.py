"""Instants: what time it is, and whether to believe it. Durations are the event loop's business."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No station runs before its software was written: an earlier clock has not been set since power-up."""


class Clock(Protocol):
    """Tells the time; may jump, in either direction."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""


class SystemClock:
    """The clock of the operating system."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def plausible(now: datetime) -> bool:
    """Tell whether a clock that says `now` can have been set."""
    return now > RELEASED


class StationClock:
    """The system's clock, corrected by what the CSMS says; it never sets the system's clock itself."""

    def __init__(self, base: Clock | None = None) -> None:
        self._base = base or SystemClock()
        self._correction = timedelta(0)

    def now(self) -> datetime:
        return self._base.now() + self._correction

    def follow(self, other: datetime, *, tolerance_s: float = 2.0) -> None:
        """Take over another clock's time, if it differs by more than a message may have travelled."""
        difference = other - self._base.now()
        if abs((difference - self._correction).total_seconds()) > tolerance_s:
            self._correction = difference
