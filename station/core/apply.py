"""What each event changes in a session, before the consequences are drawn."""

from dataclasses import replace
from typing import assert_never

from ocpp.v201.enums import TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.ending import finish
from station.core.faults import Fault
from station.core.policy import TxPoint
from station.core.sampling import clock_struck, sampled, time_samples
from station.core.session import Metering, Stop, allowed_amps, has_transaction, refusal
from station.core.signing import (
    begin_failed,
    end_failed,
    end_signed,
    keep_begin,
    release_failed,
)
from station.core.waking import meter_found, wake
from station.core.work import (
    DEAUTHORIZED,
    FAULTED,
    NO_CABLE,
    UNPLUGGED,
    Work,
    await_cable,
    clear_fault,
    end_authorization,
    fault_stop,
    forget_driver,
    raise_fault,
    settle_faults,
    stop,
)

Trigger = TriggerReasonEnumType

SIGNIFICANT_AMPS = 1.0
"""The CSMS is told of a change of the current from here on; it would drown in smaller ones."""


def apply(work: Work, event: on.Event) -> Trigger | None:
    """Take the event into the session; return the trigger that it is for a running transaction, if it is one."""
    match event:
        case on.Woken():
            wake(work, event)
        case on.MeterFound():
            meter_found(work, event.left_over)
        case on.PilotChanged():
            return _pilot_changed(work, event)
        case on.BayChanged():
            return _bay_changed(work, event)
        case on.Authorized():
            return _authorized(work, event)
        case on.StopRequested():
            return _stop_requested(work, event)
        case on.Judged():
            return _judged(work, event)
        case on.Unlocked():
            return _unlocked(work)
        case on.Sampled():
            return sampled(work, event)
        case on.ClockStruck():
            clock_struck(work, event)
        case on.IntervalsChanged():
            time_samples(work)
        case on.LimitChanged():
            return _limit_changed(work, event)
        case on.Blocked():
            work.set(blocked=event.on)
        case on.AvailabilityChanged():
            work.set(inoperative=not event.operative)
        case on.Triggered():
            return Trigger.trigger
        case on.TimerExpired():
            return _timer_expired(work, event.timer)
        case _:
            return _heard_of_device(work, event)
    return None


def _heard_of_device(work: Work, event: on.DeviceEvent) -> Trigger | None:
    """Take what the meter and the charge controller did, or could not do."""
    match event:
        case on.BeginSigned():
            keep_begin(work, event.record, event.reading)
            return Trigger.signed_data_received
        case on.BeginFailed():
            begin_failed(work, event)
        case on.EndSigned():
            end_signed(work, event)
        case on.EndFailed():
            end_failed(work, event)
        case on.OutputReleased():
            clear_fault(work, Fault.CONTACTOR)
            clear_fault(work, Fault.OUTPUT)
        case on.ReleaseFailed():
            release_failed(work, event)
        case on.FaultRaised():
            raise_fault(work, event.fault, event.text)
            stop(work, fault_stop(event.fault))
        case on.FaultCleared():
            clear_fault(work, event.fault)
        case _:
            assert_never(event)
    return None


def _pilot_changed(work: Work, event: on.PilotChanged) -> Trigger | None:
    was_plugged, had_cable = work.session.plugged, work.session.cable_in
    work.set(letter=event.letter, cable_rating_amps=event.cable_rating_amps)
    if event.letter in ("E", "F"):
        raise_fault(work, Fault.PILOT, f"control pilot in state {event.letter}")
        stop(work, FAULTED)
        return None
    clear_fault(work, Fault.PILOT)
    plugged = event.letter != "A"
    work.set(plugged=plugged, cable_in=plugged or event.cable_rating_amps is not None)
    if not work.session.cable_in:
        work.set(held_for=None)  # whoever took it out could
    if plugged and not was_plugged:
        return _plugged_in(work)
    if was_plugged and not plugged:
        return _unplugged(work)
    if had_cable and not work.session.cable_in and work.session.metering is not Metering.OFF:
        return _unplugged(work)
    return None


def _plugged_in(work: Work) -> Trigger:
    work.set(plugged_at=work.moment.now)
    work.do(do.StopTimer(on.Timer.EV_CONNECT))
    if work.transaction is not None and work.transaction.over is None:
        work.set_transaction(keep_locked=False)
    return Trigger.cable_plugged_in


def _unplugged(work: Work) -> Trigger:
    """The vehicle is gone, with or without the cable (E09, E10)."""
    policy, ev_side = work.policy, work.session.cable_in or work.policy.fixed_cable
    if policy.stop_on_ev_side_disconnect or work.transaction is None or not ev_side:
        end_authorization(work, UNPLUGGED, keep_locked=ev_side and not policy.unlock_on_ev_side_disconnect)
    elif work.session.authorization is not None:
        # E10.FR.01: the plug stays, whatever ends it now. A vehicle that comes back is one that has not drawn yet.
        work.set_transaction(keep_locked=True, energy_flowed=False, ev_had_time=False)
        if policy.fixed_cable:
            await_cable(work, policy.ev_connection_timeout_s)  # E10.FR.02
    return Trigger.ev_communication_lost


