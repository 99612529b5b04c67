"""The events of a transaction: each field once, signed values and keys where the policy wants them."""

from typing import Any

import pytest
from ocpp.v201.enums import MeasurandEnumType as Measurand
from ocpp.v201.enums import ReadingContextEnumType as Context

from station.core import events as on
from station.core.policy import KeyPolicy
from station.core.reports import SampledValue, TransactionReport
from tests.core.runs import ANNA, BERT, ENDED, SIGNED_FIRST, STARTED, Run, a_reading, only_report
from tests.fakes import KEY


def story(**policy: Any) -> list[TransactionReport]:
    """Plug, card, charge, one sample, card, unplug."""
    run = Run(**policy)
    run.pilot("B")
    run.card()
    run.sign_begin()
    run.pilot("C")
    run.sample(1500)
    run.stop(on.StopCause.CARD)
    run.sign_end(4200)
    run.pilot("A")
    return run.reports


def values(report: TransactionReport) -> list[SampledValue]:
    return [value for sample in report.samples for value in sample.values]


def signed_values(report: TransactionReport) -> dict[str, SampledValue]:
    return {value.context.value: value for value in values(report) if value.signed}


def test_sequence_numbers_have_no_gap_and_begin_with_zero() -> None:
    assert [report.seq_no for report in story()] == [0, 1, 2, 3, 4]


def test_the_evse_and_the_driver_are_named_once() -> None:
    assert [report.evse_id for report in story()] == [1, None, None, None, None]
    run = Run().charging()
    run.pilot("A")
    run.sign_end()
    assert [report.id_token for report in run.reports] == [None]


@pytest.mark.ocpp("E07.FR.02")
def test_the_driver_is_named_again_by_a_stop_with_the_card() -> None:
    assert [report.id_token for report in story()] == [ANNA, None, None, None, ANNA]


@pytest.mark.ocpp("E02.FR.13")
def test_the_charging_state_is_told_when_it_changed() -> None:
    states = [report.charging_state for report in story()]
    assert states == ["EVConnected", None, "Charging", None, "EVConnected"]


def test_only_ended_has_a_reason() -> None:
    assert [report.stopped_reason for report in story()] == [None, None, None, None, "Local"]


def test_each_event_carries_the_time_it_happened() -> None:
    times = [report.happened_at for report in story()]
    assert times == sorted(set(times))


@pytest.mark.ocpp("E01.FR.09")
def test_a_start_that_waits_for_the_signature_has_the_begin_as_a_plain_value_from_the_record() -> None:
    started = story(**SIGNED_FIRST, sign_readings=False)[0]
    [value] = values(started)
    assert (value.measurand, value.value, value.unit) == (Measurand.energy_active_import_register, 1000.0, "Wh")
    assert (value.context, value.signed) == (Context.transaction_begin, None)


def test_the_begin_is_not_repeated_before_ended() -> None:
    contexts = [[value.context for value in values(report)] for report in story()]
    assert contexts == [
        [],
        ["Transaction.Begin"],
        [],
        ["Sample.Periodic"],
        ["Transaction.Begin", "Transaction.End"],
    ]


@pytest.mark.ocpp("E01.FR.09", "E02.FR.09", "E03.FR.07")
def test_before_the_begin_is_signed_started_has_what_the_meter_says_then() -> None:
    run = Run()
    run.reading = a_reading(1000)
    run.pilot("B")
    [value] = values(only_report(run.card()))
    assert (value.value, value.context, value.signed) == (1000.0, Context.transaction_begin, None)
    [value] = values(only_report(run.sign_begin()))
    assert (value.value, value.context) == (1000.0, Context.transaction_begin)


@pytest.mark.ocpp("J02.FR.17")
def test_ended_has_both_signed_records_and_plain_values_from_the_same_snapshots() -> None:
    ended = story()[-1]
    assert ended.event is ENDED
    both = signed_values(ended)
    assert [value.value for value in both.values()] == [1000.0, 5200.0]
    begin, end = (value.signed for value in both.values())
    assert begin is not None
    assert end is not None
    assert begin.ocmf.startswith(b"OCMF|turn_on|")
    assert end.ocmf.startswith(b"OCMF|turn_off|")


def test_the_samples_of_ended_carry_the_times_of_the_meter() -> None:
    run = Run().charging()
    begin = run.transaction.begin
    assert begin is not None
    run.pilot("A")
    run.sign_end()
    assert run.reports[-1].samples[0].taken_at == begin.taken_at


def test_without_sign_readings_nothing_signed_is_sent() -> None:
    for report in story(sign_readings=False, sign_started_readings=True, key_policy=KeyPolicy.EVERY):
        assert signed_values(report) == {}


def test_the_begin_is_signed_where_it_is_told_first_if_that_is_wanted() -> None:
    told = story(sign_started_readings=True)[1]
    assert told.trigger == "SignedDataReceived"
    assert list(signed_values(told)) == ["Transaction.Begin"]
    started = story(sign_started_readings=True, **SIGNED_FIRST)[0]
    assert started.event is STARTED
    assert list(signed_values(started)) == ["Transaction.Begin"]


@pytest.mark.parametrize(
    ("policy", "in_started", "keys"),
    [
        (KeyPolicy.NEVER, False, [None, None]),
        (KeyPolicy.ONCE, False, [KEY, None]),
        (KeyPolicy.EVERY, False, [KEY, KEY]),
        (KeyPolicy.NEVER, True, [None, None, None]),
        (KeyPolicy.ONCE, True, [KEY, None, None]),
        (KeyPolicy.EVERY, True, [KEY, KEY, KEY]),
    ],
)
def test_the_public_key_goes_where_the_policy_wants_it(
    policy: KeyPolicy, in_started: bool, keys: list[bytes | None]
) -> None:
    told = story(key_policy=policy, sign_started_readings=in_started)
    signed = [value.signed for report in told for value in values(report) if value.signed]
    assert [value.public_key for value in signed] == keys


def test_measurands_that_are_switched_off_are_not_sent() -> None:
    assert all(
        report.samples == () for report in story(started_measurands=(), updated_measurands=(), ended_measurands=())
    )


def test_a_begin_that_was_not_wanted_in_started_does_not_come_later() -> None:
    contexts = [[value.context for value in values(report)] for report in story(started_measurands=())]
    assert contexts[:-1] == [[], [], [], ["Sample.Periodic"]]


@pytest.mark.ocpp("E07.FR.02")
def test_the_card_that_ends_it_is_told_even_if_another_began_it() -> None:
    run = Run().charging()
    run(on.StopRequested(on.StopCause.CARD, token=BERT))
    assert only_report(run.sign_end()).id_token == BERT


def test_the_drivers_own_card_is_told_again_at_the_end() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    assert only_report(run.sign_end()).id_token == ANNA
