"""What each event changes in a session, before the consequences are drawn."""

from typing import assert_never

from ocpp.v201.enums import TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.faults import Fault
from station.core.records import LeftOver, SignedRecord
from station.core.session import Metering, Stop, Transaction, refusal
from station.core.work import (
    FAULTED,
    NO_CABLE,
    POWER_LOSS,
    UNPLUGGED,
    Work,
    clear_fault,
    forget_driver,
    is_new,
    raise_fault,
    stop,
)


def apply(work: Work, event: on.Event) -> TriggerReasonEnumType | None:
    """Take the event into the session; return the trigger that it is for a running transaction."""
    match event:
        case on.Woken():
            _wake(work, event.left_over, event.problem)
        case on.MeterFound():
            _meter_found(work, event.left_over)
        case on.PilotChanged():
            return _pilot_changed(work, event)
        case on.Authorized():
            return _authorized(work, event)
        case on.StopRequested():
            _stop_requested(work, event)
        case on.BeginSigned():
            _keep_begin(work, event.record)
            return TriggerReasonEnumType.signed_data_received
        case on.BeginFailed():
            _begin_failed(work, event)
        case on.EndSigned():
            _end_signed(work, event.record)
        case on.EndFailed():
            _end_failed(work, event)
        case on.OutputReleased():
            clear_fault(work, Fault.CONTACTOR)
        case on.ReleaseFailed():
            _release_failed(work, event)
        case on.Sampled():
            return TriggerReasonEnumType.meter_value_periodic
        case on.LimitChanged():
            work.set(limit_amps=event.limit_amps)
        case on.FaultRaised():
            raise_fault(work, event.fault, event.text)
            stop(work, FAULTED)
        case on.FaultCleared():
            clear_fault(work, event.fault)
        case on.Blocked():
            work.set(blocked=event.on)
        case on.TimerExpired():
            _timer_expired(work, event.timer)
        case _:
            assert_never(event)
    return None


def _wake(work: Work, left: LeftOver | None, problem: str) -> None:
    """The meter is the truth: adopt what it signed before the power went, and end what was open."""
    lasting = {Fault.END} if left else {Fault.END, Fault.METER}
    for fault in sorted(work.session.faults - lasting):
        clear_fault(work, fault)
    work.set(awake=left is not None, letter="", authorization=None, offered_amps=0.0, blocked=False)
    work.do(do.Withhold())
    if left is None:
        raise_fault(work, Fault.METER, problem)
    transaction = work.transaction
    if transaction is None:
        _wake_without_transaction(work, left)
    elif left is not None or transaction.started or transaction.begin:
        _end_what_was_open(work, transaction, left)
    else:
        # Whether the start was signed is known when the meter answers (MeterFound).
        work.set_transaction(stop=transaction.stop or POWER_LOSS)


def _meter_found(work: Work, left: LeftOver) -> None:
    transaction = work.transaction
    work.set(awake=True)
    clear_fault(work, Fault.METER)
    if transaction is None:
        if work.session.owed is None:
            work.do(do.ReleaseOutput())
    elif work.session.metering is Metering.STARTING:
        _end_what_was_open(work, transaction, left)


def _wake_without_transaction(work: Work, left: LeftOver | None) -> None:
    work.do(do.Unlock())
    if work.session.owed is None:
        work.do(do.ReleaseOutput())
    elif end := _end_from_before(work, left):
        _end_signed(work, end)
    else:
        work.do(do.TurnOff())


def _end_what_was_open(work: Work, transaction: Transaction, left: LeftOver | None) -> None:
    if left and left.begin and transaction.begin is None and is_new(work, left.begin):
        _keep_begin(work, left.begin)
    work.set_transaction(stop=transaction.stop or POWER_LOSS)
    assert work.transaction is not None
    if work.transaction.begin is None:
        work.set(metering=Metering.OFF)
        work.do(do.ReleaseOutput())
    elif end := _end_from_before(work, left):
        _keep_end(work, end)
    else:
        work.set(metering=Metering.ON)


def _end_from_before(work: Work, left: LeftOver | None) -> SignedRecord | None:
    """Return the end that was signed but not stored; one taken now would say the same, a counter later."""
    if left and left.end and not left.output_on and is_new(work, left.end):
        return left.end
    return None


def _pilot_changed(work: Work, event: on.PilotChanged) -> TriggerReasonEnumType | None:
    was_plugged = work.session.plugged
    work.set(letter=event.letter, cable_rating_amps=event.cable_rating_amps)
    if event.letter in ("E", "F"):
        raise_fault(work, Fault.PILOT, f"control pilot in state {event.letter}")
        stop(work, FAULTED)
        return None
    clear_fault(work, Fault.PILOT)
    work.set(plugged=event.letter != "A")
    if work.session.plugged and not was_plugged:
        work.do(do.StopTimer(on.Timer.EV_CONNECT))
        return TriggerReasonEnumType.cable_plugged_in
    if was_plugged and not work.session.plugged:
        stop(work, UNPLUGGED)
    return None


