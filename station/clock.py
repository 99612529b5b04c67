"""Instants: what time it is, and whether to believe it. Durations are the event loop's business."""

from datetime import UTC, datetime
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
