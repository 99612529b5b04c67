"""The station: all its parts, wired, running, and ended in good order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import structlog
from ocpp.v201.enums import BootReasonEnumType

from station import __version__
from station.app.charging import build_evses, build_lines
from station.app.csms_side import CsmsSide
from station.app.ground import Ground, Wishes
from station.app.local_side import LocalSide
from station.app.wired import build_inputs, build_leds
from station.clock import BaseClock, StationClock, SystemClock
from station.core import variables as var
from station.core.availability import out_of_service
from station.core.device_model import DeviceModel, rows_for
from station.core.events import StopCause, StopRequested
from station.core.reports import Sample
from station.core.security_events import SecurityEvent
from station.device_facts import connect, evse_facts
from station.errors import PortError
from station.evse import Evse, Surroundings
from station.local.rings import Events, Frames
from station.settings import Settings
from station.storage.availability import OutOfService
from station.storage.database import Database
from station.storage.journal import Journal
from station.storage.meters import Meters
from station.storage.receipts import Receipts
from station.storage.variables import Variables
from station.supervisor import Crashes, supervise
from station.watch_resources import ResourceWatch, gauges

WIND_DOWN_S = 25.0
"""How long a stop waits for signed ends; a turn-off snapshot takes up to 8 s, and may be tried again."""

GIVE_UP_AFTER = 5
PRUNE_EVERY_S = 3600.0

log = structlog.get_logger("station.app")


class Outcome(StrEnum):
    """Why `Station.run` returned."""

    STOPPED = "stopped"
    RESTART = "restart"


class Station:
    """All parts of a station, wired; made anew for each run."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        boot_reason: BootReasonEnumType,
        clock: BaseClock | None = None,
        elapsed_s: Callable[[], float] = time.monotonic,
        events: Events | None = None,
    ) -> None:
        """`clock` and `elapsed_s` stand in for the system's clock and its counter where time is played.

        `events` is where lines of the log are kept for those who look.
        """
        self._settings = settings
        self._clock = StationClock(
            clock or SystemClock(trusted=settings.station.trust_clock),
            sources=self._time_sources,
            on_adjusted=self._clock_adjusted,
            elapsed_s=elapsed_s,
        )
        self._ending = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._crashes = Crashes()
        self.restart_reason: BootReasonEnumType | None = None
        self._model = _model(settings, database)
        self._receipts = Receipts(database)
        ground = Ground(settings, database, self._model, self._clock, mail=asyncio.Event(), news=asyncio.Event())
        self._lines = build_lines(settings)
        self._evses = build_evses(
            settings, self._lines, model=self._model, clock=self._clock, around=self._surroundings(ground)
        )
        connect(self._model, settings, self._evses, self._clock)
        frames = Frames(self._clock.now)
        wishes = Wishes(self._spawn, self._restart, self._delivered, self._told_plain, frames.take)
        self._csms = CsmsSide(ground, self._evses, wishes, boot_reason=boot_reason)
        self._inputs = build_inputs(ground, self._evses, notify=self._csms.security.notify)
        self.local = LocalSide(
            ground,
            self._evses,
            self._lines,
            csms=self._csms,
            events=events or Events(),
            frames=frames,
            crashes=self._crashes,
            inputs=self._inputs,
        )
        self._model.on_set(var.TIME_SOURCE, lambda _: self._clock.choose())
        self._boot_reason, self._set_aside = boot_reason, database.set_aside
        self._tell_of_losses()

    async def run(self) -> Outcome:
        """Charge until told to stop or to restart; what runs then is ended and signed first."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._open_lines()
                # Not before: a station that waits for its port to come back is started every few seconds, and each
                # of these starts would wait for the CSMS in the outbox.
                self._tell_of_start()
                running = [
                    tasks.create_task(supervise(name, run, give_up_after=limit, crashes_of=self._crashes), name=name)
                    for name, run, limit in self._components()
                ]
                log.info("station_started", version=__version__, evses=len(self._evses))
                await self._ending.wait()
                await self._wind_down()
                for task in (*running, *self._errands):
                    task.cancel()
        finally:
            for name, line in self._lines.items():
                line.close()
                log.info("line_closed", line=name, **asdict(line.counters))
        log.info("station_stopped", restart=self.restart_reason is not None)
        return Outcome.RESTART if self.restart_reason else Outcome.STOPPED

    def _open_lines(self) -> None:
        """Take the ports; PortError if none of them can be had: the settings are wrong, or a whole adapter is gone.

        An EVSE whose line cannot be had is Faulted with these words, and the others charge.
        """
        missing: list[PortError] = []
        for line in self._lines.values():
            try:
                line.open()
            except PortError as error:
                missing.append(error)
        if missing and len(missing) == len(self._lines):
            raise missing[0]
        for why in missing:
            log.error("line_not_opened", error=str(why))

    def evse(self, evse_id: int) -> Evse:
        """Return an EVSE, to look at."""
        return self._evses[evse_id]

    def stop(self) -> None:
        """End in good order; called by a signal."""
        self._ending.set()

    def _components(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]], int | None]]:
        """Yield what runs: name, how, and after how many crashes in a row the whole station starts anew."""
        for evse in self._evses.values():
            yield f"evse-{evse.evse_id}", evse.run, GIVE_UP_AFTER
        # A line that cannot be read is no crash; an emergency stop that nobody watches would be.
        yield "inputs", self._inputs.run, GIVE_UP_AFTER
        for name, run in self._csms.drivers.components():
            # A card reader that is gone must not stop those who charge.
            yield name, run, None
        if self._settings.wiring.leds:
            yield "leds", build_leds(self._settings, self._evses, online=lambda: self._csms.online).run, None
        for name, run in self.local.components():
            yield name, run, None
        yield "queue", self._csms.thinning.run, None
        yield "aligned-data", self._csms.aligned.run, None
        yield "uplink", self._csms.run, GIVE_UP_AFTER
        yield "clock", self._clock.watch, None
        watch = ResourceWatch(gauges(self._settings.station.state_dir), on_low=self._short_of_something)
        yield "resources", watch.run, None
        if keep_days := self._settings.receipts.keep_days:
            yield "receipts", partial(self._prune_receipts, timedelta(days=keep_days)), None

    def _surroundings(self, ground: Ground) -> Surroundings:
        return Surroundings(
            Journal(ground.database),
            Meters(ground.database),
            now=self._clock.now,
            online=lambda: self._csms.online,
            mail=ground.mail,
            news=ground.news,
            clock_trusted=self._clock.synchronised,
            inoperative=lambda evse_id: out_of_service(OutOfService(ground.database).all(), evse_id),
        )

    def _tell_of_losses(self) -> None:
        if self._set_aside is not None:
            log.error("database_was_corrupt", kept_as=str(self._set_aside))
        if self._model.ignored:
            log.warning("stored_variables_ignored", variables=[str(address) for address in self._model.ignored])

    def _tell_of_start(self) -> None:
        note = f"a corrupt database was kept as {self._set_aside.name}" if self._set_aside else ""
        self._csms.security.started(self._boot_reason, note)

    def _time_sources(self) -> tuple[str, ...]:
        return self._model[var.TIME_SOURCE]

    def _clock_adjusted(self, before: datetime, after: datetime) -> None:
        threshold_s = self._model[var.TIME_ADJUSTMENT_REPORTING_THRESHOLD]
        self._csms.security.clock_adjusted(before, after, threshold_s=threshold_s)

    def _short_of_something(self, what: str) -> None:
        self._csms.security.notify(SecurityEvent.MEMORY_EXHAUSTION, what)

    async def _prune_receipts(self, age: timedelta) -> None:
        while True:
            await asyncio.sleep(PRUNE_EVERY_S)
            if not self._clock.synchronised():
                continue  # a clock that runs ahead would make everything old
            while count := self._receipts.prune(self._clock.now() - age):
                log.info("receipts_deleted", sessions=count)
                await asyncio.sleep(0)

    def _delivered(self, ocmf: bytes) -> None:
        self._receipts.mark_sent(ocmf, self._clock.now())

    def _told_plain(self, transaction_id: str, sample: Sample) -> None:
        self._receipts.mark_told(transaction_id, sample, self._clock.now())

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        assert self._tasks is not None
        errand = self._tasks.create_task(_survived(name, work), name=name)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    def _restart(self, reason: BootReasonEnumType) -> None:
        self.restart_reason = reason
        self._ending.set()

    async def _wind_down(self) -> None:
        for evse in self._evses.values():
            evse.post(StopRequested(StopCause.SHUTDOWN))
        try:
            async with asyncio.timeout(WIND_DOWN_S):
                for evse in self._evses.values():
                    await evse.wait_idle()
        except TimeoutError:
            log.warning("stop_did_not_wait_longer", waited_s=WIND_DOWN_S)


def _model(settings: Settings, database: Database) -> DeviceModel:
    variables = Variables(database)
    presets = dict(settings.variables)
    if settings.csms.password is not None:
        presets[var.BASIC_AUTH_PASSWORD.address] = settings.csms.password.reveal()
    rows = rows_for(evse_facts(settings), vendors=settings.vendors)
    return DeviceModel(rows, stored=variables.all(), presets=presets, save=variables.save)


async def _survived(name: str, work: Coroutine[Any, Any, None]) -> None:
    """Do what the CSMS asked for; if it fails, the station goes on."""
    try:
        await work
    except Exception:
        log.exception("errand_failed", errand=name)
