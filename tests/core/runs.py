"""A session under test: feed it events, look at what it wants done and what it tells."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, count
from typing import Any, TypeVar

from ocpp.v201.enums import ReasonEnumType, TransactionEventEnumType, TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.faults import Fault
from station.core.policy import Moment, Policy, TxPoint
from station.core.powermeter import Phases, Powermeter
from station.core.records import LeftOver, RecordKind, SignedRecord
from station.core.reports import Alert, TransactionReport
from station.core.session import Metering, Session, Transaction
from station.core.step import step
from station.core.tokens import IdToken
from tests.fakes import NOON, SERIAL, a_record

ANNA = IdToken("04A1B2C3", "ISO14443")
BERT = IdToken("04D4E5F6", "ISO14443")
NOTHING_LEFT = LeftOver(SERIAL, -1, output_on=False, contactor_closed=False, begin=None, end=None)
STARTED, UPDATED, ENDED = (
    TransactionEventEnumType.started,
    TransactionEventEnumType.updated,
    TransactionEventEnumType.ended,
)

CABLE_AMPS = 20.0

WORDS: dict[str, on.Event] = {
    "bay": on.BayChanged(occupied=True),
    "leave": on.BayChanged(occupied=False),
    "plug": on.PilotChanged("B", CABLE_AMPS),
    "draw": on.PilotChanged("C", CABLE_AMPS),
    "rest": on.PilotChanged("B", CABLE_AMPS),
    "drop": on.PilotChanged("A", CABLE_AMPS),
    "pull": on.PilotChanged("A"),
    "card": on.Authorized(ANNA),
    "remote": on.Authorized(ANNA, remote_start_id=7),
    "tap": on.StopRequested(on.StopCause.CARD, token=ANNA),
    "remote-stop": on.StopRequested(on.StopCause.REMOTE),
    "master-pass": on.StopRequested(on.StopCause.MASTER_PASS, token=BERT),
    "reset": on.StopRequested(on.StopCause.RESET),
    "shutdown": on.StopRequested(on.StopCause.SHUTDOWN),
    "fault": on.FaultRaised(Fault.CONTROLLER, "no answer"),
    "residual-current": on.FaultRaised(Fault.GROUND, "30 mA"),
    "no-cable": on.TimerExpired(on.Timer.EV_CONNECT),
    "unlock": on.Unlocked(),
    "no-current": on.LimitChanged(0.0),
}
"""What people, vehicles and the CSMS do, so that a story can be told in a line.

