"""The rules of a session: `step(session, event, policy, moment) -> (session, effects)`.

An event first changes what is known (`apply`), then the consequences are drawn (`_settle`): a transaction is
made, metering begun, current offered, reports written, the end signed. No energy is offered without a signed
begin; Ended is written when the end is signed, or could not be signed.
"""

from ocpp.v201.enums import TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.apply import apply
from station.core.ending import NO_CAUSES, cease, end_metering, finish, release_plug
from station.core.faults import Fault
from station.core.identification import request_of
from station.core.policy import Moment, Policy, TxPoint
from station.core.reporting import started, updated
from station.core.sampling import PHASES_AFTER_S, limit_energy, shown, when_triggered
from station.core.session import (
    Metering,
    Session,
    Transaction,
    allowed_amps,
    charging_state,
    conditions,
    energy_flows,
)
from station.core.showing import Values
from station.core.work import Work, clear_fault

Trigger = TriggerReasonEnumType

EV_READY_AFTER_S = 10.0
"""A vehicle that is offered current and takes none for so long is one that suspends."""

EDGES = frozenset({Trigger.authorized, Trigger.remote_start, Trigger.cable_plugged_in, Trigger.ev_detected})
"""What people and their vehicles do; nothing else begins a transaction."""

LATE_POINTS = {
    TxPoint.DATA_SIGNED: Trigger.signed_data_received,
    TxPoint.ENERGY_TRANSFER: Trigger.charging_state_changed,
}
"""Start points that come later than what people did, so that they are the trigger of Started themselves."""


def step(session: Session, event: on.Event, policy: Policy, moment: Moment) -> tuple[Session, tuple[do.Effect, ...]]:
    """Return what the EVSE is after `event`, and what shall be done, in this order."""
    work = Work(session, policy, moment)
    trigger = apply(work, event)
    _settle(work, trigger, event, before=session)
    return work.session, tuple(work.effects)


def _settle(work: Work, trigger: Trigger | None, event: on.Event, *, before: Session) -> None:
    _forgive(work)
    _make_transaction(work, trigger, before)
    _begin_metering(work)
    if trigger not in NO_CAUSES:  # E05.FR.02: what ends the energy is told by an event of its own
        limit_energy(work, work.moment.reading)
    _offer(work)
    told = _report_start(work, trigger)
    cease(work, before, trigger)
    _offer(work)
    end_metering(work)
    if not told:
        _report_change(work, trigger, event)
    release_plug(work)
    finish(work, event.reading if isinstance(event, on.EndFailed) else None)


def _forgive(work: Work) -> None:
    """What went wrong with one vehicle is no reason to turn the next one away."""
    if not work.session.plugged:
        clear_fault(work, Fault.BEGIN)
        work.set(served=None)
    if not work.session.cable_in:
        clear_fault(work, Fault.LOCK)


def _make_transaction(work: Work, trigger: Trigger | None, before: Session) -> None:
    """A transaction begins on an edge: a condition that was true before must not start a second one."""
    if work.transaction is not None or trigger not in EDGES:
        return
    session, policy = work.session, work.policy
    authorization = session.authorization
    if session.faults or not session.awake or ((session.blocked or session.inoperative) and authorization is None):
        return
    now = conditions(session)
    if (now - conditions(before)) & policy.start_points or TxPoint.POWER_PATH_CLOSED in now:
        work.set(
            transaction=Transaction(
                work.moment.fresh_id,
                cause=trigger,
                token=authorization.token if authorization else None,
                remote_start_id=authorization.remote_start_id if authorization else None,
            )
        )


def _begin_metering(work: Work) -> None:
    session, transaction, policy = work.session, work.transaction, work.policy
    if transaction is None or transaction.stop or transaction.over or transaction.begin:
        return
    if session.metering is not Metering.OFF or session.faults:
        return
    if not session.plugged or session.authorization is None:
        return
    request = request_of(
        transaction.token,
        session.authorization.source,
        remote=transaction.remote_start_id is not None,
        evse_name=policy.evse_name,
        transaction_id=transaction.id,
    )
    work.set(metering=Metering.STARTING)
    work.set_transaction(request=request)
    work.do(do.StopTimer(on.Timer.RETRY), do.Lock(), do.TurnOn(request))


def _report_start(work: Work, trigger: Trigger | None) -> bool:
    """Write Started as soon as any start point is reached (E01.FR.01-06); energy never flows untold."""
    transaction = work.transaction
    if transaction is None or transaction.started:
        return False
    reached = conditions(work.session) & (work.policy.start_points | {TxPoint.ENERGY_TRANSFER})
    if not reached:
        return False
    cause = trigger if trigger in EDGES else transaction.cause
    if transaction.remote_start_id is not None:
        cause = Trigger.remote_start  # F01.FR.19
    elif reached <= LATE_POINTS.keys():
        cause = next(LATE_POINTS[point] for point in LATE_POINTS if point in reached)
    work.set_transaction(started=True, cause=cause)
    _tell(work, started(work.session, work.policy, work.moment))
    return True


def _offer(work: Work) -> None:
    session, transaction = work.session, work.transaction
    offered = 0.0
    if session.metering is Metering.ON and transaction and transaction.begin and not session.faults:
        done = transaction.stop or transaction.over or transaction.suspended
        if session.plugged and not done:
            offered = allowed_amps(session, work.policy)
    if offered != session.offered_amps:
        work.set(offered_amps=offered)
        work.do(do.Offer(offered) if offered else do.Withhold())
        if offered and transaction and not transaction.energy_flowed:
            work.do(do.StartTimer(on.Timer.EV_READY, EV_READY_AFTER_S))
    if transaction and not transaction.energy_flowed and energy_flows(work.session):
        work.set_transaction(energy_flowed=True)
        work.do(do.StartTimer(on.Timer.PHASES, PHASES_AFTER_S))


def _report_change(work: Work, trigger: Trigger | None, event: on.Event) -> None:
    transaction, session = work.transaction, work.session
    if transaction is None or not transaction.started or transaction.stop:
        return
    if trigger is None and charging_state(session) is transaction.told_state:
        return
    why = trigger or Trigger.charging_state_changed
    _tell(work, updated(session, work.policy, work.moment, trigger=why, measured=_values(work, event)))


def _values(work: Work, event: on.Event) -> Values | None:
    """Return the values that an event brought for its report."""
    match event:
        case on.Sampled():
            return Values(event.reading, shown(work.policy, event.due), event.record)
        case on.Triggered(reading) if reading is not None:
            return Values(reading, when_triggered(work.policy))
    return None


def _tell(work: Work, told: tuple[Transaction, do.Report]) -> None:
    transaction, report = told
    work.set(transaction=transaction)
    work.do(report)