def _authorized(work: Work, event: on.Authorized) -> TriggerReasonEnumType | None:
    if refusal(work.session) is not None:
        return None
    work.set(authorization=event)
    if work.transaction is not None:
        work.set_transaction(token=event.token, remote_start_id=event.remote_start_id)
    if not work.session.plugged:
        work.do(do.StartTimer(on.Timer.EV_CONNECT, work.policy.ev_connection_timeout_s))
    return _authorization_trigger(event)


def _authorization_trigger(authorization: on.Authorized) -> TriggerReasonEnumType:
    """F01.FR.25: the first event after a remote start says so, whatever else happened."""
    if authorization.remote_start_id is not None:
        return TriggerReasonEnumType.remote_start
    return TriggerReasonEnumType.authorized


def _stop_requested(work: Work, event: on.StopRequested) -> None:
    transaction = work.transaction
    if event.transaction_id is not None and (transaction is None or transaction.id != event.transaction_id):
        return
    if transaction is None:
        forget_driver(work)
    elif event.cause is on.StopCause.DEAUTHORIZED and not work.policy.stop_on_invalid_id:
        work.set_transaction(suspended=True)
    else:
        stop(work, Stop(*on.STOPS[event.cause], token=event.token))


def _keep_begin(work: Work, record: SignedRecord) -> None:
    transaction = work.transaction
    if transaction is None:
        work.do(do.ReleaseOutput())
        return
    work.do(do.OpenReceipt(transaction.id, transaction.token, work.moment.now))
    work.do(do.KeepRecord(transaction.id, record))
    work.set(metering=Metering.ON, last_pagination=record.pagination)
    work.set_transaction(begin=record)
    _time_next_sample(work)


def _begin_failed(work: Work, event: on.BeginFailed) -> None:
    raise_fault(work, event.fault, event.text)
    work.set(metering=Metering.OFF)
    work.do(do.ReleaseOutput())
    stop(work, FAULTED)


def _end_signed(work: Work, record: SignedRecord) -> None:
    if work.transaction is not None:
        _keep_end(work, record)
    elif work.session.owed is not None:
        work.do(do.KeepRecord(work.session.owed, record), do.StopTimer(on.Timer.RETRY))
        work.set(owed=None, last_pagination=record.pagination)
    clear_fault(work, Fault.END)
    clear_fault(work, Fault.CONTACTOR)


def _keep_end(work: Work, record: SignedRecord) -> None:
    assert work.transaction is not None
    work.do(do.KeepRecord(work.transaction.id, record))
    work.set(metering=Metering.OFF, last_pagination=record.pagination)
    work.set_transaction(end=record)


def _end_failed(work: Work, event: on.EndFailed) -> None:
    transaction, policy = work.transaction, work.policy
    if event.fault is Fault.CONTACTOR:
        raise_fault(work, Fault.CONTACTOR, event.text)
    if transaction is None:
        work.do(do.StartTimer(on.Timer.RETRY, policy.owed_retry_s))
        return
    work.set_transaction(end_attempts=transaction.end_attempts + 1)
    if transaction.end_attempts + 1 < policy.end_attempts:
        work.do(do.StartTimer(on.Timer.RETRY, policy.end_retry_s))
        return
    raise_fault(work, Fault.END, event.text)
    work.set(metering=Metering.OFF, owed=transaction.id)
    work.do(do.StartTimer(on.Timer.RETRY, policy.owed_retry_s))


def _release_failed(work: Work, event: on.ReleaseFailed) -> None:
    raise_fault(work, event.fault, event.text)
    stop(work, FAULTED)
    if work.session.metering is Metering.OFF:
        work.do(do.StartTimer(on.Timer.RETRY, work.policy.end_retry_s))


def _time_next_sample(work: Work) -> None:
    if work.policy.updated_interval_s > 0:
        work.do(do.StartTimer(on.Timer.SAMPLE, work.policy.updated_interval_s))


def _timer_expired(work: Work, timer: on.Timer) -> None:
    session = work.session
    match timer:
        case on.Timer.EV_CONNECT if not session.plugged:
            stop(work, NO_CABLE)
        case on.Timer.SAMPLE if session.metering is Metering.ON:
            work.do(do.TakeSample())
            _time_next_sample(work)
        case on.Timer.RETRY if session.metering is Metering.STOPPING or session.owed is not None:
            work.do(do.TurnOff())
        case on.Timer.RETRY if session.metering is Metering.OFF and session.transaction is None:
            work.do(do.ReleaseOutput())
