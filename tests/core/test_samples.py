"""Samples: measurands in the units and phases of OCPP, from records and from live values."""

from dataclasses import replace

import pytest
from ocpp.v201.enums import MeasurandEnumType as Measurand
from ocpp.v201.enums import ReadingContextEnumType as Context

from station.core.records import RecordKind
from station.core.reports import SignedValue
from station.core.samples import of_reading, of_record
from tests.core.runs import a_reading
from tests.fakes import KEY, a_record

RECORD = a_record(RecordKind.TURN_OFF, 12, energy_wh=13820, session_energy_wh=890)


def test_plain_and_signed_value_come_from_the_same_snapshot() -> None:
    sample = of_record(RECORD, Context.transaction_end, signed=True, key=KEY)
    [value] = sample.values
    assert sample.taken_at == RECORD.taken_at
    assert (value.measurand, value.value, value.unit) == (Measurand.energy_active_import_register, 13820.0, "Wh")
    assert value.signed == SignedValue(RECORD.ocmf, KEY)


def test_a_record_may_go_without_its_signature_or_without_its_key() -> None:
    assert of_record(RECORD, Context.transaction_end, signed=False, key=None).values[0].signed is None
    [value] = of_record(RECORD, Context.transaction_end, signed=True, key=None).values
    assert value.signed == SignedValue(RECORD.ocmf, None)


@pytest.mark.parametrize(
    ("measurand", "expected"),
    [
        (Measurand.energy_active_import_register, [(1500.0, "Wh", None)]),
        (Measurand.power_active_import, [(11040.0, "W", None)]),
        (Measurand.frequency, [(50.01, "Hz", None)]),
        (Measurand.power_factor, [(1.0, "", "L1"), (0.99, "", "L2"), (0.98, "", "L3")]),
        (Measurand.current_import, [(16.0, "A", "L1"), (15.9, "A", "L2"), (16.1, "A", "L3")]),
        (Measurand.voltage, [(229.8, "V", "L1-N"), (230.1, "V", "L2-N"), (231.0, "V", "L3-N")]),
        (Measurand("SoC"), []),
    ],
)
def test_live_values_have_the_units_and_phases_of_ocpp(
    measurand: Measurand, expected: list[tuple[float, str, str | None]]
) -> None:
    sample = of_reading(a_reading(), (measurand,), Context.sample_periodic)
    values = sample.values if sample else ()
    assert [(value.value, value.unit, value.phase) for value in values] == expected
    assert {value.context for value in values} <= {Context.sample_periodic}


def test_measurands_keep_their_order_and_those_the_meter_has_not_are_left_out() -> None:
    wanted = (Measurand.power_active_import, Measurand("SoC"), Measurand.energy_active_import_register)
    sample = of_reading(a_reading(), wanted, Context.sample_clock)
    assert sample is not None
    assert [value.measurand for value in sample.values] == [wanted[0], wanted[2]]


def test_a_meter_without_frequency_sends_none() -> None:
    reading = replace(a_reading(), frequency_hz=None)
    assert of_reading(reading, (Measurand.frequency,), Context.sample_periodic) is None
