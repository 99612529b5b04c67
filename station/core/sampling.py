"""Samples of a running transaction: when they are taken, what they are for, and what they show."""

from dataclasses import dataclass
from typing import Final

from ocpp.v201.enums import MeasurandEnumType, ReadingContextEnumType, TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core import samples
from station.core.events import Due, Timer
from station.core.policy import ENERGY, KeyPolicy, Policy
from station.core.powermeter import Powermeter
from station.core.records import SignedRecord
from station.core.session import Metering, energy_flows
from station.core.work import Work, is_new

PHASES_AFTER_S: Final = 10.0
"""By then a vehicle that was offered current draws it."""
ALLOWANCE_EVERY_S: Final = 5.0
IN_USE_A: Final = 1.0
"""A phase with less is not used; what a vehicle draws to stay awake is less."""

TRIGGERS: Final = {
    Due.UPDATED: TriggerReasonEnumType.meter_value_periodic,
    Due.CLOCK_UPDATED: TriggerReasonEnumType.meter_value_clock,
}
"""Samples that an Updated event shows, and its trigger."""

KEPT: Final = (Due.ENDED, Due.CLOCK_ENDED)
"""Samples that wait for the Ended event."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Measurands that an event shows, and in which context."""

    measurands: tuple[MeasurandEnumType, ...]
    context: ReadingContextEnumType
    signed: bool = False
    """With the signed value of the energy, if the meter could sign it."""

    @property
    def shows_signature(self) -> bool:
        return self.signed and ENERGY in self.measurands


def time_samples(work: Work, expired: Timer | None = None) -> None:
    """Take the sample of a timer that expired and set it anew; without one, set all timers by the intervals."""
    if work.session.metering is not Metering.ON:
        return
    policy = work.policy
    if expired is Timer.PHASES:
        work.do(do.TakeSample(frozenset({Due.PHASES})))
        return
    intervals = {
        Timer.SAMPLE: (policy.updated_interval_s, Due.UPDATED),
        Timer.ENDED_SAMPLE: (policy.ended_interval_s, Due.ENDED),
    }
    for timer, (seconds, due) in intervals.items():
        if expired is timer:
            work.do(_take(work, frozenset({due})))
        if seconds > 0 and expired in (None, timer):
            work.do(do.StartTimer(timer, seconds))
        elif expired is None:
            work.do(do.StopTimer(timer))


def stop_timers(work: Work) -> None:
    work.do(
        *(
            do.StopTimer(timer)
            for timer in (Timer.SAMPLE, Timer.ENDED_SAMPLE, Timer.PHASES, Timer.EV_READY, Timer.ALLOWANCE)
        )
    )


def clock_struck(work: Work, event: on.ClockStruck) -> None:
    """J01: values of a transaction that measures are told, or kept, with it."""
    if work.session.metering is Metering.ON:
        work.do(_take(work, event.due))


def sampled(work: Work, event: on.Sampled) -> TriggerReasonEnumType | None:
    """Keep what was signed, and what is for Ended; return the trigger of the Updated event, if one is due."""
    if event.record is not None:
        _keep(work, event.record)
    transaction = work.transaction
    if transaction is None or work.session.metering is not Metering.ON:
        return None
    wanted = _wanted(work.policy)
    for due in KEPT:
        if due in event.due:
            _collect(work, event, wanted[due])
    if energy_flows(work.session):
        work.set_transaction(phases=phases_in_use(event.reading) or transaction.phases)
    if trigger := next((TRIGGERS[due] for due in TRIGGERS if due in event.due), None):
        return trigger
    news = work.transaction is not None and work.transaction.phases != transaction.told_phases
    return TriggerReasonEnumType.charging_state_changed if news else None


def shown(policy: Policy, due: frozenset[Due]) -> tuple[Wanted, ...]:
    """Return what an Updated event shows for samples that were taken for this."""
    wanted = _wanted(policy)
    return tuple(wanted[one] for one in TRIGGERS if one in due)


def when_triggered(policy: Policy) -> tuple[Wanted, ...]:
    """Return what the CSMS gets when it asks (F06.FR.07)."""
    return (Wanted(policy.updated_measurands, ReadingContextEnumType.trigger),)


def phases_in_use(reading: Powermeter) -> int:
    """Return on how many phases a current flows; 0 if the meter does not say."""
    if reading.current_a is None:
        return 0
    return sum(current is not None and current >= IN_USE_A for current in reading.current_a.each)


def limit_energy(work: Work, newest: Powermeter | None) -> None:
    """E05.FR.02, FR.03: a refused token may go on until MaxEnergyOnInvalidId, counted from the signed start."""
    transaction, most_wh = work.transaction, work.policy.max_energy_on_invalid_id_wh
    if transaction is None or not transaction.invalid or transaction.suspended or transaction.over:
        return
    used_wh = 0.0
    if transaction.begin is not None and newest is not None and newest.energy_wh_import.total is not None:
        used_wh = newest.energy_wh_import.total - transaction.begin.energy_wh
    if used_wh >= most_wh:
        work.set_transaction(suspended=True)
        work.do(do.StopTimer(Timer.ALLOWANCE))
    else:
        work.do(do.StartTimer(Timer.ALLOWANCE, ALLOWANCE_EVERY_S))


def _wanted(policy: Policy) -> dict[Due, Wanted]:
    periodic, clock = ReadingContextEnumType.sample_periodic, ReadingContextEnumType.sample_clock
    return {
        Due.UPDATED: Wanted(policy.updated_measurands, periodic, policy.sign_updated_readings),
        Due.CLOCK_UPDATED: Wanted(policy.aligned_updated_measurands, clock, policy.sign_aligned_updated_readings),
        Due.ENDED: Wanted(policy.ended_measurands, periodic, policy.sign_readings),
        Due.CLOCK_ENDED: Wanted(policy.aligned_ended_measurands, clock, policy.sign_aligned_readings),
    }


def _take(work: Work, due: frozenset[Due]) -> do.TakeSample:
    wanted = _wanted(work.policy)
    return do.TakeSample(due, signed=any(wanted[one].shows_signature for one in due))


def _collect(work: Work, event: on.Sampled, wanted: Wanted) -> None:
    """Keep values for Ended; their public key, if it is wanted with each, comes along."""
    transaction, policy = work.transaction, work.policy
    assert transaction is not None
    record = event.record if wanted.shows_signature else None
    sample = samples.of_reading(
        event.reading,
        wanted.measurands,
        wanted.context,
        record=record,
        key=record.public_key if record and policy.key_policy is KeyPolicy.EVERY else None,
        register_phases=policy.register_phases,
    )
    if sample is not None:
        work.do(do.Collect(transaction.id, sample))


def _keep(work: Work, record: SignedRecord) -> None:
    """What the meter signed between begin and end is evidence too; it has its number in the meter's row.

    The newest one may come again: several samples may have been asked for when it was signed.
    """
    session, transaction = work.session, work.transaction
    again = (session.last_serial, session.last_pagination) == (record.meter_serial, record.pagination)
    if not again and not is_new(work, record):
        work.do(do.SetAside(record, "a reading that was signed before what is known already"))
        return
    if transaction is None or transaction.begin is None or transaction.end is not None:
        work.do(do.NoteRecord(record))  # also again: after a restart it may be known by the meter's counter alone
    elif not again:
        work.do(do.KeepRecord(transaction.id, record))
    work.set(last_pagination=record.pagination, last_serial=record.meter_serial)
