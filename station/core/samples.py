"""Measurands for the events of a transaction and for MeterValues, from records and live values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ocpp.v201.enums import MeasurandEnumType, PhaseEnumType, ReadingContextEnumType

from station.core.policy import ENERGY
from station.core.powermeter import Phases, Powermeter
from station.core.records import SignedRecord
from station.core.reports import Sample, SampledValue, SignedValue

PHASES: Final = (PhaseEnumType.l1, PhaseEnumType.l2, PhaseEnumType.l3)
PHASES_TO_NEUTRAL: Final = (PhaseEnumType.l1_n, PhaseEnumType.l2_n, PhaseEnumType.l3_n)

ENDS: Final = frozenset({ReadingContextEnumType.transaction_begin, ReadingContextEnumType.transaction_end})


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a measurand stands in a data set, and how it is told."""

    quantity: Callable[[Powermeter], Phases | None]
    unit: str
    """Empty for a ratio."""
    phases: tuple[PhaseEnumType, ...] = PHASES
    with_total: bool = True
    register: bool = False
    """An energy: by phase only if that is wanted (SampledDataCtrlr.RegisterValuesWithoutPhases)."""
    convert: Callable[[float], float] = float


def _taken(value: float) -> float:
    """Return what flows to the vehicle of a quantity that counts both directions."""
    return max(value, 0.0)


def _given(value: float) -> float:
    """Return what flows from the vehicle."""
    return -value if value < 0 else 0.0


_SOURCES: Final[Mapping[MeasurandEnumType, _Source]] = {
    ENERGY: _Source(lambda live: live.energy_wh_import, "Wh", register=True),
    MeasurandEnumType.energy_active_export_register: _Source(lambda live: live.energy_wh_export, "Wh", register=True),
    MeasurandEnumType.power_active_import: _Source(lambda live: live.power_w, "W"),
    MeasurandEnumType.power_reactive_import: _Source(lambda live: live.var, "var", convert=_taken),
    MeasurandEnumType.power_reactive_export: _Source(lambda live: live.var, "var", convert=_given),
    MeasurandEnumType.power_factor: _Source(lambda live: live.power_factor, ""),
    # The sum of the currents is a number without a meaning.
    MeasurandEnumType.current_import: _Source(lambda live: live.current_a, "A", with_total=False),
    MeasurandEnumType.voltage: _Source(lambda live: live.voltage_v, "V", PHASES_TO_NEUTRAL),
    MeasurandEnumType.frequency: _Source(lambda live: live.frequency_hz, "Hz"),
}


def of_record(record: SignedRecord, context: ReadingContextEnumType, *, signed: bool, key: bytes | None) -> Sample:
    """Return the energy of a record as a sample; plain value and signed value come from the same snapshot."""
    return Sample(record.taken_at, (_energy(record, context, key=key, signed=signed),))


def of_reading(
    reading: Powermeter,
    measurands: tuple[MeasurandEnumType, ...],
    context: ReadingContextEnumType,
    *,
    record: SignedRecord | None = None,
    key: bytes | None = None,
    signed: bool = True,
    register_phases: bool = False,
    at: datetime | None = None,
) -> Sample | None:
    """Return the measurands that the meter has, or None if it has none of them.

    With `record` the energy comes from it and, if `signed`, carries its signed value, with the public key `key`
    (DER) if it is due. `register_phases`: energies by phase too, where the meter counts so. `at`: the instant that
    the values are for, if that is not when they were read.
    """
    values: list[SampledValue] = []
    for measurand in measurands:
        if measurand is ENERGY and record is not None:
            values.append(_energy(record, context, key=key, signed=signed))
        elif source := _SOURCES.get(measurand):
            values += _values(source, reading, measurand, context, register_phases=register_phases)
    return Sample(at or _instant(reading, context, record), tuple(values)) if values else None


def _instant(reading: Powermeter, context: ReadingContextEnumType, record: SignedRecord | None) -> datetime:
    """J02.FR.18: one time for all values.

    Begin and end have the meter's, which is signed. Between them it is the station's, or a value might lie outside
    its interval (J02.FR.10), for the meter's clock may be seconds ahead. Clock-aligned instants are whole seconds.
    """
    if record is not None and context in ENDS:
        return record.taken_at
    is_aligned = context is ReadingContextEnumType.sample_clock
    return reading.timestamp.replace(microsecond=0) if is_aligned else reading.timestamp


def _energy(
    record: SignedRecord, context: ReadingContextEnumType, *, key: bytes | None, signed: bool
) -> SampledValue:
    evidence = SignedValue(record.ocmf, key) if signed else None
    return SampledValue(ENERGY, float(record.energy_wh), "Wh", context, signed=evidence)


def _values(
    source: _Source,
    reading: Powermeter,
    measurand: MeasurandEnumType,
    context: ReadingContextEnumType,
    *,
    register_phases: bool,
) -> list[SampledValue]:
    """A total stands without phase, and every phase that is measured beside it (errata 2025-09, 2.34)."""
    quantity = source.quantity(reading)
    if quantity is None:
        return []
    found: list[tuple[float | None, PhaseEnumType | None]] = []
    if source.with_total:
        found.append((quantity.total, None))
    if not source.register or register_phases:
        found += zip(quantity.each, source.phases, strict=True)
    return [
        SampledValue(measurand, source.convert(value), source.unit, context, phase)
        for value, phase in found
        if value is not None
    ]
