"""One step in the making: the session as it changes, the effects as they add up, and moves that events share."""

from dataclasses import dataclass, field, replace
from typing import Any

from ocpp.v201.enums import ReasonEnumType, TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.faults import COMPONENTS, Fault
from station.core.policy import Moment, Policy
from station.core.records import SignedRecord
from station.core.reports import Alert
from station.core.session import Session, Stop, Transaction

POWER_LOSS = Stop(TriggerReasonEnumType.abnormal_condition, ReasonEnumType.power_loss)
FAULTED = Stop(TriggerReasonEnumType.abnormal_condition, ReasonEnumType.other)
UNPLUGGED = Stop(TriggerReasonEnumType.ev_communication_lost, ReasonEnumType.ev_disconnected)
DEAUTHORIZED = Stop(TriggerReasonEnumType.deauthorized, ReasonEnumType.de_authorized)
NO_CABLE = Stop(TriggerReasonEnumType.ev_connect_timeout, ReasonEnumType.timeout)


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
    """End the transaction, the first reason counts; without one, forget who was authorized."""
    if work.transaction is None:
        forget_driver(work)
    elif work.transaction.stop is None:
        work.set_transaction(stop=stop)


def forget_driver(work: Work) -> None:
    if work.session.authorization is not None:
        work.set(authorization=None)
        work.do(do.StopTimer(on.Timer.EV_CONNECT))


def raise_fault(work: Work, fault: Fault, text: str) -> None:
    if fault not in work.session.faults:
        work.set(faults=work.session.faults | {fault})
        work.do(do.Raise(_alert(work, fault, text, active=True)))


def clear_fault(work: Work, fault: Fault) -> None:
    if fault in work.session.faults:
        work.set(faults=work.session.faults - {fault})
        work.do(do.Raise(_alert(work, fault, "", active=False)))


def _alert(work: Work, fault: Fault, text: str, *, active: bool) -> Alert:
    transaction = work.transaction
    return Alert(
        component=COMPONENTS[fault],
        evse_id=work.session.evse_id,
        active=active,
        happened_at=work.moment.now,
        tech_code=fault.value,
        tech_info=text,
        transaction_id=transaction.id if transaction and transaction.started else None,
    )


def is_new(work: Work, record: SignedRecord) -> bool:
    session = work.session
    # A session of version 0.1.0 does not say whose counter it knows; there was one meter then.
    other_meter = session.last_serial not in ("", record.meter_serial)
    return other_meter or record.pagination > session.last_pagination
