"""The rules of a session: `step(session, event, policy, moment) -> (session, effects)`.

An event first changes what is known (`apply`), then the consequences are drawn (`_settle`): a transaction is
made, metering begun, current offered, reports written, the end signed. No energy is offered without a signed
begin; Ended is written when the end is signed, or could not be signed.
"""

from ocpp.v201.enums import TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.apply import apply
from station.core.faults import Fault
from station.core.identification import request_of
from station.core.policy import Moment, Policy, TxPoint
from station.core.reporting import ended, started, updated
from station.core.session import MINIMUM_OFFER_AMPS, Metering, Session, Transaction, charging_state, energy_flows
from station.core.work import Work, clear_fault

TOLD_WHILE_RUNNING = frozenset(
    {
        TriggerReasonEnumType.authorized,
        TriggerReasonEnumType.remote_start,
        TriggerReasonEnumType.cable_plugged_in,
        TriggerReasonEnumType.signed_data_received,
        TriggerReasonEnumType.meter_value_periodic,
        TriggerReasonEnumType.trigger,
    }
)
"""Triggers that are worth an Updated event even if the charging state stays the same (E02.FR.17)."""

EDGES = frozenset(
    {
        TriggerReasonEnumType.authorized,
        TriggerReasonEnumType.remote_start,
        TriggerReasonEnumType.cable_plugged_in,
    }
)
"""What people do; nothing else begins a transaction."""

TRIGGERS_OF_POINTS = {
    TxPoint.DATA_SIGNED: TriggerReasonEnumType.signed_data_received,
    TxPoint.ENERGY_TRANSFER: TriggerReasonEnumType.charging_state_changed,
}
"""Start points that come later than what people did, so that they are the trigger of Started themselves."""


def step(session: Session, event: on.Event, policy: Policy, moment: Moment) -> tuple[Session, tuple[do.Effect, ...]]:
    """Return what the EVSE is after `event`, and what shall be done, in this order."""
    work = Work(session, policy, moment)
    trigger = apply(work, event)
    _settle(work, trigger, event)
    return work.session, tuple(work.effects)


def _settle(work: Work, trigger: TriggerReasonEnumType | None, event: on.Event) -> None:
    _forgive(work)
    _make_transaction(work, trigger)
    _begin_metering(work, trigger)
    _offer(work)
    told = _report_start(work)
    _end_metering(work)
    if not told:
        _report_change(work, trigger, event)
    _finish(work, event)


def _forgive(work: Work) -> None:
    """What went wrong with one vehicle is no reason to turn the next one away."""
    if not work.session.plugged:
        clear_fault(work, Fault.BEGIN)
        clear_fault(work, Fault.LOCK)


def _make_transaction(work: Work, trigger: TriggerReasonEnumType | None) -> None:
    """A transaction begins on an edge: a condition that was true before must not start a second one."""
    if work.transaction is not None or trigger not in EDGES:
        return
    session, points = work.session, work.policy.start_points
    authorization = session.authorization
    if session.faults or not session.awake or ((session.blocked or session.inoperative) and authorization is None):
        return
    begun = (session.plugged and TxPoint.EV_CONNECTED in points) or (
        authorization is not None and (session.plugged or TxPoint.AUTHORIZED in points)
    )
    if begun:
        work.set(
            transaction=Transaction(
                work.moment.fresh_id,
                cause=trigger,
                token=authorization.token if authorization else None,
                remote_start_id=authorization.remote_start_id if authorization else None,
            )
        )


def _begin_metering(work: Work, trigger: TriggerReasonEnumType | None) -> None:
    session, transaction, policy = work.session, work.transaction, work.policy
    if transaction is None or transaction.stop or transaction.begin or session.metering is not Metering.OFF:
        return
    if not session.plugged or session.authorization is None or session.faults:
        return
    if not transaction.started:
        remote = transaction.remote_start_id is not None
        work.set_transaction(cause=TriggerReasonEnumType.remote_start if remote else trigger or transaction.cause)
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


def _report_start(work: Work) -> bool:
    """Write Started as soon as any start point is reached (E01.FR.01-06); energy never flows untold."""
    transaction = work.transaction
    if transaction is None or transaction.started:
        return False
    points = work.policy.start_points | {TxPoint.ENERGY_TRANSFER}
    signed = transaction.begin is not None
    reached = {
        TxPoint.EV_CONNECTED: work.session.plugged,
        TxPoint.AUTHORIZED: work.session.authorization is not None,
        TxPoint.POWER_PATH_CLOSED: signed,
        TxPoint.DATA_SIGNED: signed,
        TxPoint.ENERGY_TRANSFER: energy_flows(work.session),
    }
    first = next((point for point, holds in reached.items() if holds and point in points), None)
    if first is None:
        return False
    cause = transaction.cause
    if transaction.remote_start_id is None:
        cause = TRIGGERS_OF_POINTS.get(first, cause)
    work.set_transaction(started=True, cause=cause)
    _tell(work, started(work.session, work.policy, work.moment))
    return True


def _offer(work: Work) -> None:
    session, transaction = work.session, work.transaction
    offered = 0.0
    if session.metering is Metering.ON and transaction and transaction.begin and not session.faults:
        limits = (work.policy.max_current_amps, session.limit_amps, session.cable_rating_amps)
        limit = min(limit for limit in limits if limit is not None)
        if not transaction.stop and not transaction.suspended and limit >= MINIMUM_OFFER_AMPS:
            offered = limit
    if offered != session.offered_amps:
        work.set(offered_amps=offered)
        work.do(do.Offer(offered) if offered else do.Withhold())
    if energy_flows(work.session):
        work.set_transaction(energy_flowed=True)


def _end_metering(work: Work) -> None:
    transaction = work.transaction
    if transaction and transaction.stop and work.session.metering is Metering.ON:
        work.set(metering=Metering.STOPPING)
        work.do(do.StopTimer(on.Timer.SAMPLE), do.TurnOff(transaction.id))


def _report_change(work: Work, trigger: TriggerReasonEnumType | None, event: on.Event) -> None:
    transaction, session = work.transaction, work.session
    if transaction is None or not transaction.started or transaction.stop:
        return
    changed = charging_state(session) is not transaction.told_state
    if trigger in TOLD_WHILE_RUNNING or changed:
        why = trigger if trigger in TOLD_WHILE_RUNNING else TriggerReasonEnumType.charging_state_changed
        reading = event.reading if isinstance(event, on.Sampled | on.Triggered) else None
        assert why is not None
        _tell(work, updated(work.session, work.policy, work.moment, trigger=why, reading=reading))


def _finish(work: Work, event: on.Event) -> None:
    """Close the transaction once the meter is done with it, with a signed end or without."""
    transaction = work.transaction
    if transaction is None or transaction.stop is None or work.session.metering is not Metering.OFF:
        return
    if transaction.started:
        reading = event.reading if isinstance(event, on.EndFailed) else None
        _tell(work, ended(work.session, work.policy, work.moment, reading=reading))
    if transaction.begin:
        work.do(do.CloseReceipt(transaction.id, work.moment.now, transaction.stop.reason))
    work.set(transaction=None, authorization=None)
    work.do(do.Unlock())


def _tell(work: Work, told: tuple[Transaction, do.Report]) -> None:
    transaction, report = told
    work.set(transaction=transaction)
    work.do(report)
