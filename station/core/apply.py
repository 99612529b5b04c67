"""What each event changes in a session, before the consequences are drawn."""

from typing import assert_never

from ocpp.v201.enums import TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.faults import Fault
from station.core.session import Metering, Stop, refusal
from station.core.signing import (
    begin_failed,
    end_failed,
    end_signed,
    keep_begin,
    release_failed,
    time_next_sample,
)
from station.core.waking import meter_found, wake
from station.core.work import (
    DEAUTHORIZED,
    FAULTED,
    NO_CABLE,
    UNPLUGGED,
    Work,
    clear_fault,
    forget_driver,
    raise_fault,
    stop,
)


def apply(work: Work, event: on.Event) -> TriggerReasonEnumType | None:
    """Take the event into the session; return the trigger that it is for a running transaction."""
    match event:
        case on.Woken():
            wake(work, event)
        case on.MeterFound():
            meter_found(work, event.left_over)
        case on.PilotChanged():
            return _pilot_changed(work, event)
        case on.Authorized():
            return _authorized(work, event)
        case on.StopRequested():
            _stop_requested(work, event)
        case on.BeginSigned():
            keep_begin(work, event.record)
            return TriggerReasonEnumType.signed_data_received
        case on.BeginFailed():
            begin_failed(work, event)
        case on.EndSigned():
            end_signed(work, event.record)
        case on.EndFailed():
            end_failed(work, event)
        case on.OutputReleased():
            clear_fault(work, Fault.CONTACTOR)
            clear_fault(work, Fault.OUTPUT)
        case on.ReleaseFailed():
            release_failed(work, event)
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
        case on.AvailabilityChanged():
            work.set(inoperative=not event.operative)
        case on.Triggered():
            return TriggerReasonEnumType.trigger
        case on.Judged():
            _judged(work, event)
        case on.BayChanged() | on.ClockStruck():
            pass
        case on.TimerExpired():
            _timer_expired(work, event.timer)
        case _:
            assert_never(event)
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
    else:
        stop(work, Stop(*on.STOPS[event.cause], token=event.token))


def _judged(work: Work, event: on.Judged) -> None:
    if event.accepted or work.transaction is None or work.transaction.id != event.transaction_id:
        return
    if work.policy.stop_on_invalid_id:
        stop(work, DEAUTHORIZED)
    else:
        work.set_transaction(suspended=True)


def _timer_expired(work: Work, timer: on.Timer) -> None:
    session = work.session
    match timer:
        case on.Timer.EV_CONNECT if not session.plugged:
            stop(work, NO_CABLE)
        case on.Timer.SAMPLE if session.metering is Metering.ON:
            work.do(do.TakeSample())
            time_next_sample(work)
        case on.Timer.RETRY if session.metering is Metering.STOPPING and session.transaction is not None:
            work.do(do.TurnOff(session.transaction.id))
        case on.Timer.RETRY if session.owed is not None:
            work.do(do.TurnOff(session.owed))
        case on.Timer.RETRY if session.metering is Metering.OFF and session.transaction is None:
            work.do(do.ReleaseOutput())
