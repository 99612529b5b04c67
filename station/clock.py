"""Instants: what time it is, and whether to believe it. Durations are the event loop's business."""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No station runs before its software was written: an earlier clock has not been set since power-up."""

STEP_S = 5.0
"""A clock that moves against the seconds by more than that was set; NTP slews slower than that in a day."""
WATCH_S = 10.0
"""How often it is looked whether somebody set the system's clock."""
_TIME_ERROR = 5


class TimeSource(StrEnum):
    """Where the time can come from here (ClockCtrlr.TimeSource)."""

    HEARTBEAT = "Heartbeat"
    NTP = "NTP"
    REAL_TIME_CLOCK = "RealTimeClock"


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

    def offers(self, source: str) -> bool:
        """Tell whether it has the time of this source."""
        match source:
            case TimeSource.NTP:
                return _kernel_clock_is_synchronised()
            case TimeSource.REAL_TIME_CLOCK:
                return self._trusted
        return False


class BaseClock(Clock, Protocol):
    """A clock that knows its sources."""

    def offers(self, source: str) -> bool: ...


def plausible(now: datetime) -> bool:
    """Tell whether a clock that says `now` can have been set."""
    return now > RELEASED


class StationClock:
    """The system's clock, or that clock corrected by what the CSMS says; it never sets the system's clock itself.

    The first of the `sources` that is available counts (ClockCtrlr.TimeSource). When somebody else sets the
    system's clock (NTP that came late), the correction is void: it would count twice.
    """

    def __init__(
        self,
        base: BaseClock | None = None,
        *,
        sources: Callable[[], Iterable[str]] = lambda: (TimeSource.HEARTBEAT,),
        on_adjusted: Callable[[datetime, datetime], None] = lambda _before, _after: None,
        elapsed_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_adjusted` is told what time it was and is at one instant, out of `follow`, `choose` and `check` only.

        `elapsed_s`: a counter of seconds that is never set, to notice that the clock was.
        """
        self._base = base or SystemClock()
        self._sources = sources
        self._on_adjusted = on_adjusted
        self._elapsed_s = elapsed_s
        self._correction = timedelta(0)
        self._heard: timedelta | None = None
        """How far the CSMS is ahead of the system's clock; None if that is not known, or not any more."""
        self._follows = False
        self._began = self._beginning()
        self._untold: list[tuple[datetime, datetime]] = []

    def now(self) -> datetime:
        self._notice_step()
        return self._base.now() + self._correction

    def synchronised(self) -> bool:
        self._notice_step()
        return self._follows or self._base.synchronised()

    def follow(self, csms_time: datetime, *, tolerance_s: float = 2.0) -> None:
        """Take over the CSMS's time if it is the source that counts (B01.FR.06, G02.FR.06).

        A difference that is no longer than a message may have travelled is none.
        """
        self._notice_step()
        difference = csms_time - self._base.now()
        is_news = abs((difference - self._correction).total_seconds()) > tolerance_s
        self._heard = difference if is_news else self._correction
        self.choose()

    def choose(self) -> None:
        """Let the first source that is available count from now on; without any, all stays as it is."""
        self._notice_step()
        source = next((source for source in self._sources() if self._is_available(source)), None)
        if source is not None:
            self._follows = source == TimeSource.HEARTBEAT
            self._correct(self._heard if self._follows and self._heard is not None else timedelta(0))
        self._tell()

    def check(self) -> None:
        """Look whether somebody set the system's clock."""
        self._notice_step()
        self._tell()

    async def watch(self) -> None:
        """Check for ever."""
        while True:
            await asyncio.sleep(WATCH_S)
            self.check()

    def _is_available(self, source: str) -> bool:
        return self._heard is not None if source == TimeSource.HEARTBEAT else self._base.offers(source)

    def _correct(self, correction: timedelta) -> None:
        if correction != self._correction:
            now = self._base.now()
            self._untold.append((now + self._correction, now + correction))
            self._correction = correction

    def _beginning(self) -> datetime:
        """Return when the counter was zero, by the system's clock; that moves only if the clock is set."""
        return self._base.now() - timedelta(seconds=self._elapsed_s())

    def _notice_step(self) -> None:
        began = self._beginning()
        step = began - self._began
        if abs(step.total_seconds()) > STEP_S:
            now = self._base.now()
            self._untold.append((now - step + self._correction, now))
            self._began, self._correction, self._heard, self._follows = began, timedelta(0), None, False

    def _tell(self) -> None:
        while self._untold:
            self._on_adjusted(*self._untold.pop(0))


def _kernel_clock_is_synchronised() -> bool:
    """Ask the kernel, whom every NTP client tells; adjtimex(2) returns TIME_ERROR until one did."""
    import ctypes  # late: needed once in ten minutes

    # Larger than struct timex on any machine; zeros ask for nothing to be changed.
    answer = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    return bool(0 <= answer < _TIME_ERROR)