def _bay_changed(work: Work, event: on.BayChanged) -> Trigger | None:
    if event.occupied is work.session.bay_occupied:
        return None
    work.set(bay_occupied=event.occupied)
    return Trigger.ev_detected if event.occupied else Trigger.ev_departed


def _authorized(work: Work, event: on.Authorized) -> Trigger | None:
    if refusal(work.session) is not None:
        return None
    _make_room(work)
    work.set(authorization=event, authorized_at=work.moment.now, held_for=None)
    if work.transaction is not None:
        work.set_transaction(
            token=event.token,
            remote_start_id=event.remote_start_id,
            over=None,
            keep_locked=False,
            released=False,
            invalid=False,
            suspended=False,
            told_token=False,
            told_remote=False,
        )
    if not work.session.plugged:
        await_cable(work, work.policy.ev_connection_timeout_s)
    # F01.FR.25: the first event after a remote start says so, whatever else happened.
    return Trigger.authorized if event.remote_start_id is None else Trigger.remote_start


def _make_room(work: Work) -> None:
    """A transaction has one signed begin and one signed end: who charges after that, charges in the next one."""
    transaction = work.transaction
    if transaction is not None and transaction.over is not None and transaction.begin is not None:
        work.set_transaction(stop=transaction.over)
        finish(work)


def _stop_requested(work: Work, event: on.StopRequested) -> Trigger | None:
    transaction = work.transaction
    if event.transaction_id is not None and not has_transaction(work.session, event.transaction_id):
        return None
    if work.session.held_for is not None:
        work.set(held_for=None)
        work.do(do.Unlock())
        if event.cause is on.StopCause.CARD:
            return None  # its owner wants the plug, and nothing else
    caused = replace(Stop(*on.STOPS[event.cause]), token=event.token)
    if transaction is None:
        forget_driver(work)
    elif event.cause in on.WITHOUT_DELAY:
        stop(work, caused)
    elif transaction.over is None:
        end_authorization(work, caused)
        return caused.trigger
    return None


def _judged(work: Work, event: on.Judged) -> Trigger | None:
    """E05, C15: the CSMS does not accept the token; what it accepted later changes nothing any more."""
    transaction, session = work.transaction, work.session
    if transaction is None or transaction.id != event.transaction_id or transaction.over or transaction.stop:
        return None
    if event.accepted:
        if session.authorization is not None and event.group is not None:
            work.set(authorization=replace(session.authorization, group=event.group))
        return None
    if work.policy.stop_on_invalid_id:
        end_authorization(work, DEAUTHORIZED, keep_locked=True)
        return Trigger.deauthorized
    work.set_transaction(invalid=True)
    return None


def _unlocked(work: Work) -> Trigger | None:
    work.set(held_for=None)
    clear_fault(work, Fault.LOCK)
    return Trigger.unlock_command


def _limit_changed(work: Work, event: on.LimitChanged) -> Trigger | None:
    before = work.session.offered_amps
    work.set(limit_amps=event.limit_amps)
    change = abs(allowed_amps(work.session, work.policy) - before)
    return Trigger.charging_rate_changed if before and change >= SIGNIFICANT_AMPS else None


def _timer_expired(work: Work, timer: on.Timer) -> Trigger | None:
    session, transaction = work.session, work.transaction
    match timer:
        case on.Timer.EV_CONNECT if not session.plugged:
            return _no_cable(work)
        case on.Timer.EV_READY:
            work.set_transaction(ev_had_time=True)
        case on.Timer.SETTLE:
            settle_faults(work)
        case on.Timer.ALLOWANCE:
            pass  # what was used is looked at after every event
        case on.Timer.SAMPLE | on.Timer.ENDED_SAMPLE | on.Timer.PHASES if session.metering is Metering.ON:
            time_samples(work, timer)
        case on.Timer.RETRY if session.metering is Metering.STOPPING and transaction is not None:
            work.do(do.TurnOff(transaction.id))
        case on.Timer.RETRY if session.owed is not None:
            work.do(do.TurnOff(session.owed))
        case on.Timer.RETRY if session.metering is Metering.OFF:
            work.do(do.ReleaseOutput())
    return None


def _no_cable(work: Work) -> Trigger | None:
    """C01.FR.26, E03.FR.05, E03.FR.15: who was authorized and brought no cable is so no more."""
    if work.transaction is None or TxPoint.PARKING_BAY_OCCUPANCY in work.policy.stop_points:
        end_authorization(work, NO_CABLE)
        return NO_CABLE.trigger
    stop(work, NO_CABLE)
    return None
