"""How a transaction ends: its last report, its receipt, and the plug."""

from ocpp.v201.enums import ReasonEnumType, TriggerReasonEnumType

from station.core import effects as do
from station.core.policy import TxPoint
from station.core.powermeter import Powermeter
from station.core.reporting import ended
from station.core.sampling import stop_timers
from station.core.session import Metering, Session, Stop, Transaction, conditions, wants_energy
from station.core.work import Work, forget_driver

REASONS = {
    TriggerReasonEnumType.ev_departed: ReasonEnumType.local,
    TriggerReasonEnumType.ev_communication_lost: ReasonEnumType.ev_disconnected,
}
"""stoppedReason of a transaction that ends with one of these, if nobody ended the authorization before."""


NO_CAUSES = frozenset(
    {
        TriggerReasonEnumType.meter_value_periodic,
        TriggerReasonEnumType.meter_value_clock,
        TriggerReasonEnumType.trigger,
        TriggerReasonEnumType.signed_data_received,
    }
)
"""Triggers that tell something about a transaction and never end it."""


def cease(work: Work, before: Session, trigger: TriggerReasonEnumType | None) -> None:
    """End the transaction when a stop point that held does not hold any more, or when nothing is left of it (E06)."""
    transaction, policy = work.transaction, work.policy
    if transaction is None or transaction.stop is not None:
        return
    ceased = (conditions(before) - conditions(work.session)) & policy.stop_points
    halted = transaction.suspended and TxPoint.ENERGY_TRANSFER in policy.stop_points
    nothing_to_sign = transaction.over and TxPoint.DATA_SIGNED in policy.stop_points and transaction.begin is None
    if ceased or halted or nothing_to_sign or _nothing_left(work):
        why = trigger if trigger not in (None, *NO_CAUSES) else _trigger_of(ceased)
        assert why is not None
        over = transaction.over
        stop = Stop(why, over.reason, over.token) if over else Stop(why, _reason(work.session, transaction, why))
        work.set_transaction(stop=stop)


def end_metering(work: Work) -> None:
    """Have the end signed as soon as nobody is authorized any more, or the transaction has to end."""
    transaction = work.transaction
    if transaction and (transaction.stop or transaction.over) and work.session.metering is Metering.ON:
        work.set(metering=Metering.STOPPING)
        stop_timers(work)
        work.do(do.TurnOff(transaction.id))


def release_plug(work: Work) -> None:
    """Let the plug go when the end is signed, or hold it for its owner."""
    transaction = work.transaction
    if transaction is None or transaction.released or work.session.metering is not Metering.OFF:
        return
    if transaction.stop is None and transaction.over is None:
        return
    work.set_transaction(released=True)
    detachable = work.session.cable_in and not work.policy.fixed_cable
    if transaction.keep_locked and transaction.token is not None and detachable:
        work.set(held_for=transaction.token)
    else:
        work.do(do.Unlock())


def finish(work: Work, reading: Powermeter | None = None) -> None:
    """Close the transaction once the meter is done with it; `reading` stands in for an end that is not signed."""
    transaction = work.transaction
    if transaction is None or transaction.stop is None or work.session.metering is not Metering.OFF:
        return
    release_plug(work)
    if transaction.started:
        told, report = ended(work.session, work.policy, work.moment, reading=reading)
        work.set(transaction=told)
        work.do(report)
    if transaction.begin:
        work.do(do.CloseReceipt(transaction.id, work.moment.now, transaction.stop.reason))
    forget_driver(work)
    work.set(transaction=None, served=transaction.token if work.session.plugged else None)


def _nothing_left(work: Work) -> bool:
    """No vehicle, no driver, and no bay that would count: it could only be taken for the next driver's."""
    session, policy = work.session, work.policy
    bay = session.bay_occupied and TxPoint.PARKING_BAY_OCCUPANCY in policy.start_points | policy.stop_points
    return not bay and not session.plugged and session.authorization is None and session.metering is Metering.OFF


def _trigger_of(ceased: frozenset[TxPoint]) -> TriggerReasonEnumType:
    if TxPoint.DATA_SIGNED in ceased:
        return TriggerReasonEnumType.signed_data_received
    return TriggerReasonEnumType.charging_state_changed


def _reason(session: Session, transaction: Transaction, why: TriggerReasonEnumType) -> ReasonEnumType:
    if transaction.suspended:
        return ReasonEnumType.de_authorized
    if why in REASONS:
        return REASONS[why]
    return ReasonEnumType.other if wants_energy(session) else ReasonEnumType.stopped_by_ev
