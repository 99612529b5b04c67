"""One EVSE: inbox, rules, commit, hardware. The only owner of its pilot, lock and meter (station.evse_meter)."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from station.bay_watch import BayWatch
from station.core import effects as do
from station.core import events as on
from station.core.controller_faults import faults_of
from station.core.effects import DeviceEffect, Effect, StoredEffect
from station.core.events import Event, Timer
from station.core.faults import Fault
from station.core.policy import Moment, Policy
from station.core.powermeter import Powermeter
from station.core.problems import problems_after
from station.core.session import Session, connector_status, has_transaction, idle, waking
from station.core.step import step
from station.errors import DeviceError
from station.evse_log import tell, tell_gap
from station.evse_meter import FAILURES_TO_FAULT, Measured, MeterBook, MeterSide
from station.hardware.ports import BaySensor, ChargeController, LockError
from station.meter.port import MeterIdentity, SigningMeter
from station.storage.journal import Journal

PILOT_POLL_S = 0.25
SAFE_TIMEOUT_S = 15.0

log = structlog.get_logger("station.evse")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all EVSEs of a station share."""

    journal: Journal
    meters: MeterBook
    now: Callable[[], datetime]
    online: Callable[[], bool]
    mail: asyncio.Event
    """Set when something was put into the outbox."""
    news: asyncio.Event
    """Set when the status of a connector changed."""
    clock_trusted: Callable[[], bool] = lambda: True
    """Whether `now` is known rather than guessed."""
    inoperative: Callable[[int], bool] = lambda _evse_id: False
    """Whether an EVSE was taken out of service; asked when it wakes up."""


