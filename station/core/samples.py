"""Measurands for the events of a transaction, from records and live values."""

from ocpp.v201.enums import MeasurandEnumType, PhaseEnumType, ReadingContextEnumType

from station.core.policy import ENERGY
from station.core.records import Reading, SignedRecord
from station.core.reports import Sample, SampledValue, SignedValue

PHASES = (PhaseEnumType.l1, PhaseEnumType.l2, PhaseEnumType.l3)
PHASES_TO_NEUTRAL = (PhaseEnumType.l1_n, PhaseEnumType.l2_n, PhaseEnumType.l3_n)


def of_record(record: SignedRecord, context: ReadingContextEnumType, *, signed: bool, key: bytes | None) -> Sample:
    """Return the energy of a record as a sample; plain value and signed value come from the same snapshot."""
    value = SampledValue(
        ENERGY,
        float(record.energy_wh),
        "Wh",
        context,
        signed=SignedValue(record.ocmf, key) if signed else None,
    )
    return Sample(record.taken_at, (value,))


def of_reading(
    reading: Reading, measurands: tuple[MeasurandEnumType, ...], context: ReadingContextEnumType
) -> Sample | None:
    """Return the measurands that the meter has, or None if it has none of them."""
    values = [value for measurand in measurands for value in _values(reading, measurand, context)]
    return Sample(reading.taken_at, tuple(values)) if values else None


def _values(reading: Reading, measurand: MeasurandEnumType, context: ReadingContextEnumType) -> list[SampledValue]:
    match measurand:
        case MeasurandEnumType.energy_active_import_register:
            return [SampledValue(measurand, float(reading.energy_wh), "Wh", context)]
        case MeasurandEnumType.power_active_import:
            return [SampledValue(measurand, reading.power_w, "W", context)]
        case MeasurandEnumType.frequency if reading.frequency_hz is not None:
            return [SampledValue(measurand, reading.frequency_hz, "Hz", context)]
        case MeasurandEnumType.current_import:
            return [
                SampledValue(measurand, amps, "A", context, phase)
                for amps, phase in zip(reading.current_a, PHASES, strict=True)
            ]
        case MeasurandEnumType.voltage:
            return [
                SampledValue(measurand, volts, "V", context, phase)
                for volts, phase in zip(reading.voltage_v, PHASES_TO_NEUTRAL, strict=True)
            ]
    return []
