"""One step in the making: the session as it changes, the effects as they add up, and moves that events share."""

from dataclasses import dataclass, field, replace
from typing import Any

from ocpp.v201.enums import ReasonEnumType, TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.faults import COMPONENTS, FLAPPING, REASONS, Fault
from station.core.policy import Moment, Policy, TxPoint
from station.core.records import SignedRecord
from station.core.reports import Alert
from station.core.session import Session, Stop, Transaction

POWER_LOSS = Stop(TriggerReasonEnumType.abnormal_condition, ReasonEnumType.power_loss)
FAULTED = Stop(TriggerReasonEnumType.abnormal_condition, ReasonEnumType.other)
UNPLUGGED = Stop(TriggerReasonEnumType.ev_communication_lost, ReasonEnumType.ev_disconnected)
DEAUTHORIZED = Stop(TriggerReasonEnumType.deauthorized, ReasonEnumType.de_authorized)
NO_CABLE = Stop(TriggerReasonEnumType.ev_connect_timeout, ReasonEnumType.timeout)

ENDED_WITH_THE_AUTHORIZATION = frozenset({TxPoint.AUTHORIZED, TxPoint.POWER_PATH_CLOSED, TxPoint.ENERGY_TRANSFER})
"""Stop points that are reached when a driver is not authorized any more (E05.FR.10, E06.FR.03, FR.06, FR.07)."""


@dataclass(slots=True)
class Work:
    """A session on its way from one state to the next."""

    session: Session
    policy: Policy
    moment: Moment
    effects: list[do.Effect] = field(default_factory=list)

    @property
    def transaction(self) -> Transaction | None:
        return self.session.transaction

    def set(self, **changes: Any) -> None:
        self.session = replace(self.session, **changes)

    def set_transaction(self, **changes: Any) -> None:
        if self.session.transaction is not None:
            self.set(transaction=replace(self.session.transaction, **changes))

    def do(self, *effects: do.Effect) -> None:
        self.effects.extend(effects)


def stop(work: Work, stop: Stop) -> None:
    """End the transaction, whatever its stop points are; the first reason counts. Nobody is authorized then."""
    if work.transaction is not None and work.transaction.stop is None:
        work.set_transaction(stop=stop)
    if work.transaction is None:
        forget_driver(work)


def fault_stop(fault: Fault) -> Stop:
    """Return why a transaction ends that a fault ends (E06.FR.16)."""
    return Stop(TriggerReasonEnumType.abnormal_condition, REASONS.get(fault, ReasonEnumType.other))


def end_authorization(work: Work, stop: Stop, *, keep_locked: bool = False) -> None:
    """Take the authorization away: no more energy. The transaction ends with it if a stop point says so."""
    transaction = work.transaction
    if transaction is not None and transaction.over is None:
        work.set_transaction(over=stop, keep_locked=keep_locked)
        if transaction.stop is None and work.policy.stop_points & ENDED_WITH_THE_AUTHORIZATION:
            work.set_transaction(stop=stop)
    forget_driver(work)


def forget_driver(work: Work) -> None:
    if work.session.authorization is not None:
        work.set(authorization=None, authorized_at=None)
        if not work.session.plugged:
            work.do(do.StopTimer(on.Timer.EV_CONNECT))


def await_cable(work: Work, seconds: float) -> None:
    work.do(do.StartTimer(on.Timer.EV_CONNECT, max(0.0, seconds)))


def raise_fault(work: Work, fault: Fault, text: str) -> None:
    session = work.session
    if fault in session.faults:
        return
    work.set(faults=session.faults | {fault}, settling=session.settling - {fault})
    if fault not in session.settling:  # else the CSMS does not know that it was away
        work.do(do.Raise(_alert(work, fault, text, active=True)))


def clear_fault(work: Work, fault: Fault) -> None:
    session = work.session
    if fault not in session.faults:
        return
    work.set(faults=session.faults - {fault})
    if fault in FLAPPING:
        work.set(settling=session.settling | {fault})
        work.do(do.StartTimer(on.Timer.SETTLE, work.policy.fault_settle_s))
    else:
        work.do(do.Raise(_alert(work, fault, "", active=False)))


def settle_faults(work: Work) -> None:
    """Tell the CSMS what stayed away."""
    gone = sorted(work.session.settling)
    work.set(settling=frozenset())
    work.do(*(do.Raise(_alert(work, fault, "", active=False)) for fault in gone))


def _alert(work: Work, fault: Fault, text: str, *, active: bool) -> Alert:
    transaction = work.transaction
    return Alert(
        component=COMPONENTS[fault],
        evse_id=work.session.evse_id,
        active=active,
        happened_at=work.moment.now,
        tech_code=fault.value,
        tech_info=text,
        transaction_id=transaction.id if transaction and transaction.started else work.session.owed,
    )


def is_new(work: Work, record: SignedRecord) -> bool:
    session = work.session
    # A session of version 0.1.0 does not say whose counter it knows; there was one meter then.
    other_meter = session.last_serial not in ("", record.meter_serial)
    return other_meter or record.pagination > session.last_pagination