class Evse:
    """Runs the rules of `core.step` on real hardware. Everything enters through `post`."""

    def __init__(
        self,
        evse_id: int,
        *,
        meter: SigningMeter,
        controller: ChargeController,
        policy: Callable[[], Policy],
        around: Surroundings,
        meter_key: bytes | None = None,
        bay: BaySensor | None = None,
    ) -> None:
        """`meter_key`: the public key (DER) that the meter must have; None if the first one met counts."""
        self.evse_id = evse_id
        self._controller = controller
        self._policy = policy
        self._around = around
        self._session = self._stored()
        self._inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._jobs: asyncio.Queue[DeviceEffect] = asyncio.Queue()
        self._timers: dict[Timer, asyncio.TimerHandle] = {}
        self._controller_free = asyncio.Lock()
        self._plug_free = asyncio.Lock()
        """Held while the plug is locked or let go, which takes seconds in which the pilot is watched on."""
        self._bay = BayWatch(bay, evse_id=evse_id, post=self.post) if bay else None
        self._prepared = False
        self._not_locked: str | None = None
        """Why the plug could not be locked; nothing is begun then (G05)."""
        self._problems: Mapping[Fault, str] = {}
        self._waiting: list[tuple[Callable[[Session], bool], asyncio.Future[Session]]] = []
        self._anew, self._awake = asyncio.Event(), asyncio.Event()
        self._meter_side = MeterSide(
            evse_id,
            meter,
            post=self.post,
            session=lambda: self._session,
            book=around.meters,
            now=around.now,
            keep_rejected=self._keep_rejected,
            configured_key=meter_key,
        )

    @property
    def session(self) -> Session:
        """What the EVSE is now; a value that never changes under its reader."""
        return self._session

    @property
    def problems(self) -> Mapping[Fault, str]:
        """What was told last about each fault of the session; nothing about one that outlived a restart untold."""
        return self._problems

    @property
    def identity(self) -> MeterIdentity | None:
        """Who the meter said it is; None until it was met."""
        return self._meter_side.identity

    @property
    def reading(self) -> Powermeter | None:
        """The newest live values, or None if they are too old to be shown as new."""
        return self._meter_side.reading

    def post(self, event: Event) -> None:
        """Tell the EVSE that something happened; never waits."""
        self._inbox.put_nowait(event)

    async def wait_for(self, look: Callable[[Session], bool]) -> Session:
        """Return the session as soon as `look` likes it; it may be another one by the time the caller goes on."""
        if look(self._session):
            return self._session
        found: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self._waiting.append((look, found))
        try:
            return await found
        finally:
            self._waiting.remove((look, found))

    async def wait_idle(self) -> None:
        """Return when no transaction runs and nobody is authorized."""
        await self.wait_for(idle)

    async def unlock(self) -> bool:
        """Let the plug go, whatever is plugged; return whether the controller did it (F05)."""
        try:
            await self._let_plug_go()
        except DeviceError as error:
            log.warning("unlock_failed", evse=self.evse_id, error=str(error))
            return False
        self.post(on.Unlocked())
        return True

    async def measure(self, *, signed: bool) -> Measured | None:
        """Return live values, read now, and a record signed along if `signed`; None if the meter does not answer."""
        return await self._meter_side.measure(signed=signed)

    async def run(self) -> None:
        """Serve until cancelled; leaves with the vehicle offered nothing and the meter's output off."""
        while True:
            await self._serve()
            log.info("evse_restarted", evse=self.evse_id)

    async def restart(self) -> bool:
        """Leave the devices as `run` does and meet them anew; return whether the meter answered then (B11.FR.08)."""
        self._awake.clear()
        self._anew.set()
        await self._awake.wait()
        return self._session.awake

    async def _serve(self) -> None:
        self._anew.clear()
        self._session, self._prepared = self._stored(), False
        try:
            async with asyncio.TaskGroup() as tasks:
                # The pilot first, because that takes the current away; its news wait until the meter was heard.
                parts = [self._begin(tasks, self._watch_pilot)]
                woken = await self._meter_side.wake()
                self._take(replace(woken, clock_trusted=self._around.clock_trusted()))
                self._take(on.AvailabilityChanged(operative=not self._around.inoperative(self.evse_id)))
                others = (self._decide, self._act, self._meter_side.watch, self._meter_side.keep_time)
                parts += [self._begin(tasks, part) for part in others]
                if self._bay is not None:
                    parts.append(self._begin(tasks, self._bay.run))
                self._awake.set()
                await self._anew.wait()
                for part in parts:
                    part.cancel()
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            self._inbox, self._jobs = asyncio.Queue(), asyncio.Queue()
            await self._make_safe()

    def _keep_rejected(self, ocmf: bytes, reason: str) -> None:
        self._around.journal.keep_rejected(self.evse_id, ocmf, reason, now=self._around.now())

    def _stored(self) -> Session:
        return replace(self._around.journal.load(self.evse_id), awake=False)

    def _begin(self, tasks: asyncio.TaskGroup, part: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        return tasks.create_task(part(), name=f"evse-{self.evse_id}-{part.__name__.strip('_')}")

    # Deciding

    async def _decide(self) -> None:
        while True:
            event = await self._inbox.get()
            self._take(event)

    def _take(self, event: Event) -> None:
        """Decide, commit, then act: in this order, because the power may go in between."""
        before, now = self._session, self._around.now()
        moment = Moment(now, fresh_id=str(uuid.uuid4()), reading=self._meter_side.reading)
        session, effects = step(before, event, self._policy(), moment)
        stored = [effect for effect in effects if isinstance(effect, StoredEffect)]
        if session != before or stored:
            self._around.journal.commit(session, stored, now=now, offline=not self._around.online())
        self._session = session
        self._problems = problems_after(self._problems, event, session, stored)
        log.debug("evse_event", evse=self.evse_id, event_type=type(event).__name__)
        tell(self.evse_id, stored)
        tell_gap(self.evse_id, before, session, stored)
        for effect in effects:
            if not isinstance(effect, StoredEffect):
                self._start(effect)
        if stored:
            self._around.mail.set()
        if (connector_status(session), waking(session)) != (connector_status(before), waking(before)):
            self._around.news.set()
        for look, found in self._waiting:
            if not found.done() and look(session):
                found.set_result(session)

    def _start(self, effect: Effect) -> None:
        match effect:
            case do.StartTimer(timer, seconds):
                self._stop_timer(timer)
                loop = asyncio.get_running_loop()
                self._timers[timer] = loop.call_later(seconds, self.post, on.TimerExpired(timer))
            case do.StopTimer(timer):
                self._stop_timer(timer)
            case do.TakeSample():
                self._meter_side.take_sample(effect)
            case _ if isinstance(effect, DeviceEffect):
                self._jobs.put_nowait(effect)

    def _stop_timer(self, timer: Timer) -> None:
        if handle := self._timers.pop(timer, None):
            handle.cancel()

    # Acting

    async def _act(self) -> None:
        while True:
            effect = await self._jobs.get()
            match effect:
                case do.TurnOn() if self._not_locked is not None:
                    self.post(on.BeginFailed(Fault.LOCK, self._not_locked))
                case do.TurnOn():
                    self.post(await self._meter_side.start(effect))
                case do.TurnOff():
                    self.post(await self._meter_side.stop(effect))
                case do.ReleaseOutput():
                    self.post(await self._meter_side.release())
                case do.Offer() | do.Withhold() | do.Lock() | do.Unlock():
                    await self._control(effect)

    async def _control(self, effect: do.Offer | do.Withhold | do.Lock | do.Unlock) -> None:
        try:
            match effect:
                case do.Offer(limit_amps):
                    async with self._controller_free:
                        await self._controller.offer(limit_amps)
                case do.Withhold():
                    async with self._controller_free:
                        await self._controller.withhold()
                case do.Lock():
                    self._not_locked = None
                    async with self._plug_free:
                        await self._controller.lock()
                case do.Unlock():
                    await self._let_plug_go()
        except DeviceError as error:
            self._control_failed(effect, error)
        else:
            moved = isinstance(effect, do.Lock | do.Unlock) and self._not_locked is None
            if moved and Fault.LOCK in self._session.faults:
                self.post(on.FaultCleared(Fault.LOCK))

    async def _let_plug_go(self) -> None:
        async with self._plug_free:
            await self._controller.unlock()

    def _control_failed(self, effect: do.Offer | do.Withhold | do.Lock | do.Unlock, error: DeviceError) -> None:
        log.error("controller_failed", evse=self.evse_id, action=type(effect).__name__, error=str(error))
        locking = isinstance(effect, do.Lock)
        if locking:
            self._not_locked = str(error)
        if not isinstance(error, LockError):
            self._prepared = False
        fault = Fault.LOCK if locking or isinstance(error, LockError) else Fault.CONTROLLER
        self.post(on.FaultRaised(fault, str(error)))

    async def _make_safe(self) -> None:
        """Leave nothing switched on, as far as the devices still answer."""
        for action in (self._controller.withhold, self._meter_side.release_output):
            try:
                async with asyncio.timeout(SAFE_TIMEOUT_S):
                    await action()
            except Exception as error:  # noqa: BLE001 whatever it is, the other device must still be told
                log.error("not_made_safe", evse=self.evse_id, action=action.__name__, error=repr(error))

    # Watching

    async def _watch_pilot(self) -> None:
        seen: on.PilotChanged | None = None
        told = frozenset[Fault]()
        failures = 0
        while True:
            try:
                if not self._prepared:
                    await self._prepare()
                async with self._controller_free:
                    status = await self._controller.status()
            except DeviceError as error:
                failures += 1
                if failures == FAILURES_TO_FAULT:
                    self._prepared = False
                    self.post(on.FaultRaised(Fault.CONTROLLER, str(error)))
            else:
                failures = 0
                told = self._tell_errors(status.errors, told)
                look = on.PilotChanged(status.letter.value, status.cable_rating_a)
                if look != seen:
                    seen = look
                    self.post(look)
            await asyncio.sleep(PILOT_POLL_S)

    def _tell_errors(self, errors: frozenset[str], told: frozenset[Fault]) -> frozenset[Fault]:
        """Tell what came and went since the last look; a fault that somebody else found is not cleared here.

        That a lock which did not move is not asked to any more does not make it a good one.
        """
        found, known = faults_of(errors), self._session.faults
        for fault, text in found.items():
            if fault not in known:
                self.post(on.FaultRaised(fault, text))
        lasting = found.keys() | ({Fault.LOCK} if self._not_locked is not None else set())
        # What was told may still wait in the inbox, and is cleared behind it.
        for fault in (told | (known & {Fault.CONTROLLER})) - lasting:
            self.post(on.FaultCleared(fault))
        return frozenset(found)

    async def _prepare(self) -> None:
        """Start the controller anew, because what it was told last may not have reached it."""
        async with self._controller_free:
            await self._controller.prepare()
        if self._session.transaction is None:
            try:
                await self._let_plug_go()
            except LockError as error:
                self.post(on.FaultRaised(Fault.LOCK, str(error)))
        self._prepared = True


def evse_of(evses: Mapping[int, Evse], transaction_id: str) -> Evse | None:
    """Return the EVSE where a transaction runs, or None if it does not run any more."""
    return next((evse for evse in evses.values() if has_transaction(evse.session, transaction_id)), None)
