"""Instants that are aligned to the clock: evenly spaced from midnight on, and anew the next day (J01)."""

from datetime import datetime, timedelta

DAY = timedelta(days=1)


def last_instant(until: datetime, interval_s: int) -> datetime:
    """Return the latest aligned instant that is not after `until`; the day is that of its time zone."""
    midnight = _midnight(until)
    interval = timedelta(seconds=interval_s)
    return midnight + (until - midnight) // interval * interval


def next_instant(after: datetime, interval_s: int) -> datetime:
    """Return the first aligned instant after `after`; midnight is always one."""
    following = last_instant(after, interval_s) + timedelta(seconds=interval_s)
    return min(following, _midnight(after) + DAY)


def _midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)
