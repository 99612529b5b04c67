"""A clock for tests that goes with the loop's time, so that a jump of the loop is a jump of the clock."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 12, 1, 12, 0, 0, tzinfo=UTC)


class FakeClock:
    """Starts at `start`; each second of the running loop's time is a second of its own."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._since_s = _loop_time()
        self.follows = True

    def synchronised(self) -> bool:
        return self.follows

    def now(self) -> datetime:
        return self._start + timedelta(seconds=_loop_time() - self._since_s)

    def shift(self, seconds: float) -> None:
        """Jump, as a clock does that is set."""
        self._start += timedelta(seconds=seconds)


def _loop_time() -> float:
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:  # a test without a loop: time stands still
        return 0.0
