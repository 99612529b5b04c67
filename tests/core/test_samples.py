"""Samples: measurands in the units and phases of OCPP, from records and from live values."""

from dataclasses import replace
from datetime import timedelta

import pytest
from ocpp.v201.enums import MeasurandEnumType as Measurand
from ocpp.v201.enums import ReadingContextEnumType as Context

from station.core.powermeter import Phases
from station.core.records import RecordKind
from station.core.reports import SignedValue
from station.core.samples import of_reading, of_record
from station.core.variables import MEASURANDS
from tests.core.runs import a_reading
from tests.fakes import KEY, NOON, a_record

ENERGY = Measurand.energy_active_import_register
RECORD = a_record(RecordKind.TURN_OFF, 12, energy_wh=13820, session_energy_wh=890)
CURRENT = a_record(RecordKind.CURRENT, 13, energy_wh=1510, session_energy_wh=510)


def full_reading():
    """Everything that the port of a meter can tell."""
    return replace(
        a_reading(),
        energy_wh_import=Phases(1500.0, 500.0, 490.0, 510.0),
        energy_wh_export=Phases(20.0),
        var=Phases(-120.0, 30.0, -40.0, -110.0),
    )


def told(reading, *measurands, context=Context.sample_periodic, **options):
    sample = of_reading(reading, measurands, context, **options)
    return [(value.value, value.unit, value.phase) for value in sample.values] if sample else []


@pytest.mark.ocpp("J02.FR.17")
def test_plain_and_signed_value_come_from_the_same_snapshot_and_are_not_rebased():
    sample = of_record(RECORD, Context.transaction_end, signed=True, key=KEY)
    [value] = sample.values
    assert sample.taken_at == RECORD.taken_at
    assert (value.measurand, value.value, value.unit) == (ENERGY, 13820.0, "Wh")
    assert value.signed == SignedValue(RECORD.ocmf, KEY)


def test_a_record_may_go_without_its_signature_or_without_its_key():
    assert of_record(RECORD, Context.transaction_end, signed=False, key=None).values[0].signed is None
    [value] = of_record(RECORD, Context.transaction_end, signed=True, key=None).values
    assert value.signed == SignedValue(RECORD.ocmf, None)


@pytest.mark.ocpp("J01.FR.07", "J01.FR.10", "J01.FR.11", "J02.FR.03", "J02.FR.06", "J02.FR.07")
@pytest.mark.parametrize(
    ("measurand", "expected"),
    [
        (ENERGY, [(1500.0, "Wh", None)]),
        (Measurand.energy_active_export_register, [(20.0, "Wh", None)]),
        (
            Measurand.power_active_import,
            [(11040.0, "W", None), (3680.0, "W", "L1"), (3660.0, "W", "L2"), (3700.0, "W", "L3")],
        ),
        (
            Measurand.power_reactive_import,
            [(0.0, "var", None), (30.0, "var", "L1"), (0.0, "var", "L2"), (0.0, "var", "L3")],
        ),
        (
            Measurand.power_reactive_export,
            [(120.0, "var", None), (0.0, "var", "L1"), (40.0, "var", "L2"), (110.0, "var", "L3")],
        ),
        (Measurand.frequency, [(50.01, "Hz", None)]),
        (Measurand.power_factor, [(1.0, "", "L1"), (0.99, "", "L2"), (0.98, "", "L3")]),
        (Measurand.current_import, [(16.0, "A", "L1"), (15.9, "A", "L2"), (16.1, "A", "L3")]),
        (Measurand.voltage, [(229.8, "V", "L1-N"), (230.1, "V", "L2-N"), (231.0, "V", "L3-N")]),
        (Measurand("SoC"), []),
    ],
)
def test_live_values_have_the_units_and_phases_of_ocpp(measurand, expected):
    assert told(full_reading(), measurand) == expected


def test_what_can_be_set_is_what_can_be_told():
    sample = of_reading(full_reading(), MEASURANDS.values, Context.sample_periodic)
    assert {value.measurand for value in sample.values} == set(MEASURANDS.values)


@pytest.mark.ocpp("J01.FR.08", "J02.FR.04")
@pytest.mark.parametrize("context", [Context.sample_periodic, Context.sample_clock, Context.trigger])
def test_each_value_has_the_context_of_its_reading(context):
    sample = of_reading(full_reading(), MEASURANDS.values, context, record=CURRENT, key=None)
    assert {value.context for value in sample.values} == {context}


def test_registers_of_phases_are_told_if_they_are_wanted_and_the_meter_has_them():
    by_phase = [(1500.0, "Wh", None), (500.0, "Wh", "L1"), (490.0, "Wh", "L2"), (510.0, "Wh", "L3")]
    assert told(full_reading(), ENERGY, register_phases=True) == by_phase
    assert told(a_reading(), ENERGY, register_phases=True) == [(1500.0, "Wh", None)]


def test_measurands_keep_their_order_and_those_the_meter_has_not_are_left_out():
    wanted = (Measurand.frequency, Measurand("SoC"), ENERGY)
    sample = of_reading(a_reading(), wanted, Context.sample_clock)
    assert sample is not None
    assert [value.measurand for value in sample.values] == [wanted[0], wanted[2]]


def test_a_meter_without_frequency_sends_none():
    reading = replace(a_reading(), frequency_hz=None)
    assert of_reading(reading, (Measurand.frequency,), Context.sample_periodic) is None


@pytest.mark.ocpp("J01.FR.21", "J02.FR.21")
def test_with_a_record_its_energy_is_told_and_signed_and_the_rest_is_live():
    sample = of_reading(a_reading(), (Measurand.frequency, ENERGY), Context.sample_periodic, record=CURRENT, key=KEY)
    frequency, energy = sample.values
    assert (frequency.value, frequency.signed) == (50.01, None)
    assert (energy.value, energy.signed) == (1510.0, SignedValue(CURRENT.ocmf, KEY))


def test_a_record_is_not_shown_where_its_energy_is_not_wanted():
    sample = of_reading(a_reading(), (Measurand.frequency,), Context.sample_periodic, record=CURRENT)
    assert [value.signed for value in sample.values] == [None]


def test_the_energy_of_a_record_may_be_told_without_its_signature():
    sample = of_reading(a_reading(), (ENERGY,), Context.transaction_end, record=RECORD, signed=False)
    assert (sample.values[0].value, sample.values[0].signed) == (13820.0, None)


@pytest.mark.ocpp("J01.FR.05", "J01.FR.17", "J02.FR.18", "J02.FR.10")
def test_the_time_is_that_of_the_record_at_begin_and_end_and_that_of_the_question_between_them():
    reading = a_reading(at=NOON + timedelta(seconds=3.25))

    def taken_at(context, **options):
        return of_reading(reading, (ENERGY,), context, **options).taken_at

    assert taken_at(Context.transaction_begin, record=RECORD) == RECORD.taken_at
    assert taken_at(Context.transaction_end) == reading.timestamp
    assert taken_at(Context.sample_periodic, record=CURRENT) == reading.timestamp
    assert taken_at(Context.sample_clock, record=CURRENT) == NOON + timedelta(seconds=3)
    assert taken_at(Context.sample_clock, at=NOON) == NOON
