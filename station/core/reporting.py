"""Writes the events of a transaction: each field where and as often as the standard wants it."""

from dataclasses import replace

from ocpp.v201.enums import TransactionEventEnumType, TriggerReasonEnumType

from station.core import showing
from station.core.effects import Report
from station.core.policy import Moment, Policy
from station.core.powermeter import Powermeter
from station.core.reports import Sample, TransactionReport
from station.core.session import Session, Transaction, charging_state
from station.core.showing import Values
from station.core.tokens import IdToken

TRIGGER = TriggerReasonEnumType.trigger
TELL_STATE = frozenset({TRIGGER, TriggerReasonEnumType.charging_state_changed, TriggerReasonEnumType.deauthorized})
"""Events that tell the charging state whether or not it changed, as every Ended does."""


def started(session: Session, policy: Policy, moment: Moment) -> tuple[Transaction, Report]:
    """Return the transaction after, and the report of, its Started event.

    Before the begin is signed the newest live values stand there (E01.FR.09); the signed ones follow.
    """
    transaction, values = showing.begin(_running(session), policy)
    if transaction.begin is None:
        values = showing.before_begin(policy, moment.reading)
    return _report(
        session, transaction, moment, event=TransactionEventEnumType.started, trigger=transaction.cause, values=values
    )


def updated(
    session: Session,
    policy: Policy,
    moment: Moment,
    *,
    trigger: TriggerReasonEnumType,
    measured: Values | None,
) -> tuple[Transaction, Report]:
    """Return the transaction after, and the report of, an Updated event; `measured` is what was measured for it."""
    transaction, values = showing.begin(_running(session), policy)
    if transaction.remote_start_id is not None and not transaction.told_remote:
        trigger = TriggerReasonEnumType.remote_start
    if measured is not None:
        transaction, more = showing.measured(transaction, policy, measured)
        values += more
    return _report(
        session, transaction, moment, event=TransactionEventEnumType.updated, trigger=trigger, values=values
    )


def ended(
    session: Session, policy: Policy, moment: Moment, *, reading: Powermeter | None
) -> tuple[Transaction, Report]:
    """Return the transaction after, and the report of, its Ended event, with both signed values if there are two."""
    transaction, values = showing.ends(_running(session), policy, reading)
    stop = transaction.stop
    assert stop is not None
    transaction, report = _report(
        session,
        transaction,
        moment,
        event=TransactionEventEnumType.ended,
        trigger=stop.trigger,
        values=values,
    )
    return transaction, Report(replace(report.report, stopped_reason=stop.reason))


def _running(session: Session) -> Transaction:
    assert session.transaction is not None
    return session.transaction


def _report(
    session: Session,
    transaction: Transaction,
    moment: Moment,
    *,
    event: TransactionEventEnumType,
    trigger: TriggerReasonEnumType,
    values: tuple[Sample, ...],
) -> tuple[Transaction, Report]:
    state = charging_state(session)
    token = _token_to_tell(transaction, trigger)
    due = state is not transaction.told_state or trigger in TELL_STATE or event is TransactionEventEnumType.ended
    with_remote = transaction.remote_start_id is not None and not transaction.told_remote
    report = TransactionReport(
        event=event,
        transaction_id=transaction.id,
        seq_no=transaction.seq_no,
        happened_at=moment.now,
        trigger=trigger,
        charging_state=state if due else None,
        remote_start_id=transaction.remote_start_id if with_remote else None,
        evse_id=None if transaction.told_evse and trigger is not TRIGGER else session.evse_id,
        id_token=token,
        number_of_phases_used=transaction.phases if transaction.phases != transaction.told_phases else None,
        samples=values,
    )
    told = replace(
        transaction,
        seq_no=transaction.seq_no + 1,
        told_state=state,
        told_evse=transaction.told_evse or session.plugged,
        told_token=transaction.told_token or token is not None,
        told_remote=transaction.told_remote or with_remote,
        told_phases=transaction.phases,
    )
    return told, Report(report)


def _token_to_tell(transaction: Transaction, trigger: TriggerReasonEnumType) -> IdToken | None:
    """E07.FR.02: a card that ends the transaction is told, also if it is not the one that began it."""
    ending = transaction.stop or transaction.over
    if ending is not None and trigger is TriggerReasonEnumType.stop_authorized:
        return ending.token or transaction.token
    return None if transaction.told_token else transaction.token
