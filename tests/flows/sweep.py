"""A station without a loop whose power can be cut at every point between two things it does."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Protocol

from ocpp.v201.enums import ReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.effects import DeviceEffect, StoredEffect
from station.core.faults import Fault
from station.core.policy import Moment, Policy
from station.core.reports import TransactionReport
from station.core.session import Session
from station.core.step import step
from station.core.tokens import IdToken
from station.hardware.ports import PilotLetter
from tests.core.runs import a_reading
from tests.fakes import NOON, ControllerHardware, FakeReceipt, MeterHardware, energy_path_closed

ANNA = IdToken("04A1B2C3", "ISO14443")
CABLE_AMPS = 20.0


class PowerCutError(Exception):
    """The power went."""


class Cut(StrEnum):
    """What stands without power for a moment."""

    DAEMON = "daemon"
    """Only the process dies: meter and controller go on with what they were told."""
    EVERYTHING = "everything"


class Fuse:
    """Counts the points at which the power may go, and lets it go at one of them."""

    def __init__(self, blows_at: int | None = None) -> None:
        self.passed = 0
        self._blows_at = blows_at

    def point(self) -> None:
        self.passed += 1
        if self.passed == self._blows_at:
            raise PowerCutError


class Store(Protocol):
    """What survives every cut."""

    @property
    def reports(self) -> list[TransactionReport]:
        """Every report that was committed, in order."""

    @property
    def receipts(self) -> dict[str, FakeReceipt]:
        """Every receipt by its transaction."""

    def load(self) -> Session:
        """Return the session that was committed last."""

    def commit(self, session: Session, effects: Iterable[StoredEffect], *, now: datetime) -> None:
        """Store all or nothing."""

    def reopen(self) -> None:
        """Lose what was not committed."""


@dataclass
class World:
    """Everything outside of the daemon."""

    store: Store
    policy: Policy = field(default_factory=Policy)
    meter: MeterHardware = field(default_factory=MeterHardware)
    controller: ControllerHardware = field(default_factory=ControllerHardware)
    cable_amps: float | None = None
    """The rating of the cable in the socket; None without one."""
    bay_occupied: bool = False
    drawn_wh: int = 0
    """What the vehicles got, all in all."""
    refused_ends: int = 0
    """How often the meter will still refuse to sign an end."""
    ends_were_refused: bool = False
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    now: datetime = NOON

    def pass_time(self) -> None:
        self.now += timedelta(seconds=1)
        if energy_path_closed(self.meter, self.controller):
            self.meter.flow(10)
            self.drawn_wh += 10

    def cut(self, what: Cut) -> None:
        if what is Cut.EVERYTHING:
            self.meter.lose_power()
            self.controller.lose_power()
        self.store.reopen()
        self.pass_time()


class Daemon:
    """Decides, commits and acts in the order of station.evse, one thing after the other."""

    def __init__(self, world: World, fuse: Fuse) -> None:
        self._world = world
        self._fuse = fuse
        self._jobs: deque[DeviceEffect | do.TakeSample] = deque()
        self.timers: set[on.Timer] = set()
        self.session = replace(world.store.load(), awake=False)

    def start(self) -> None:
        self._point()
        self._world.controller.offered_amps = 0.0  # what preparing the controller does
        self._point()
        transaction = self.session.transaction
        self.take(on.Woken(self._world.meter.left_over(transaction.request if transaction else None)))
        self.look()
        self.work()

    def look(self) -> None:
        self.take(on.PilotChanged(self._world.controller.letter, self._world.cable_amps))
        self.take(on.BayChanged(self._world.bay_occupied))

    def take(self, event: on.Event) -> None:
        moment = Moment(self._world.now, fresh_id=f"transaction-{next(self._world.ids)}")
        session, effects = step(self.session, event, self._world.policy, moment)
        self._point()
        stored = (effect for effect in effects if isinstance(effect, StoredEffect))
        self._world.store.commit(session, self._interruptible(stored), now=self._world.now)
        self._point()
        self.session = session
        for effect in effects:
            match effect:
                case do.StartTimer(timer):
                    self.timers.add(timer)
                case do.StopTimer(timer):
                    self.timers.discard(timer)
                case _ if isinstance(effect, DeviceEffect | do.TakeSample):
                    self._jobs.append(effect)

    def work(self) -> None:
        """Do all that is to be done, and let the time pass that retries wait for."""
        while self._jobs or on.Timer.RETRY in self.timers:
            if not self._jobs:
                self.expire(on.Timer.RETRY)
                continue
            effect = self._jobs.popleft()
            self._point()
            outcome = self._perform(effect)
            self._point()
            if outcome is not None:
                self.take(outcome)

    def expire(self, timer: on.Timer) -> None:
        """Let the time of a timer pass, if it runs."""
        if timer in self.timers:
            self.timers.discard(timer)
            self.take(on.TimerExpired(timer))

    def _perform(self, effect: DeviceEffect | do.TakeSample) -> on.Event | None:
        meter, controller = self._world.meter, self._world.controller
        match effect:
            case do.TurnOn(request):
                return on.BeginSigned(meter.turn_on(request))
            case do.TurnOff() if self._world.refused_ends > 0:
                self._world.refused_ends -= 1
                self._world.ends_were_refused = True
                meter.output_on = False
                return on.EndFailed(Fault.END, "status 3")
            case do.TurnOff():
                return on.EndSigned(meter.turn_off())
            case do.TakeSample(due, signed):
                transaction = self.session.transaction
                record = meter.sign_current(transaction.id) if signed and transaction else None
                return on.Sampled(a_reading(meter.energy_wh), due, record)
            case do.ReleaseOutput():
                meter.output_on = False
                return on.OutputReleased()
            case do.Offer(limit_amps):
                controller.offered_amps = limit_amps
            case do.Withhold():
                controller.offered_amps = 0.0
            case do.Lock():
                controller.locked = True
            case do.Unlock():
                controller.locked = False
        return None

    def _interruptible(self, stored: Iterable[StoredEffect]) -> Iterator[StoredEffect]:
        for effect in stored:
            yield effect
            self._point()

    def _point(self) -> None:
        self._world.pass_time()
        self._fuse.point()


Act = Callable[[World, Daemon], None]


def plug(world: World, daemon: Daemon) -> None:
    world.controller.letter, world.cable_amps = PilotLetter.B, CABLE_AMPS
    daemon.look()


def draw(world: World, daemon: Daemon) -> None:
    world.controller.letter = PilotLetter.C
    daemon.look()


def leave(world: World, daemon: Daemon) -> None:
    world.controller.letter, world.cable_amps = PilotLetter.A, None
    daemon.look()


def unplug_vehicle(world: World, daemon: Daemon) -> None:
    """The cable stays in the socket."""
    world.controller.letter = PilotLetter.A
    daemon.look()


def arrive(world: World, daemon: Daemon) -> None:
    world.bay_occupied = True
    daemon.look()


def depart(world: World, daemon: Daemon) -> None:
    world.bay_occupied = False
    daemon.look()


def expire(timer: on.Timer) -> Act:
    return lambda _world, daemon: daemon.expire(timer)


def judge(*, accepted: bool) -> Act:
    """The CSMS says what it thinks of the driver, if there is one."""

    def act(_world: World, daemon: Daemon) -> None:
        if transaction := daemon.session.transaction:
            daemon.take(on.Judged(transaction.id, accepted=accepted))

    return act


def card(world: World, daemon: Daemon) -> None:
    daemon.take(on.Authorized(ANNA))


def remote_start(world: World, daemon: Daemon) -> None:
    daemon.take(on.Authorized(ANNA, remote_start_id=7))


def stop(cause: on.StopCause) -> Act:
    return lambda world, daemon: daemon.take(on.StopRequested(cause))


def fault(world: World, daemon: Daemon) -> None:
    daemon.take(on.FaultRaised(Fault.CONTROLLER, "no answer"))
    daemon.work()
    daemon.take(on.FaultCleared(Fault.CONTROLLER))


def card_twice(world: World, daemon: Daemon) -> None:
    """The second one comes while the start is being signed."""
    card(world, daemon)
    daemon.take(on.StopRequested(on.StopCause.CARD))


def refuse_ends(times: int) -> Act:
    def act(world: World, daemon: Daemon) -> None:
        world.refused_ends = times

    return act


def play(world: World, daemon: Daemon, story: Iterable[Act]) -> None:
    for act in story:
        act(world, daemon)
        daemon.work()


def is_awaited(session: Session) -> bool:
    """A driver holds the right to charge, and fetches the cable: it outlives a cut for as long as he may take."""
    return session.transaction is None and session.authorization is not None and not session.plugged


def expected_reason(session: Session) -> tuple[str, ReasonEnumType] | None:
    """Return the transaction that stands open in the store, and what its Ended has to say."""
    transaction = session.transaction
    if transaction is None:
        return None
    return transaction.id, transaction.stop.reason if transaction.stop else ReasonEnumType.power_loss
