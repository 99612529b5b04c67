"""One EVSE: inbox, rules, commit, hardware. The only owner of its pilot, lock and meter."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from station.core import effects as do
from station.core import events as on
from station.core.effects import DeviceEffect, Effect, StoredEffect
from station.core.events import Event, Timer
from station.core.faults import Fault, fault_of
from station.core.policy import Moment, Policy
from station.core.records import LeftOver, Reading
from station.core.session import Session, connector_status, idle, waking
from station.core.step import step
from station.errors import (
    DeviceError,
    RecordInvalidError,
    WrongMeterError,
)
from station.evse_log import tell
from station.hardware.ports import ChargeController
from station.meter.port import MeterIdentity, SigningMeter
from station.storage.journal import Journal

PILOT_POLL_S = 0.25
METER_POLL_S = 5.0
TIME_CHECK_S = 600.0
"""How often the meter may see whether its clock is due: a day, or the switch of summer time, has passed."""
FAILURES_TO_FAULT = 3
"""A device is faulted after so many failed looks in a row; one lost frame is not a fault."""
SAFE_TIMEOUT_S = 15.0

log = structlog.get_logger("station.evse")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all EVSEs of a station share."""

    journal: Journal
    now: Callable[[], datetime]
    online: Callable[[], bool]
    mail: asyncio.Event
    """Set when something was put into the outbox."""
    news: asyncio.Event
    """Set when the status of a connector changed."""


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
    ) -> None:
        """`meter_key`: the public key (DER) that the meter must have; None if any will do."""
        self.evse_id = evse_id
        self.identity: MeterIdentity | None = None
        """Who the meter said it is; None until it was met."""
        self._meter = meter
        self._meter_key = meter_key
        self._controller = controller
        self._policy = policy
        self._around = around
        self._session = self._stored()
        self._reading: Reading | None = None
        self._inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._jobs: asyncio.Queue[DeviceEffect] = asyncio.Queue()
        self._timers: dict[Timer, asyncio.TimerHandle] = {}
        self._meter_free = asyncio.Lock()
        self._controller_free = asyncio.Lock()
        self._sample_due = asyncio.Event()
        self._prepared = False
        self._quiet = asyncio.Event()
        if idle(self._session):
            self._quiet.set()

    @property
    def session(self) -> Session:
        """What the EVSE is now; a value that never changes under its reader."""
        return self._session

    @property
    def reading(self) -> Reading | None:
        """The newest live values; look at their `taken_at` before showing them."""
        return self._reading

    def post(self, event: Event) -> None:
        """Tell the EVSE that something happened; never waits."""
        self._inbox.put_nowait(event)

    async def wait_idle(self) -> None:
        """Return when no transaction runs and nobody is authorized."""
        await self._quiet.wait()

    async def run(self) -> None:
        """Serve until cancelled; leaves with the vehicle offered nothing and the meter's output off."""
        self._session, self._prepared = self._stored(), False
        try:
            async with asyncio.TaskGroup() as tasks:
                # The pilot first, because that takes the current away; its news wait until the meter was heard.
                self._begin(tasks, self._watch_pilot)
                self._take(await self._wake())
                for part in (self._decide, self._act, self._watch_meter, self._keep_time):
                    self._begin(tasks, part)
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            self._inbox, self._jobs = asyncio.Queue(), asyncio.Queue()
            await self._make_safe()

    def _stored(self) -> Session:
        return replace(self._around.journal.load(self.evse_id), awake=False)

    def _begin(self, tasks: asyncio.TaskGroup, part: Callable[[], Coroutine[Any, Any, None]]) -> None:
        tasks.create_task(part(), name=f"evse-{self.evse_id}-{part.__name__.strip('_')}")

    # Deciding

    async def _decide(self) -> None:
        while True:
            event = await self._inbox.get()
            self._take(event)

    def _take(self, event: Event) -> None:
        """Decide, commit, then act: in this order, because the power may go in between."""
        before, now = self._session, self._around.now()
        moment = Moment(now, fresh_id=str(uuid.uuid4()))
        session, effects = step(before, event, self._policy(), moment)
        stored = [effect for effect in effects if isinstance(effect, StoredEffect)]
        if session != before or stored:
            self._around.journal.commit(session, stored, now=now, offline=not self._around.online())
        self._session = session
        log.debug("evse_event", evse=self.evse_id, event_type=type(event).__name__)
        tell(self.evse_id, stored)
        for effect in effects:
            if not isinstance(effect, StoredEffect):
                self._start(effect)
        if stored:
            self._around.mail.set()
        if (connector_status(session), waking(session)) != (connector_status(before), waking(before)):
            self._around.news.set()
        if idle(session):
            self._quiet.set()
        else:
            self._quiet.clear()

    def _start(self, effect: Effect) -> None:
        match effect:
            case do.StartTimer(timer, seconds):
                self._stop_timer(timer)
                loop = asyncio.get_running_loop()
                self._timers[timer] = loop.call_later(seconds, self.post, on.TimerExpired(timer))
            case do.StopTimer(timer):
                self._stop_timer(timer)
            case do.TakeSample():
                self._sample_due.set()
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
                case do.TurnOn():
                    self.post(await self._turn_on(effect))
                case do.TurnOff():
                    self.post(await self._turn_off())
                case do.ReleaseOutput():
                    self.post(await self._release_output())
                case do.Offer() | do.Withhold() | do.Lock() | do.Unlock():
                    await self._control(effect)

    async def _turn_on(self, effect: do.TurnOn) -> Event:
        if effect.shortened:
            log.warning("metadata_shortened", evse=self.evse_id, fields=effect.shortened)
        log.info("start_being_signed", evse=self.evse_id)
        try:
            async with self._meter_free:
                return on.BeginSigned(await self._meter.turn_on(effect.metadata))
        except DeviceError as error:
            self._keep_evidence(error)
            log.error("start_not_signed", evse=self.evse_id, error=str(error))
            return on.BeginFailed(fault_of(error, otherwise=Fault.BEGIN), str(error))

    async def _turn_off(self) -> Event:
        log.info("end_being_signed", evse=self.evse_id)
        try:
            async with self._meter_free:
                return on.EndSigned(await self._meter.turn_off())
        except DeviceError as error:
            self._keep_evidence(error)
            log.error("end_not_signed", evse=self.evse_id, error=str(error))
            return on.EndFailed(fault_of(error, otherwise=Fault.END), str(error))

    async def _release_output(self) -> Event:
        try:
            async with self._meter_free:
                await self._meter.release_output()
            return on.OutputReleased()
        except DeviceError as error:
            log.error("output_not_released", evse=self.evse_id, error=str(error))
            return on.ReleaseFailed(fault_of(error, otherwise=Fault.METER), str(error))

    async def _control(self, effect: do.Offer | do.Withhold | do.Lock | do.Unlock) -> None:
        try:
            async with self._controller_free:
                match effect:
                    case do.Offer(limit_amps):
                        await self._controller.offer(limit_amps)
                    case do.Withhold():
                        await self._controller.withhold()
                    case do.Lock():
                        await self._controller.lock()
                    case do.Unlock():
                        await self._controller.unlock()
        except DeviceError as error:
            fault = Fault.LOCK if isinstance(effect, do.Lock) else Fault.CONTROLLER
            log.error("controller_failed", evse=self.evse_id, action=type(effect).__name__, error=str(error))
            self._prepared = False
            self.post(on.FaultRaised(fault, str(error)))

    def _keep_evidence(self, error: DeviceError) -> None:
        if isinstance(error, RecordInvalidError):
            self._around.journal.keep_rejected(self.evse_id, error.ocmf, str(error), now=self._around.now())

    async def _make_safe(self) -> None:
        """Leave nothing switched on, as far as the devices still answer."""
        for action in (self._controller.withhold, self._meter.release_output):
            try:
                async with asyncio.timeout(SAFE_TIMEOUT_S):
                    await action()
            except Exception as error:  # noqa: BLE001 whatever it is, the other device must still be told
                log.error("not_made_safe", evse=self.evse_id, action=action.__name__, error=repr(error))

    # Watching

    async def _watch_pilot(self) -> None:
        seen: on.PilotChanged | None = None
        failures = 0
        while True:
            try:
                async with self._controller_free:
                    if not self._prepared:
                        await self._prepare()
                    status = await self._controller.status()
            except DeviceError as error:
                failures += 1
                if failures == FAILURES_TO_FAULT:
                    self._prepared = False
                    self.post(on.FaultRaised(Fault.CONTROLLER, str(error)))
            else:
                failures = 0
                if status.errors and Fault.CONTROLLER not in self._session.faults:
                    self.post(on.FaultRaised(Fault.CONTROLLER, ", ".join(sorted(status.errors))))
                elif not status.errors and Fault.CONTROLLER in self._session.faults:
                    self.post(on.FaultCleared(Fault.CONTROLLER))
                look = on.PilotChanged(status.letter.value, status.cable_rating_a)
                if look != seen:
                    seen = look
                    self.post(look)
            await asyncio.sleep(PILOT_POLL_S)

    async def _prepare(self) -> None:
        """Start the controller anew, because what it was told last may not have reached it."""
        await self._controller.prepare()
        if self._session.transaction is None:
            await self._controller.unlock()
        self._prepared = True

    async def _wake(self) -> on.Woken:
        """Return what the meter holds from before; nothing else is decided until that is known."""
        problem = ""
        for attempt in range(FAILURES_TO_FAULT):
            if attempt > 0:
                await asyncio.sleep(METER_POLL_S)
            try:
                return on.Woken(await self._meet())
            except DeviceError as error:
                log.error("meter_not_met", evse=self.evse_id, error=str(error))
                problem = str(error)
        return on.Woken(None, problem)

    async def _watch_meter(self) -> None:
        """Look at the meter again and again; one that was lost is met anew, for it may have lost its time."""
        failures = 0 if self._session.awake else FAILURES_TO_FAULT
        while True:
            due = self._sample_due.is_set()
            self._sample_due.clear()
            try:
                async with self._meter_free:
                    left_over = await self._meet() if failures >= FAILURES_TO_FAULT else None
                    self._reading = await self._meter.read()
            except DeviceError as error:
                failures += 1
                if failures == FAILURES_TO_FAULT:
                    log.error("meter_silent", evse=self.evse_id, error=str(error))
                    self.post(on.FaultRaised(Fault.METER, str(error)))
            else:
                failures = 0
                if left_over is not None and not self._session.awake:
                    self.post(on.MeterFound(left_over))
                elif Fault.METER in self._session.faults:
                    self.post(on.FaultCleared(Fault.METER))
                if due:
                    self.post(on.Sampled(self._reading))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(METER_POLL_S):
                    await self._sample_due.wait()

    async def _keep_time(self) -> None:
        """Let the meter follow the time, but never while it measures for somebody (METER.md section 6)."""
        while True:
            await asyncio.sleep(TIME_CHECK_S)
            try:
                async with self._meter_free:
                    if self._session.transaction is None and self._session.owed is None:
                        await self._meter.set_time()
            except DeviceError as error:
                log.warning("meter_time_not_kept", evse=self.evse_id, error=str(error))

    async def _meet(self) -> LeftOver:
        identity = await self._meter.identify()
        if self._meter_key not in (None, identity.public_key):
            who = f"EVSE {self.evse_id}: meter {identity.serial}"
            raise WrongMeterError(f"{who} has another key than evse.meter.public_key: {identity.public_key.hex()}")
        self.identity = identity
        log.info(
            "meter_identified",
            evse=self.evse_id,
            serial=identity.serial,
            model=identity.model,
            meter_firmware=identity.meter_firmware,
            communication_firmware=identity.communication_firmware,
        )
        await self._meter.set_time()
        return await self._meter.left_over()
