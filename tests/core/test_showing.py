"""Which values the events of a transaction show."""

from dataclasses import replace
from typing import Any

import pytest
from ocpp.v201.enums import MeasurandEnumType as Measurand
from ocpp.v201.enums import ReadingContextEnumType as Context
from ocpp.v201.enums import TriggerReasonEnumType

from station.core import events as on
from station.core import showing
from station.core.policy import KeyPolicy, Policy
from station.core.records import RecordKind
from station.core.reports import Sample, SampledValue
from station.core.sampling import Wanted
from station.core.session import Transaction
from station.core.showing import Values
from tests.core.runs import AUTHORIZED, BAY, EV, SIGNED, Run, a_reading, only_report, points
from tests.fakes import KEY, a_record

ENERGY_AND_VOLTAGE = (Measurand.voltage, Measurand.energy_active_import_register)
BEGIN = a_record(RecordKind.TURN_ON, 8, energy_wh=1000)
END = a_record(RecordKind.TURN_OFF, 9, energy_wh=5200)
CURRENT = a_record(RecordKind.CURRENT, 9, energy_wh=3000)
OPEN = Transaction("t", TriggerReasonEnumType.authorized)
BEGUN = replace(OPEN, begin=BEGIN, begin_reading=a_reading(1001))
OVER = replace(BEGUN, end=END, end_reading=a_reading(5201))


def policy(**changes: Any) -> Policy:
    return Policy(key_policy=KeyPolicy.NEVER, **changes)


def values(samples: tuple[Sample, ...]) -> list[SampledValue]:
    return [value for sample in samples for value in sample.values]


def energies(samples: tuple[Sample, ...]) -> list[tuple[float, str, bool]]:
    return [
        (value.value, value.context.value, value.signed is not None)
        for value in values(samples)
        if value.measurand is Measurand.energy_active_import_register
    ]


# The begin


@pytest.mark.ocpp("E01.FR.09", "E02.FR.09")
def test_the_begin_is_shown_once_with_the_energy_of_its_record_and_live_values_of_that_moment() -> None:
    wanted = policy(started_measurands=ENERGY_AND_VOLTAGE)
    told, samples = showing.begin(BEGUN, wanted)
    assert energies(samples) == [(1000.0, "Transaction.Begin", False)]
    assert samples[0].values[0].measurand is Measurand.energy_active_import_register
    assert {value.measurand for value in values(samples)} == set(ENERGY_AND_VOLTAGE)
    assert samples[0].taken_at == BEGIN.taken_at
    assert showing.begin(told, wanted) == (told, ())


def test_a_begin_without_live_values_shows_its_record() -> None:
    _, samples = showing.begin(replace(BEGUN, begin_reading=None), policy(started_measurands=ENERGY_AND_VOLTAGE))
    assert energies(samples) == [(1000.0, "Transaction.Begin", False)]


@pytest.mark.parametrize(
    ("changes", "signed"),
    [
        ({}, False),
        ({"sign_started_readings": True}, True),
        (points(SIGNED), True),
        (points(SIGNED) | {"sign_readings": False}, False),
        ({"sign_started_readings": True, "sign_readings": False}, False),
    ],
)
@pytest.mark.ocpp("E01.FR.04", "E02.FR.14")
def test_the_begin_is_signed_where_it_is_told_first_if_a_variable_or_the_start_point_says_so(
    changes: dict[str, Any], signed: bool
) -> None:
    _, samples = showing.begin(BEGUN, policy(**changes))
    assert energies(samples) == [(1000.0, "Transaction.Begin", signed)]


@pytest.mark.parametrize("transaction", [OPEN, BEGUN])
def test_nothing_wanted_and_nothing_signed_show_nothing(transaction: Transaction) -> None:
    assert showing.begin(transaction, policy(started_measurands=())) == (transaction, ())
    assert showing.begin(OPEN, policy()) == (OPEN, ())


@pytest.mark.ocpp("E01.FR.09", "E01.FR.17", "E02.FR.21", "E03.FR.11")
@pytest.mark.parametrize("start", [BAY, EV, AUTHORIZED])
def test_the_begin_comes_with_the_event_of_the_signature_if_it_was_not_there_at_the_start(start: Any) -> None:
    run = Run(**points(start))
    run.play("bay card plug")
    told = only_report(run.play("begin"))
    assert (told.event, told.trigger) == ("Updated", "SignedDataReceived")
    assert energies(told.samples) == [(1000.0, "Transaction.Begin", False)]


def test_before_the_begin_live_values_stand_for_it_if_there_are_some() -> None:
    assert energies(showing.before_begin(policy(), a_reading(990))) == [(990.0, "Transaction.Begin", False)]
    assert showing.before_begin(policy(), None) == ()
    assert showing.before_begin(policy(started_measurands=()), a_reading()) == ()


