"""What holds for a session whatever happens in whatever order: a machine plays station, devices and driver.

Devices work through a queue like the worker of an EVSE; their outcomes arrive later, with anything in between.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from ocpp.v201.enums import TransactionEventEnumType as Event

from station.core import effects as do
from station.core import events as on
from station.core.documents import from_document, to_document
from station.core.effects import DeviceEffect
from station.core.faults import Fault
from station.core.policy import Moment, Policy, TxPoint
from station.core.records import LeftOver, SignedRecord
from station.core.session import Metering, Session, idle, refusal
from station.core.step import step
from tests.core.runs import ANNA, BERT, a_reading
from tests.fakes import NOON, MeterHardware

if TYPE_CHECKING:
    from station.core.reports import TransactionReport

POLICIES = st.builds(
    Policy,
    start_points=st.frozensets(st.sampled_from(TxPoint), max_size=3),
    stop_points=st.frozensets(st.sampled_from(TxPoint), min_size=1, max_size=3),
    fixed_cable=st.booleans(),
    stop_on_ev_side_disconnect=st.booleans(),
    unlock_on_ev_side_disconnect=st.booleans(),
    stop_on_invalid_id=st.booleans(),
    max_energy_on_invalid_id_wh=st.sampled_from([0, 400, 5000]),
    ended_interval_s=st.sampled_from([0.0, 60.0]),
    end_attempts=st.integers(1, 3),
    updated_interval_s=st.sampled_from([0.0, 60.0]),
)
OUTSIDE_FAULTS = st.sampled_from([Fault.METER, Fault.CONTROLLER, Fault.LOCK])
FAILED: dict[type, tuple[Any, list[Fault]]] = {
    do.TurnOn: (on.BeginFailed, [Fault.BEGIN, Fault.METER, Fault.CONTACTOR]),
    do.TurnOff: (on.EndFailed, [Fault.END, Fault.METER, Fault.CONTACTOR]),
    do.ReleaseOutput: (on.ReleaseFailed, [Fault.METER, Fault.CONTACTOR, Fault.OUTPUT]),
}


class Ledger:
    """What was stored, and what must be true of it at any time."""

    def __init__(self) -> None:
        self.told: dict[str, list[TransactionReport]] = {}
        self.kept: list[SignedRecord] = []
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.faults: set[str] = set()

    def store(self, effect: do.Effect) -> None:
        match effect:
            case do.Report(report):
                told = self.told.setdefault(report.transaction_id, [])
                assert report.seq_no == len(told), "a gap in the numbers"
                assert (report.event is Event.started) == (not told), "Started comes first, and once"
                assert not told or told[-1].event is not Event.ended, "nothing comes after Ended"
                told.append(report)
            case do.Raise(alert):
                assert alert.active != (alert.tech_code in self.faults), "told twice"
                (self.faults.add if alert.active else self.faults.remove)(alert.tech_code)
            case do.OpenReceipt():
                assert effect.transaction_id not in self.opened
                self.opened.append(effect.transaction_id)
            case do.KeepRecord():
                assert effect.transaction_id in self.opened, "a record without a receipt"
                assert effect.record not in self.kept, "a record stored twice"
                self.kept.append(effect.record)
            case do.CloseReceipt():
                assert effect.transaction_id in self.opened
                assert effect.transaction_id not in self.closed
                self.closed.append(effect.transaction_id)


class Life(RuleBasedStateMachine):
    """One EVSE from its first start to the end of the test."""

    @initialize(policy=POLICIES)
    def begin(self, policy: Policy) -> None:
        self.policy, self.session = policy, Session(evse_id=1)
        self.ledger, self.meter = Ledger(), MeterHardware()
        self.offered_amps, self.now, self.ids = 0.0, NOON, 0
        self.troubles: list[tuple[int, bool]] = []
        self.restart(silent=False, everything=False)

    def take(self, event: on.Event) -> None:
        self.now += timedelta(seconds=1)
        self.ids += 1
        before = self.session
        self.session, effects = step(before, event, self.policy, Moment(self.now, f"transaction-{self.ids}"))
        assert from_document(Session, to_document(self.session)) == self.session
        for effect in effects:
            self.check(before, effect)
            self.ledger.store(effect)
            match effect:
                case do.StartTimer(timer, seconds):
                    assert seconds > 0
                    self.timers.add(timer)
                case do.StopTimer(timer):
                    self.timers.discard(timer)
                case do.TakeSample(due):
                    self.sample_asked = due
                case _ if isinstance(effect, DeviceEffect):
                    self.jobs.append(effect)
        if before.transaction is None and self.session.transaction is not None:
            assert isinstance(event, on.Authorized | on.PilotChanged | on.BayChanged), "nobody began it"
        self.check_session()

    def check(self, before: Session, effect: do.Effect) -> None:
        busy = [job for job in [*self.jobs, *self.outcomes] if isinstance(job, SIGNING)]
        match effect:
            case do.TurnOn():
                assert before.metering is Metering.OFF
                assert not busy, "the meter is still signing"
                assert self.session.plugged
                assert not before.faults
            case do.TurnOff():
                assert not busy, "the meter is still signing"
            case do.Offer():
                assert self.session.transaction is not None
                assert self.session.transaction.begin in self.ledger.kept

    def check_session(self) -> None:
        session, transaction = self.session, self.session.transaction
        assert {fault.value for fault in session.faults | session.settling} == self.ledger.faults
        assert session.awake or not session.offered_amps
        if session.offered_amps > 0:
            assert session.metering is Metering.ON
            assert not session.faults
            assert transaction is not None
            assert transaction.begin is not None
            assert transaction.stop is None
            assert transaction.over is None
            assert not transaction.suspended
            assert session.plugged
        if session.offered_amps > 0 and session.letter in ("C", "D"):
            assert transaction is not None
            assert transaction.started, "energy flows untold"
        if transaction is None:
            assert session.metering is Metering.OFF
        if session.authorization is None and transaction is not None and session.awake:
            assert session.metering is not Metering.ON, "nobody may charge, and the meter is on"
        if session.held_for is not None:
            assert session.cable_in
        assert (session.owed is not None) == (Fault.END in session.faults)

    # The driver, the vehicle, the CSMS

    @rule(letter=st.sampled_from("ABBCCCDF"), cable=st.sampled_from([None, 20.0]))
    def pilot(self, letter: str, cable: float | None = None) -> None:
        self.take(on.PilotChanged(letter, cable))

    @rule(occupied=st.booleans())
    def bay(self, occupied: bool) -> None:
        self.take(on.BayChanged(occupied))

    @rule(accepted=st.booleans(), group=st.sampled_from([None, BERT]))
    def judge(self, accepted: bool, group: Any) -> None:
        this = self.session.transaction.id if self.session.transaction else "none"
        self.take(on.Judged(this, accepted, group))

    @rule(
        event=st.sampled_from(
            [
                on.Unlocked(),
                on.IntervalsChanged(),
                on.ClockStruck(frozenset({on.Due.CLOCK_UPDATED, on.Due.CLOCK_ENDED})),
            ]
        )
    )
    def other(self, event: on.Event) -> None:
        self.take(event)

    @rule(data=st.data())
    def configure(self, data: st.DataObject) -> None:
        """The CSMS sets start and stop points while the station runs."""
        some = data.draw(st.frozensets(st.sampled_from(TxPoint), min_size=1, max_size=3))
        more = data.draw(st.frozensets(st.sampled_from(TxPoint), max_size=3))
        self.policy = replace(self.policy, stop_points=some, start_points=more)

    @rule(letter=st.sampled_from("BC"), patient=st.booleans(), works=st.booleans())
    def visit(self, letter: str, patient: bool, works: bool) -> None:
        """The next driver, as it should be; so that the machine does not only play with ruins."""
        for fault in (Fault.METER, Fault.CONTROLLER):
            self.clear(fault)
        self.take(on.PilotChanged("A"))
        if patient:
            self.let_devices_work()
            self.pass_time()
        self.take(on.PilotChanged(letter))
        self.take(on.Authorized(ANNA))
        if works:
            self.let_devices_work()

    @rule(token=st.sampled_from([ANNA, BERT]), remote=st.sampled_from([None, None, 7]))
    def card(self, token: Any, remote: int | None) -> None:
        self.take(on.Authorized(token, remote_start_id=remote))

    @rule(
        cause=st.sampled_from(on.StopCause),
        name=st.sampled_from(["any", "any", "this", "other"]),
        works=st.booleans(),
    )
    def stop(self, cause: on.StopCause, name: str, works: bool) -> None:
        this = self.session.transaction.id if self.session.transaction else "none"
        self.take(on.StopRequested(cause, {"any": None, "this": this, "other": "other"}[name]))
        if works:
            self.let_devices_work()

    @rule(limit=st.sampled_from([0.0, 5.9, 6.0, 10.0, 32.0]))
    def limit(self, limit: float) -> None:
        self.take(on.LimitChanged(limit))

    @rule(blocked=st.sampled_from([False, False, False, True]))
    def block(self, blocked: bool) -> None:
        self.take(on.Blocked(blocked))

    @rule(operative=st.booleans())
    def change_availability(self, operative: bool) -> None:
        self.take(on.AvailabilityChanged(operative))

    @rule(known=st.booleans())
    def trigger(self, known: bool) -> None:
        self.take(on.Triggered(a_reading() if known else None))

    # Devices

    @rule(fault=OUTSIDE_FAULTS)
    def fault(self, fault: Fault) -> None:
        self.take(on.FaultRaised(fault, "in the test"))

    @rule(fault=st.sampled_from([Fault.METER, Fault.CONTROLLER]))
    def clear(self, fault: Fault) -> None:
        if self.session.awake or fault is not Fault.METER:
            self.take(on.FaultCleared(fault))

    @rule(trouble=st.integers(0, 2), times=st.integers(1, 4), stays_on=st.booleans())
    def meter_fails(self, trouble: int, times: int, stays_on: bool) -> None:
        """So often, whatever it is asked for."""
        self.troubles = [(trouble, stays_on)] * times

    @precondition(lambda self: self.jobs)
    @rule()
    def work(self) -> None:
        """The worker does one thing; its outcome is not read yet."""
        effect = self.jobs.popleft()
        if self.troubles and type(effect) in FAILED:
            trouble, self.meter.output_on = self.troubles.pop()
            event, faults = FAILED[type(effect)]
            self.outcomes.append(event(faults[trouble % len(faults)], "in the test"))
        else:
            self.perform(effect)

    def perform(self, effect: DeviceEffect) -> None:
        match effect:
            case do.TurnOn(request):
                self.outcomes.append(on.BeginSigned(self.meter.turn_on(request)))
            case do.TurnOff():
                self.outcomes.append(on.EndSigned(self.meter.turn_off()))
            case do.ReleaseOutput():
                self.meter.output_on = False
                self.outcomes.append(on.OutputReleased())
            case do.Offer(limit_amps):
                assert self.meter.output_on, "current without the meter's output"
                self.offered_amps = limit_amps
            case do.Withhold():
                self.offered_amps = 0.0

    @precondition(lambda self: self.jobs or self.outcomes)
    @rule()
    def let_devices_work(self) -> None:
        """The worker does all there is, and each outcome is read at once."""
        while self.jobs or self.outcomes:
            if self.outcomes:
                self.deliver()
            else:
                self.work()

    @precondition(lambda self: self.outcomes)
    @rule()
    def deliver(self) -> None:
        outcome = self.outcomes.popleft()
        self.take(outcome)
        if isinstance(outcome, on.BeginSigned | on.EndSigned):
            assert outcome.record in self.ledger.kept, "a signed record got lost"

    @precondition(lambda self: self.sample_asked)
    @rule()
    def sample(self) -> None:
        due, self.sample_asked = self.sample_asked, frozenset()
        self.take(on.Sampled(a_reading(), due))

    @precondition(lambda self: self.timers)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        self.run_out(data.draw(st.sampled_from(sorted(self.timers))))

    def run_out(self, timer: on.Timer) -> None:
        self.timers.discard(timer)
        self.take(on.TimerExpired(timer))

    # Restarts

    @rule(silent=st.sampled_from([False, False, False, True]), everything=st.booleans())
    def restart(self, silent: bool, everything: bool) -> None:
        self.jobs, self.outcomes = deque[DeviceEffect](), deque[on.Event]()
        self.timers, self.sample_asked = set[on.Timer](), frozenset[on.Due]()
        self.offered_amps = 0.0
        if everything:
            self.meter.lose_power()
        self.session = replace(from_document(Session, to_document(self.session)), awake=False)
        self.take(on.Woken(None if silent else self.left_over()))

    def left_over(self) -> LeftOver:
        transaction = self.session.transaction
        return self.meter.left_over(transaction.request if transaction else None)

    @precondition(lambda self: not self.session.awake and not self.outcomes)
    @rule()
    def find_meter(self) -> None:
        self.take(on.MeterFound(self.left_over()))

    # The end of the story

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        self.settle()
        self.check_nothing_open()
        self.take(on.LimitChanged(16.0))
        self.take(on.Blocked(False))
        self.take(on.AvailabilityChanged(operative=True))
        for event in (on.PilotChanged("B"), on.Authorized(ANNA), on.PilotChanged("C")):
            self.take(event)
            self.let_devices_work()
        assert self.session.offered_amps == 16.0
        assert self.offered_amps == 16.0
        self.settle()
        self.check_nothing_open()

    def settle(self) -> None:
        """All faults go, the vehicle leaves, time passes."""
        self.troubles.clear()
        if not self.session.awake:
            self.let_devices_work()
            self.find_meter()
        self.take(on.FaultCleared(Fault.METER))
        self.take(on.FaultCleared(Fault.CONTROLLER))
        self.take(on.PilotChanged("A"))
        self.take(on.BayChanged(occupied=False))
        self.let_devices_work()
        self.pass_time()
        self.take(on.FaultCleared(Fault.METER))

    def pass_time(self) -> None:
        for _ in range(2):
            for timer in sorted(self.timers):
                self.run_out(timer)
                self.let_devices_work()

    def check_nothing_open(self) -> None:
        assert idle(self.session)
        assert not self.session.faults
        assert self.session.blocked or self.session.inoperative or refusal(self.session) is None
        assert not self.meter.output_on
        assert self.offered_amps == self.session.offered_amps == 0
        assert all(told[-1].event is Event.ended for told in self.ledger.told.values())
        assert self.ledger.closed == self.ledger.opened
        assert len(self.ledger.kept) == 2 * len(self.ledger.opened)


SIGNING = (do.TurnOn, do.TurnOff, on.BeginSigned, on.BeginFailed, on.EndSigned, on.EndFailed)

TestLife = Life.TestCase
TestLife.settings = settings(max_examples=100, stateful_step_count=80, deadline=None)


def moves(life: Life, chance: random.Random) -> list[Callable[[], None]]:
    """Return what may happen next, the likely as often as it is likely."""
    coin = chance.random() < 0.5
    return [
        *[partial(life.visit, chance.choice("BC"), patient=coin, works=chance.random() < 0.5)] * 4,
        *[partial(life.pilot, chance.choice("ABCCCDF"))] * 4,
        *[partial(life.stop, chance.choice(list(on.StopCause)), "any", works=coin)] * 2,
        *[life.let_devices_work] * 3,
        *[life.work] * 4 * bool(life.jobs),
        *[life.deliver] * 4 * bool(life.outcomes),
        *[life.find_meter] * 5 * (not life.session.awake and not life.outcomes),
        *[partial(life.run_out, timer) for timer in sorted(life.timers)] * 2,
        *[life.sample] * 3 * bool(life.sample_asked),
        partial(life.meter_fails, chance.randrange(3), chance.randint(1, 4), stays_on=coin),
        partial(life.fault, chance.choice([Fault.METER, Fault.CONTROLLER, Fault.LOCK])),
        partial(life.clear, Fault.METER),
        partial(life.clear, Fault.CONTROLLER),
        partial(life.limit, chance.choice([0.0, 6.0, 32.0])),
        partial(life.block, coin),
        partial(life.block, blocked=False),
        partial(life.restart, silent=chance.random() < 0.3, everything=coin),
    ]


@pytest.mark.parametrize("seed", range(10))
def test_long_lives_with_much_to_do(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(20):
        points = frozenset(chance.sample(list(TxPoint), chance.randrange(3)))
        life = Life()
        life.begin(Policy(start_points=points, end_attempts=chance.randint(1, 2)))
        for _ in range(120):
            chance.choice(moves(life, chance))()
        life.teardown()
