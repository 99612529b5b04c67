"""Clock-aligned values: strikes at every instant of AlignedDataCtrlr's intervals (J01)."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from station.core.alignment import last_instant, next_instant
from station.core.events import ClockStruck, Due
from station.core.session import Metering, Session
from station.evse import Evse

LOOK_S: Final = 10.0
"""Somebody may set the clock while the next instant is waited for, so it is looked at that often."""
LATE: Final = timedelta(seconds=LOOK_S)
"""An instant that passed longer ago was jumped over by a clock that was set; its values cannot be had any more."""

log = structlog.get_logger("station.aligned")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When AlignedDataCtrlr wants values, and when not."""

    interval_s: int = 0
    """0: never, as with Enabled = false or without Measurands."""
    ended_interval_s: int = 0
    """The same for what goes into the Ended event."""
    only_idle: bool = False
    """SendDuringIdle of the station: nothing while any transaction runs (J01.FR.20)."""
    only_idle_at: frozenset[int] = frozenset()
    """The EVSEs whose own SendDuringIdle is true: nothing of them while a transaction runs there (J01.FR.19)."""

    @property
    def intervals(self) -> tuple[tuple[Due, int], ...]:
        """What is due how often."""
        both = (Due.CLOCK_UPDATED, self.interval_s), (Due.CLOCK_ENDED, self.ended_interval_s)
        return tuple((due, interval_s) for due, interval_s in both if interval_s > 0)


class AlignedData:
    """Has each EVSE measured at aligned instants: for its transaction if one measures, else for MeterValues."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        *,
        schedule: Callable[[], Schedule],
        tell: Callable[[Evse, datetime], Coroutine[Any, Any, None]],
        online: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        """`tell` measures and sends MeterValues for an instant; not called while the station is offline.

        `now` tells UTC: the midnight from which intervals count is that of UTC, as are all times in OCPP.
        """
        self._evses = evses
        self._schedule = schedule
        self._tell = tell
        self._online = online
        self._now = now
        self._changed = asyncio.Event()
        self._telling: set[int] = set()

    def retime(self) -> None:
        """An interval is another one now; it counts for the wait that is running too."""
        self._changed.set()

    async def run(self) -> None:
        """Strike for ever; clocks that are set and intervals that change are followed."""
        seen = self._now()
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._wait(seen)
                before, seen = seen, self._now()
                for at, due in self._struck(before, seen).items():
                    self._strike(at, frozenset(due), tasks)

    async def _wait(self, seen: datetime) -> None:
        """Wait for the first instant after `seen`, but not longer than until the next look at the clock."""
        instants = [next_instant(seen, interval_s) for _, interval_s in self._schedule().intervals]
        waits_s = [(instant - self._now()).total_seconds() for instant in instants]
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(min([LOOK_S, *waits_s]), 0.0)):
                await self._changed.wait()

    def _struck(self, before: datetime, now: datetime) -> dict[datetime, set[Due]]:
        """Return what became due since `before`, oldest first; nothing if the clock went back."""
        struck: defaultdict[datetime, set[Due]] = defaultdict(set)
        for due, interval_s in self._schedule().intervals:
            at = last_instant(now, interval_s)
            if at > before and now - at <= LATE:
                struck[at].add(due)
        return dict(sorted(struck.items()))

    def _strike(self, at: datetime, due: frozenset[Due], tasks: asyncio.TaskGroup) -> None:
        schedule = self._schedule()
        if schedule.only_idle and any(map(_runs, self._sessions())):
            return
        for evse in self._evses.values():
            if evse.evse_id in schedule.only_idle_at and _runs(evse.session):
                continue
            with_transaction = due & _wanted_by(evse.session)
            if with_transaction:
                evse.post(ClockStruck(with_transaction))
            if Due.CLOCK_UPDATED in due - with_transaction and self._online():
                self._begin_telling(evse, at, tasks)

    def _begin_telling(self, evse: Evse, at: datetime, tasks: asyncio.TaskGroup) -> None:
        if evse.evse_id in self._telling:
            log.warning("meter_values_skipped", evse=evse.evse_id, reason="the ones before are still under way")
            return
        self._telling.add(evse.evse_id)
        task = tasks.create_task(self._tell(evse, at), name=f"meter-values-{evse.evse_id}")
        task.add_done_callback(lambda _: self._telling.discard(evse.evse_id))

    def _sessions(self) -> Iterable[Session]:
        return (evse.session for evse in self._evses.values())


def _runs(session: Session) -> bool:
    return session.transaction is not None and session.transaction.started


def _wanted_by(session: Session) -> frozenset[Due]:
    """Return what is told, or kept, with the transaction: nothing unless it measures (J01.FR.22 allows either)."""
    if session.transaction is None or session.metering is not Metering.ON:
        return frozenset()
    if not session.transaction.started:
        return frozenset({Due.CLOCK_ENDED})
    return frozenset({Due.CLOCK_UPDATED, Due.CLOCK_ENDED})