# On the way


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (Wanted((), Context.sample_periodic), []),
        (Wanted((Measurand.energy_active_import_register,), Context.sample_periodic), [(1500.0, False)]),
        (Wanted((Measurand.energy_active_import_register,), Context.sample_clock, signed=True), [(3000.0, True)]),
    ],
)
def test_a_record_is_shown_where_a_signed_value_is_wanted(wanted: Wanted, shown: list[tuple[float, bool]]) -> None:
    _, samples = showing.measured(BEGUN, policy(), Values(a_reading(1500), (wanted,), CURRENT))
    assert [(value, signed) for value, _, signed in energies(samples)] == shown


def test_a_signed_value_that_the_meter_could_not_give_is_a_plain_one() -> None:
    wanted = Wanted((Measurand.energy_active_import_register,), Context.sample_periodic, signed=True)
    _, samples = showing.measured(BEGUN, policy(), Values(a_reading(1500), (wanted,)))
    assert energies(samples) == [(1500.0, "Sample.Periodic", False)]


# Both ends


@pytest.mark.ocpp("E06.FR.11", "E07.FR.08", "E07.FR.12", "E08.FR.09", "E09.FR.05", "E10.FR.04", "E15.FR.01")
def test_ended_shows_both_ends_signed() -> None:
    _, samples = showing.ends(OVER, policy(), None)
    assert energies(samples) == [(1000.0, "Transaction.Begin", True), (5200.0, "Transaction.End", True)]
    assert [sample.taken_at for sample in samples] == [BEGIN.taken_at, END.taken_at]


def test_ended_shows_what_else_is_wanted_from_the_moments_of_the_records() -> None:
    _, samples = showing.ends(OVER, policy(ended_measurands=(Measurand.voltage,)), a_reading(9999))
    assert energies(samples) == [(1000.0, "Transaction.Begin", True), (5200.0, "Transaction.End", True)]
    assert {value.measurand for value in samples[1].values} == {
        Measurand.energy_active_import_register,
        Measurand.voltage,
    }


@pytest.mark.parametrize(
    ("transaction", "reading_wh", "shown"),
    [
        (OPEN, 1500, [(1500.0, "Transaction.End", False)]),
        (BEGUN, 1500, [(1000.0, "Transaction.Begin", True), (1500.0, "Transaction.End", False)]),
        (BEGUN, 1000, [(1000.0, "Transaction.Begin", True), (1000.0, "Transaction.End", False)]),
        (BEGUN, 999, [(1000.0, "Transaction.Begin", True)]),
        (BEGUN, None, [(1000.0, "Transaction.Begin", True)]),
        (OVER, 9999, [(1000.0, "Transaction.Begin", True), (5200.0, "Transaction.End", True)]),
    ],
)
def test_newest_values_stand_in_for_an_end_that_is_not_signed_if_they_can_be_of_it(
    transaction: Transaction, reading_wh: int | None, shown: list[tuple[float, str, bool]]
) -> None:
    reading = a_reading(reading_wh) if reading_wh is not None else None
    _, samples = showing.ends(transaction, policy(), reading)
    assert energies(samples) == shown


def test_ended_without_measurands_shows_nothing_at_all() -> None:
    assert showing.ends(OVER, policy(ended_measurands=()), a_reading(9999)) == (OVER, ())


# The key


@pytest.mark.parametrize(
    ("key_policy", "keys"),
    [
        (KeyPolicy.NEVER, [None, None, None]),
        (KeyPolicy.ONCE, [KEY, None, None]),
        (KeyPolicy.EVERY, [KEY, KEY, KEY]),
    ],
)
def test_the_key_comes_as_often_as_it_is_wanted_over_the_whole_transaction(
    key_policy: KeyPolicy, keys: list[bytes | None]
) -> None:
    run = Run(key_policy=key_policy, sign_started_readings=True)
    run.play("plug card begin draw tap end")
    signed = [value.signed for report in run.reports for value in values(report.samples) if value.signed]
    assert [one.public_key for one in signed] == keys


# What the CSMS asks for


@pytest.mark.ocpp("F06.FR.07")
def test_who_asks_gets_the_measurands_of_updates_unsigned() -> None:
    run = Run(updated_measurands=ENERGY_AND_VOLTAGE, sign_updated_readings=True).charging()
    told = only_report(run(on.Triggered(a_reading(1700))))
    assert energies(told.samples) == [(1700.0, "Trigger", False)]
    assert {value.measurand for value in values(told.samples)} == set(ENERGY_AND_VOLTAGE)
