"""Which values the events of a transaction show: the signed begin and end, and what was measured between."""

from dataclasses import dataclass, replace

from ocpp.v201.enums import MeasurandEnumType, ReadingContextEnumType

from station.core import samples
from station.core.policy import ENERGY, KeyPolicy, Policy, TxPoint
from station.core.powermeter import Powermeter
from station.core.records import SignedRecord
from station.core.reports import Sample
from station.core.sampling import Wanted
from station.core.session import Transaction

BEGIN = ReadingContextEnumType.transaction_begin
END = ReadingContextEnumType.transaction_end

Shown = tuple[Transaction, tuple[Sample, ...]]
"""The transaction, which remembers what it told, and the samples."""


@dataclass(frozen=True, slots=True)
class Values:
    """Live values, what of them is to be shown, and the record that the meter signed along, if it did."""

    reading: Powermeter
    wanted: tuple[Wanted, ...]
    record: SignedRecord | None = None


def begin(transaction: Transaction, policy: Policy) -> Shown:
    """Return the signed begin for the first event that comes after it (E01.FR.09, FR.17)."""
    record = transaction.begin
    if record is None or transaction.told_begin or not policy.started_measurands:
        return transaction, ()
    # TC_E_11: a transaction that starts with the signed value shows it at once.
    at_once = policy.sign_started_readings or TxPoint.DATA_SIGNED in policy.start_points
    told, sample = _of_record(
        replace(transaction, told_begin=True),
        policy,
        Wanted(policy.started_measurands, BEGIN),
        (record, transaction.begin_reading),
        signed=policy.sign_readings and at_once,
    )
    return told, (sample,)


def before_begin(policy: Policy, reading: Powermeter | None) -> tuple[Sample, ...]:
    """Return what the meter says before it has signed the begin."""
    return _plain(policy, reading, Wanted(policy.started_measurands, BEGIN))


def measured(transaction: Transaction, policy: Policy, what: Values) -> Shown:
    """Return values from between begin and end."""
    values: tuple[Sample, ...] = ()
    for wanted in what.wanted:
        key, record = None, what.record if wanted.shows_signature else None
        if record is not None:
            key, transaction = _key(transaction, policy, record.public_key, signed=True)
        sample = samples.of_reading(
            what.reading,
            wanted.measurands,
            wanted.context,
            record=record,
            key=key,
            register_phases=policy.register_phases,
        )
        values += (sample,) if sample else ()
    return transaction, values


def ends(transaction: Transaction, policy: Policy, reading: Powermeter | None) -> Shown:
    """Return begin and end. Without a signed end the newest `reading` stands in: unsigned, as everybody can see."""
    if not policy.ended_measurands:
        return transaction, ()
    values: tuple[Sample, ...] = ()
    both = ((transaction.begin, transaction.begin_reading, BEGIN), (transaction.end, transaction.end_reading, END))
    for record, live, context in both:
        if record is not None:
            wanted = Wanted(policy.ended_measurands, context)
            transaction, sample = _of_record(transaction, policy, wanted, (record, live), signed=policy.sign_readings)
            values += (sample,)
    if transaction.end is None and reading is not None and _is_of(transaction, reading):
        values += _plain(policy, reading, Wanted(policy.ended_measurands, END))
    return transaction, values


def _plain(policy: Policy, reading: Powermeter | None, wanted: Wanted) -> tuple[Sample, ...]:
    if reading is None:
        return ()
    sample = samples.of_reading(reading, wanted.measurands, wanted.context, register_phases=policy.register_phases)
    return (sample,) if sample else ()


def _of_record(
    transaction: Transaction,
    policy: Policy,
    wanted: Wanted,
    measured: tuple[SignedRecord, Powermeter | None],
    *,
    signed: bool,
) -> tuple[Transaction, Sample]:
    """Return the energy that a record holds, and what else is wanted from the live values of that moment."""
    record, live = measured
    key, transaction = _key(transaction, policy, record.public_key, signed=signed)
    if live is None:
        return transaction, samples.of_record(record, wanted.context, signed=signed, key=key)
    sample = samples.of_reading(
        live,
        _energy_first(wanted.measurands),
        wanted.context,
        record=record,
        key=key,
        signed=signed,
        register_phases=policy.register_phases,
    )
    assert sample is not None
    return transaction, sample


def _energy_first(measurands: tuple[MeasurandEnumType, ...]) -> tuple[MeasurandEnumType, ...]:
    """Begin and end are evidence, and energy is what they are evidence of, whether or not it is in the list."""
    return (ENERGY, *(measurand for measurand in measurands if measurand is not ENERGY))


def _is_of(transaction: Transaction, reading: Powermeter) -> bool:
    """Values from before the begin say nothing about the end; the register tells, clocks may differ."""
    energy_wh = reading.energy_wh_import.total
    return transaction.begin is None or (energy_wh is not None and energy_wh >= transaction.begin.energy_wh)


def _key(
    transaction: Transaction, policy: Policy, public_key: bytes, *, signed: bool
) -> tuple[bytes | None, Transaction]:
    due = signed and (
        policy.key_policy is KeyPolicy.EVERY or (policy.key_policy is KeyPolicy.ONCE and not transaction.told_key)
    )
    return (public_key, replace(transaction, told_key=True)) if due else (None, transaction)