`drop` is the cable taken out of the vehicle, `pull` out of both ends; `tap` is the card that ends it.
"""

E = TypeVar("E")


class Run:
    """Each event takes a second; effects add up until they are `taken`."""

    def __init__(self, *, session: Session | None = None, awake: bool = True, **policy: Any) -> None:
        self.options = policy
        self.policy = Policy(evse_name="DE*ABC*E1", **policy)
        self.session = session or Session(evse_id=1)
        self.now = NOON
        self.effects: list[do.Effect] = []
        self.reading: Powermeter | None = None
        """What the meter says at the moment."""
        self._ids, self._paginations = count(1), count(100)
        if awake:
            self(on.Woken(NOTHING_LEFT))
            self.effects.clear()

    def __call__(self, *events: on.Event) -> list[do.Effect]:
        """Take the events; return what they caused."""
        caused: list[do.Effect] = []
        for event in events:
            self.now += timedelta(seconds=1)
            moment = Moment(self.now, fresh_id=f"transaction-{next(self._ids)}", reading=self.reading)
            self.session, effects = step(self.session, event, self.policy, moment)
            caused += effects
        self.effects += caused
        return caused

    # What people and devices do

    def card(self, token: IdToken = ANNA) -> list[do.Effect]:
        return self(on.Authorized(token))

    def remote(self, number: int = 7, token: IdToken = ANNA) -> list[do.Effect]:
        return self(on.Authorized(token, remote_start_id=number))

    def pilot(self, *letters: str) -> list[do.Effect]:
        return self(*(on.PilotChanged(letter) for letter in letters))

    def sign_begin(self) -> list[do.Effect]:
        return self(on.BeginSigned(self.record(RecordKind.TURN_ON)))

    def sign_end(self, energy_wh: int = 4200) -> list[do.Effect]:
        return self(on.EndSigned(self.record(RecordKind.TURN_OFF, energy_wh)))

    def record(self, kind: RecordKind, session_energy_wh: int = 0) -> SignedRecord:
        energy = 1000 + session_energy_wh
        return a_record(kind, next(self._paginations), energy_wh=energy, session_energy_wh=session_energy_wh)

    def sample(self, energy_wh: int = 1500) -> list[do.Effect]:
        return self(on.Sampled(a_reading(energy_wh)))

    def expire(self, timer: on.Timer) -> list[do.Effect]:
        return self(on.TimerExpired(timer))

    def restart(self, left_over: LeftOver | None = NOTHING_LEFT) -> list[do.Effect]:
        return self(on.Woken(left_over))

    # Whole stretches

    def play(self, story: str) -> list[do.Effect]:
        """Do what each of the `WORDS` says; at `begin` and `end` the meter signs what it was asked for."""
        caused: list[do.Effect] = []
        for word in story.split():
            match word:
                case "begin" | "end":
                    caused += self.signed()
                case "refused":
                    caused += self.judge()
                case _:
                    caused += self(WORDS[word])
        return caused

    def signed(self) -> list[do.Effect]:
        """Have the meter sign what it was asked for."""
        match self.session.metering:
            case Metering.STARTING:
                return self.sign_begin()
            case Metering.STOPPING:
                return self.sign_end()
        return []

    def change(self, **policy: Any) -> None:
        """The CSMS sets variables."""
        self.options |= policy
        self.policy = replace(self.policy, **policy)

    def charging(self) -> "Run":
        """Plugged, authorized, signed, drawing; the effects so far are forgotten."""
        self.pilot("B")
        self.card()
        self.sign_begin()
        self.pilot("C")
        self.effects.clear()
        return self

    def stop(self, cause: on.StopCause) -> list[do.Effect]:
        return self(on.StopRequested(cause))

    def judge(self, *, accepted: bool = False, group: IdToken | None = None) -> list[do.Effect]:
        return self(on.Judged(self.transaction.id, accepted, group))

    # What came of it

    @property
    def transaction(self) -> Transaction:
        assert self.session.transaction is not None
        return self.session.transaction

    @property
    def reports(self) -> list[TransactionReport]:
        return reports(self.effects)

    @property
    def told(self) -> list[str]:
        """What the CSMS was told: event, trigger, and state or reason where there is one."""
        return [in_short(report) for report in self.reports]

    @property
    def locked(self) -> bool:
        """Whether the plug is held, by what was done last."""
        moves = [isinstance(effect, do.Lock) for effect in self.effects if isinstance(effect, do.Lock | do.Unlock)]
        return bool(moves) and moves[-1]

    @property
    def alerts(self) -> list[Alert]:
        return [effect.alert for effect in self.effects if isinstance(effect, do.Raise)]


def reports(effects: list[do.Effect]) -> list[TransactionReport]:
    return [effect.report for effect in effects if isinstance(effect, do.Report)]


def in_short(report: TransactionReport) -> str:
    """Return such as "Updated ChargingStateChanged Charging" or "Ended RemoteStop EVConnected Remote"."""
    words = (report.event, report.trigger, report.charging_state, report.stopped_reason)
    return " ".join(word.value for word in words if word is not None)


def only(effects: list[do.Effect], kind: type[E]) -> E:
    """Return the one effect of this kind."""
    [found] = [effect for effect in effects if isinstance(effect, kind)]
    return found


def has(effects: list[do.Effect], *kinds: type) -> bool:
    return any(isinstance(effect, kinds) for effect in effects)


def only_report(effects: list[do.Effect]) -> TransactionReport:
    [report] = reports(effects)
    return report


def ending(report: TransactionReport) -> tuple[TriggerReasonEnumType, ReasonEnumType | None]:
    """Return trigger and reason of an Ended event."""
    assert report.event is ENDED
    return report.trigger, report.stopped_reason


def a_reading(energy_wh: int = 1500, *, at: datetime = NOON) -> Powermeter:
    return Powermeter(
        at,
        Phases(float(energy_wh)),
        power_w=Phases(11040.0, 3680.0, 3660.0, 3700.0),
        current_a=Phases(48.0, 16.0, 15.9, 16.1),
        voltage_v=Phases(None, 229.8, 230.1, 231.0),
        frequency_hz=Phases(50.01),
        power_factor=Phases(None, 1.0, 0.99, 0.98),
    )


def left(*, output_on: bool = False, begin: SignedRecord | None = None, end: SignedRecord | None = None) -> LeftOver:
    return replace(NOTHING_LEFT, output_on=output_on, contactor_closed=output_on, begin=begin, end=end)


def asleep(run: Run) -> Run:
    """A new life of the station with the session that was stored."""
    return Run(session=run.session, awake=False, **run.options)


def owing() -> Run:
    """A transaction that ended without its signed end."""
    run = Run(end_attempts=1).charging()
    run.stop(on.StopCause.CARD)
    run(on.EndFailed(Fault.END, "status 3"))
    run.effects.clear()
    return run


SIGNED_FIRST = {"start_points": frozenset({TxPoint.DATA_SIGNED})}
"""Nothing is told before the begin is signed."""


def points(*names: TxPoint) -> dict[str, Any]:
    """The policy of a TxStartPoint."""
    return {"start_points": frozenset(names)}


def stops(*names: TxPoint) -> dict[str, Any]:
    """The policy of a TxStopPoint."""
    return {"stop_points": frozenset(names)}


BAY, EV, AUTHORIZED, SIGNED, CLOSED, ENERGY = TxPoint
"""TxPoint in short, for tables."""

SOME_LISTS = [
    *(frozenset({point}) for point in TxPoint),
    frozenset({EV, AUTHORIZED}),
    frozenset({BAY, CLOSED}),
    frozenset(TxPoint),
]
"""Enough where two lists meet; all pairs of all lists would take minutes."""

LISTS: tuple[frozenset[TxPoint], ...] = tuple(
    frozenset(some) for size in range(1, len(TxPoint) + 1) for some in combinations(TxPoint, size)
)
"""Everything that TxStartPoint or TxStopPoint may list."""


def names_of(some: frozenset[TxPoint]) -> str:
    return ",".join(sorted(some))
