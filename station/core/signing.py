"""What the meter signed, or could not sign, and what that changes in a session."""

from dataclasses import replace
from typing import Any

from ocpp.v201.enums import ReadingContextEnumType

from station.core import effects as do
from station.core import events as on
from station.core import samples
from station.core.faults import Fault
from station.core.policy import KeyPolicy
from station.core.powermeter import Powermeter
from station.core.records import SignedRecord
from station.core.sampling import time_samples
from station.core.session import Metering, Transaction
from station.core.work import FAULTED, Work, clear_fault, raise_fault, stop


def keep_begin(work: Work, record: SignedRecord, reading: Powermeter | None = None) -> None:
    transaction = work.transaction
    if transaction is None:
        work.do(do.SetAside(record, "a start that nobody waited for any more"), do.ReleaseOutput())
        return
    work.do(do.OpenReceipt(transaction.id, transaction.token, work.moment.now, transaction.request))
    work.do(do.KeepRecord(transaction.id, record))
    work.set(metering=Metering.ON, **_newest(record))
    work.set_transaction(begin=record, begin_reading=reading)
    time_samples(work)


def begin_failed(work: Work, event: on.BeginFailed) -> None:
    raise_fault(work, event.fault, event.text)
    work.set(metering=Metering.OFF)
    work.do(do.ReleaseOutput())
    stop(work, FAULTED)


def end_signed(work: Work, event: on.EndSigned) -> None:
    session, transaction, record = work.session, work.transaction, event.record
    begun_by = transaction.begin.meter_serial if transaction and transaction.begin else session.owed_by
    if begun_by not in ("", record.meter_serial):
        _other_meter_signed(work, record, begun_by)
        return
    if transaction is not None:
        keep_end(work, record, event.reading)
    elif session.owed is not None:
        _settle_debt(work, session.owed, record)
    else:
        work.do(do.SetAside(record, "an end that nobody waited for any more"))
    for fault in (Fault.END, Fault.CONTACTOR, Fault.OUTPUT):
        clear_fault(work, fault)


def _other_meter_signed(work: Work, record: SignedRecord, begun_by: str) -> None:
    """It is genuine, but the end of nothing that began here."""
    told = f"meter {begun_by} began, but meter {record.meter_serial} signed the end"
    work.do(do.SetAside(record, told))
    raise_fault(work, Fault.CHANGED, told)
    if work.transaction is not None:
        _owe(work, work.transaction, told)
    else:
        work.do(do.StartTimer(on.Timer.RETRY, work.policy.owed_retry_s))


def _settle_debt(work: Work, transaction_id: str, record: SignedRecord) -> None:
    policy = work.policy
    key_due = policy.key_policy is KeyPolicy.EVERY or (
        policy.key_policy is KeyPolicy.ONCE and not work.session.owed_key_told
    )
    sample = samples.of_record(
        record,
        ReadingContextEnumType.transaction_end,
        signed=policy.sign_readings,
        key=record.public_key if key_due and policy.sign_readings else None,
    )
    work.do(do.KeepRecord(transaction_id, record), do.StopTimer(on.Timer.RETRY))
    if policy.ended_measurands:
        work.do(do.AmendEnded(transaction_id, sample))
    work.set(owed=None, owed_by="", owed_key_told=False, **_newest(record))


def keep_end(work: Work, record: SignedRecord, reading: Powermeter | None = None) -> None:
    assert work.transaction is not None
    work.do(do.KeepRecord(work.transaction.id, record))
    work.set(metering=Metering.OFF, **_newest(record))
    work.set_transaction(end=record, end_reading=reading)


def end_failed(work: Work, event: on.EndFailed) -> None:
    transaction, policy = work.transaction, work.policy
    if event.fault is Fault.CONTACTOR:
        raise_fault(work, Fault.CONTACTOR, event.text)
    if transaction is None:
        work.do(do.StartTimer(on.Timer.RETRY, policy.owed_retry_s))
        return
    work.set_transaction(end_attempts=transaction.end_attempts + 1)
    # A meter that is known to be silent is not waited for again before the CSMS is told.
    if transaction.end_attempts + 1 < policy.end_attempts and Fault.METER not in work.session.faults:
        work.do(do.StartTimer(on.Timer.RETRY, policy.end_retry_s))
        return
    _owe(work, transaction, event.text)


def _owe(work: Work, transaction: Transaction, why: str) -> None:
    """End without the signed end, whatever the stop points are; go on asking for it."""
    policy, begin = work.policy, transaction.begin
    stop(work, replace(FAULTED, reason=transaction.over.reason) if transaction.over else FAULTED)
    raise_fault(work, Fault.END, why)
    told_with_begin = begin is not None and policy.sign_readings and bool(policy.ended_measurands)
    work.set(
        metering=Metering.OFF,
        owed=transaction.id,
        owed_by=begin.meter_serial if begin else "",
        owed_key_told=transaction.told_key or told_with_begin,
    )
    work.do(do.StartTimer(on.Timer.RETRY, policy.owed_retry_s))


def release_failed(work: Work, event: on.ReleaseFailed) -> None:
    raise_fault(work, event.fault, event.text)
    stop(work, FAULTED)
    if work.session.metering is Metering.OFF:
        work.do(do.StartTimer(on.Timer.RETRY, work.policy.end_retry_s))


def _newest(record: SignedRecord) -> dict[str, Any]:
    return {"last_pagination": record.pagination, "last_serial": record.meter_serial}
