"""Measurands for the events of a transaction, from records and live values."""

from collections.abc import Callable, Mapping
from typing import Final

from ocpp.v201.enums import MeasurandEnumType, PhaseEnumType, ReadingContextEnumType

from station.core.policy import ENERGY
from station.core.powermeter import Phases, Powermeter
from station.core.records import SignedRecord
from station.core.reports import Sample, SampledValue, SignedValue

PHASES: Final = (PhaseEnumType.l1, PhaseEnumType.l2, PhaseEnumType.l3)
PHASES_TO_NEUTRAL: Final = (PhaseEnumType.l1_n, PhaseEnumType.l2_n, PhaseEnumType.l3_n)

_LIVE: Final[Mapping[MeasurandEnumType, tuple[Callable[[Powermeter], Phases | None], str]]] = {
    MeasurandEnumType.energy_active_import_register: (lambda live: live.energy_wh_import, "Wh"),
    MeasurandEnumType.power_active_import: (lambda live: live.power_w, "W"),
    MeasurandEnumType.power_factor: (lambda live: live.power_factor, ""),
    MeasurandEnumType.current_import: (lambda live: live.current_a, "A"),
    MeasurandEnumType.voltage: (lambda live: live.voltage_v, "V"),
    MeasurandEnumType.frequency: (lambda live: live.frequency_hz, "Hz"),
}
"""Where each measurand stands in a data set, and its unit; a ratio has none."""


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
    reading: Powermeter, measurands: tuple[MeasurandEnumType, ...], context: ReadingContextEnumType
) -> Sample | None:
    """Return the measurands that the meter has, or None if it has none of them."""
    values = [value for measurand in measurands for value in _values(reading, measurand, context)]
    return Sample(reading.timestamp, tuple(values)) if values else None


def _values(reading: Powermeter, measurand: MeasurandEnumType, context: ReadingContextEnumType) -> list[SampledValue]:
    """A total stands without phase; what is there per phase only, with it. Currents are wanted per phase."""
    if measurand not in _LIVE:
        return []
    found, unit = _LIVE[measurand]
    quantity = found(reading)
    if quantity is None:
        return []
    if quantity.total is not None and measurand is not MeasurandEnumType.current_import:
        return [SampledValue(measurand, quantity.total, unit, context)]
    phases = PHASES_TO_NEUTRAL if measurand is MeasurandEnumType.voltage else PHASES
    return [
        SampledValue(measurand, value, unit, context, phase)
        for value, phase in zip(quantity.each, phases, strict=True)
        if value is not None
    ]
