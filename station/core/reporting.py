"""Writes the events of a transaction: each field where and as often as the standard wants it."""

from dataclasses import replace

from ocpp.v201.enums import (
    ReadingContextEnumType,
    TransactionEventEnumType,
    TriggerReasonEnumType,
)

from station.core import samples
from station.core.effects import Report
from station.core.policy import KeyPolicy, Moment, Policy, TxPoint
from station.core.powermeter import Powermeter
from station.core.reports import Sample, TransactionReport
from station.core.session import Session, Transaction, charging_state

TRIGGER = TriggerReasonEnumType.trigger
BEGIN = ReadingContextEnumType.transaction_begin
END = ReadingContextEnumType.transaction_end


def started(session: Session, policy: Policy, moment: Moment) -> tuple[Transaction, Report]:
    """Return the transaction after, and the report of, its Started event."""
    transaction = _running(session)
    told, begin = _begin_sample(transaction, policy)
    return _report(
        session, told, moment, event=TransactionEventEnumType.started, trigger=transaction.cause, values=begin
    )


def updated(
    session: Session,
    policy: Policy,
    moment: Moment,
    *,
    trigger: TriggerReasonEnumType,
    reading: Powermeter | None,
) -> tuple[Transaction, Report]:
    """Return the transaction after, and the report of, an Updated event; `reading` is what was measured for it."""
    transaction, values = _begin_sample(_running(session), policy)
    if transaction.remote_start_id is not None and not transaction.told_remote:
        trigger = TriggerReasonEnumType.remote_start
    if reading is not None:
        context = ReadingContextEnumType.trigger if trigger is TRIGGER else ReadingContextEnumType.sample_periodic
        sample = samples.of_reading(reading, policy.updated_measurands, context)
        values += (sample,) if sample else ()
    return _report(
        session, transaction, moment, event=TransactionEventEnumType.updated, trigger=trigger, values=values
    )


def ended(
    session: Session, policy: Policy, moment: Moment, *, reading: Powermeter | None
) -> tuple[Transaction, Report]:
    """Return the transaction after, and the report of, its Ended event, with both signed values if there are two.

    Without a signed end the newest `reading` stands in for it: unsigned, which is how everybody can see it.
    """
    transaction = _running(session)
    stop = transaction.stop
    assert stop is not None
    values: tuple[Sample, ...] = ()
    if policy.ended_measurands:
        for record, context in ((transaction.begin, BEGIN), (transaction.end, END)):
            if record is not None:
                key, transaction = _key(transaction, policy, record.public_key, signed=policy.sign_readings)
                values += (samples.of_record(record, context, signed=policy.sign_readings, key=key),)
        if transaction.end is None and reading is not None and _is_of(transaction, reading):
            plain = samples.of_reading(reading, policy.ended_measurands, END)
            values += (plain,) if plain else ()
    transaction, report = _report(
        session,
        transaction,
        moment,
        event=TransactionEventEnumType.ended,
        trigger=stop.trigger,
        values=values,
    )
    return transaction, Report(replace(report.report, stopped_reason=stop.reason))


def _is_of(transaction: Transaction, reading: Powermeter) -> bool:
    """Values from before the begin say nothing about the end; the register tells, clocks may differ."""
    energy_wh = reading.energy_wh_import.total
    return transaction.begin is None or (energy_wh is not None and energy_wh >= transaction.begin.energy_wh)


def _running(session: Session) -> Transaction:
    assert session.transaction is not None
    return session.transaction


def _begin_sample(transaction: Transaction, policy: Policy) -> tuple[Transaction, tuple[Sample, ...]]:
    """The begin belongs into Started or, if it was signed later, into the next event (E01.FR.09, FR.17)."""
    record = transaction.begin
    if record is None or transaction.told_begin or not policy.started_measurands:
        return transaction, ()
    # TC_E_11: a transaction that starts with the signed value shows it at once.
    at_once = policy.sign_started_readings or TxPoint.DATA_SIGNED in policy.start_points
    signed = policy.sign_readings and at_once
    key, transaction = _key(transaction, policy, record.public_key, signed=signed)
    sample = samples.of_record(record, BEGIN, signed=signed, key=key)
    return replace(transaction, told_begin=True), (sample,)


def _key(
    transaction: Transaction, policy: Policy, public_key: bytes, *, signed: bool
) -> tuple[bytes | None, Transaction]:
    due = signed and (
        policy.key_policy is KeyPolicy.EVERY or (policy.key_policy is KeyPolicy.ONCE and not transaction.told_key)
    )
    return (public_key, replace(transaction, told_key=True)) if due else (None, transaction)


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
    # E07.FR.02: a card that ends the transaction is told, also if it is not the one that began it.
    ended_by = transaction.token if transaction.stop is None else transaction.stop.token or transaction.token
    stops_by_card = trigger is TriggerReasonEnumType.stop_authorized
    token = ended_by if stops_by_card else None if transaction.told_token else transaction.token
    with_remote = transaction.remote_start_id is not None and not transaction.told_remote
    report = TransactionReport(
        event=event,
        transaction_id=transaction.id,
        seq_no=transaction.seq_no,
        happened_at=moment.now,
        trigger=trigger,
        # F06.FR.07: who asks is told it also if it is what it was.
        charging_state=state if state is not transaction.told_state or trigger is TRIGGER else None,
        remote_start_id=transaction.remote_start_id if with_remote else None,
        evse_id=None if transaction.told_evse else session.evse_id,
        id_token=token,
        samples=values,
    )
    told = replace(
        transaction,
        seq_no=transaction.seq_no + 1,
        told_state=state,
        told_evse=transaction.told_evse or session.plugged,
        told_token=transaction.told_token or token is not None,
        told_remote=transaction.told_remote or with_remote,
    )
    return told, Report(report)
