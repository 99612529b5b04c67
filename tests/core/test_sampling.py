"""Samples of a transaction that runs: when they are taken, what is told, what is kept, how many phases are used."""

from dataclasses import replace

import pytest
from ocpp.v201.enums import MeasurandEnumType as Measurand

from station.core import effects as do
from station.core import events as on
from station.core.events import Due, Timer
from station.core.policy import KeyPolicy
from station.core.powermeter import Phases, Powermeter
from station.core.records import RecordKind, SignedRecord
from station.core.reports import SampledValue, SignedValue
from station.core.sampling import phases_in_use
from tests.core.runs import EV, STARTED, UPDATED, Run, a_reading, has, only, only_report, points, reports, stops
from tests.fakes import KEY

NOTHING_SIGNED = {"sign_readings": False}
ALIGNED = {
    "aligned_updated_measurands": (Measurand.voltage,),
    "aligned_ended_measurands": (Measurand.energy_active_import_register,),
}


def due(*names: Due) -> frozenset[Due]:
    return frozenset(names)


def drawing(*amps: float) -> Powermeter:
    """What a meter says while so much flows on the phases."""
    each = [*amps, 0.0, 0.0, 0.0][:3]
    return replace(a_reading(), current_a=Phases(sum(each), *each))


def current_record(run: Run) -> SignedRecord:
    return run.record(RecordKind.CURRENT, 500)


# When


@pytest.mark.ocpp("J02.FR.11")
@pytest.mark.parametrize(
    ("policy", "timer", "wanted"),
    [
        ({"updated_interval_s": 30.0}, Timer.SAMPLE, Due.UPDATED),
        ({"ended_interval_s": 30.0} | NOTHING_SIGNED, Timer.ENDED_SAMPLE, Due.ENDED),
    ],
)
def test_each_interval_has_a_timer_that_takes_its_sample_and_runs_again(
    policy: dict[str, float], timer: Timer, wanted: Due
) -> None:
    run = Run(**policy)
    run.play("plug card")
    assert do.StartTimer(timer, 30.0) in run.sign_begin()
    assert run.expire(timer) == [do.TakeSample(due(wanted)), do.StartTimer(timer, 30.0)]


@pytest.mark.parametrize("story", ["", "plug card", "plug card begin tap", "plug card begin tap end"])
@pytest.mark.parametrize("timer", [Timer.SAMPLE, Timer.ENDED_SAMPLE, Timer.PHASES])
def test_without_a_signed_start_or_after_the_end_nothing_is_sampled(story: str, timer: Timer) -> None:
    run = Run(**stops(EV), ended_interval_s=30.0)
    run.play(story)
    assert run.expire(timer) == []
    assert not has(run(on.ClockStruck(due(Due.CLOCK_UPDATED))), do.TakeSample)
    assert not has(run(on.IntervalsChanged()), do.StartTimer)


def test_all_timers_stop_when_the_end_is_to_be_signed() -> None:
    run = Run().charging()
    stopped = {effect.timer for effect in run.play("tap") if isinstance(effect, do.StopTimer)}
    assert stopped == {Timer.SAMPLE, Timer.ENDED_SAMPLE, Timer.PHASES, Timer.EV_READY, Timer.ALLOWANCE}


def test_intervals_that_change_count_from_now_and_zero_stops_them() -> None:
    run = Run(updated_interval_s=30.0).charging()
    run.change(updated_interval_s=10.0, ended_interval_s=20.0)
    assert run(on.IntervalsChanged()) == [
        do.StartTimer(Timer.SAMPLE, 10.0),
        do.StartTimer(Timer.ENDED_SAMPLE, 20.0),
    ]
    run.change(updated_interval_s=0.0)
    assert do.StopTimer(Timer.SAMPLE) in run(on.IntervalsChanged())


@pytest.mark.ocpp("E10.FR.07", "J02.FR.11")
def test_a_transaction_that_waits_for_its_vehicle_to_come_back_is_sampled_on() -> None:
    run = Run(stop_on_ev_side_disconnect=False, **stops()).charging()
    run.play("drop")
    assert has(run.expire(Timer.SAMPLE), do.TakeSample)
    assert only_report(run.sample()).trigger == "MeterValuePeriodic"


# What for


@pytest.mark.ocpp("J02.FR.10", "J02.FR.11")
def test_a_periodic_sample_is_an_update_of_its_own() -> None:
    run = Run().charging()
    told = only_report(run.sample(1500))
    assert (told.event, told.trigger, told.charging_state) == (UPDATED, "MeterValuePeriodic", None)
    [[value]] = [sample.values for sample in told.samples]
    assert (value.value, value.context) == (1500.0, "Sample.Periodic")


@pytest.mark.ocpp("J01.FR.22")
def test_a_clock_aligned_sample_of_a_transaction_is_told_with_it_and_kept_for_its_end() -> None:
    run = Run(**ALIGNED).charging()
    both = due(Due.CLOCK_UPDATED, Due.CLOCK_ENDED)
    assert run(on.ClockStruck(both)) == [do.TakeSample(both)]
    caused = run(on.Sampled(a_reading(1700), both))
    told = only_report(caused)
    assert told.trigger == "MeterValueClock"
    assert {(value.measurand, value.context) for value in told.samples[0].values} == {
        (Measurand.voltage, "Sample.Clock")
    }
    kept = only(caused, do.Collect)
    assert kept.transaction_id == run.transaction.id
    assert [(value.value, value.context) for value in kept.sample.values] == [(1700.0, "Sample.Clock")]


@pytest.mark.ocpp("E06.FR.11")
def test_a_sample_for_ended_is_kept_and_not_told() -> None:
    run = Run(ended_interval_s=30.0, **NOTHING_SIGNED).charging()
    run.sample()
    caused = run(on.Sampled(a_reading(1600), due(Due.ENDED)))
    assert not has(caused, do.Report)
    [value] = only(caused, do.Collect).sample.values
    assert (value.value, value.context) == (1600.0, "Sample.Periodic")


@pytest.mark.parametrize("some", [due(one) for one in Due])
def test_a_sample_that_comes_after_the_end_is_for_nobody(some: frozenset[Due]) -> None:
    run = Run(ended_interval_s=30.0, **ALIGNED)
    run.play("plug card begin draw tap")
    assert not has(run(on.Sampled(a_reading(), some)), do.Report, do.Collect)
    run.play("end pull")
    assert run(on.Sampled(a_reading(), some)) == []


def test_a_transaction_that_is_not_told_yet_tells_no_samples_but_keeps_them() -> None:
    run = Run(**points(), ended_interval_s=30.0, **NOTHING_SIGNED)
    run.play("plug card begin")
    assert not has(run.sample(), do.Report)
    assert has(run(on.Sampled(a_reading(), due(Due.ENDED))), do.Collect)
    assert only_report(run.play("draw")).event is STARTED


# Signed on the way

SIGNS = {
    Due.UPDATED: "sign_updated_readings",
    Due.CLOCK_UPDATED: "sign_aligned_updated_readings",
    Due.ENDED: "sign_readings",
    Due.CLOCK_ENDED: "sign_aligned_readings",
}
UNSIGNED = dict.fromkeys(SIGNS.values(), False)
ENERGY_EVERYWHERE = {
    "aligned_updated_measurands": (Measurand.energy_active_import_register,),
    "aligned_ended_measurands": (Measurand.energy_active_import_register,),
}


def signed_values(effects: list[do.Effect]) -> dict[str, list[SampledValue]]:
    told = [value for report in reports(effects) for sample in report.samples for value in sample.values]
    kept = [value for effect in effects if isinstance(effect, do.Collect) for value in effect.sample.values]
    return {"told": [value for value in told if value.signed], "kept": [value for value in kept if value.signed]}


@pytest.mark.ocpp("E02.FR.14", "E03.FR.10")
@pytest.mark.parametrize("one", SIGNS)
def test_each_kind_of_sample_is_signed_if_its_variable_says_so(one: Due) -> None:
    for on_ in (True, False):
        run = Run(**UNSIGNED | {SIGNS[one]: on_} | ENERGY_EVERYWHERE, ended_interval_s=30.0).charging()
        asked = run(on.ClockStruck(due(one)))
        assert asked == [do.TakeSample(due(one), signed=on_)]
        record = current_record(run)
        values = signed_values(run(on.Sampled(a_reading(), due(one), record)))
        assert len(values["told"] + values["kept"]) == on_


def test_nothing_is_signed_that_could_not_be_shown_because_it_is_no_energy() -> None:
    """Each signature keeps the meter busy for seconds, and a record that the CSMS never gets is kept for ever."""
    run = Run(sign_updated_readings=True, updated_measurands=(Measurand.voltage,)).charging()
    assert run(on.ClockStruck(due(Due.UPDATED))) == [do.TakeSample(due(Due.UPDATED), signed=False)]


@pytest.mark.ocpp("E02.FR.14")
@pytest.mark.parametrize(("told", "kept"), [(True, False), (False, True)])
def test_a_record_that_was_signed_for_one_use_is_not_shown_in_the_other(told: bool, kept: bool) -> None:
    signs = {"sign_aligned_updated_readings": told, "sign_aligned_readings": kept}
    run = Run(**UNSIGNED | signs | ENERGY_EVERYWHERE).charging()
    both = due(Due.CLOCK_UPDATED, Due.CLOCK_ENDED)
    assert run(on.ClockStruck(both)) == [do.TakeSample(both, signed=True)]
    values = signed_values(run(on.Sampled(a_reading(), both, current_record(run))))
    assert (len(values["told"]), len(values["kept"])) == (told, kept)


def test_what_was_signed_on_the_way_is_kept_with_the_transaction_once() -> None:
    run = Run(sign_updated_readings=True).charging()
    record = current_record(run)
    caused = run(on.Sampled(a_reading(), due(Due.UPDATED), record))
    assert only(caused, do.KeepRecord) == do.KeepRecord(run.transaction.id, record)
    assert run.session.last_pagination == record.pagination
    assert not has(run(on.Sampled(a_reading(), due(Due.ENDED), record)), do.KeepRecord, do.SetAside)


def test_what_was_signed_after_the_end_is_of_nobody_though_the_transaction_goes_on() -> None:
    run = Run(**stops(EV)).charging()
    run.stop(on.StopCause.CARD)
    run.sign_end()
    record = current_record(run)
    assert run.transaction.end is not None
    assert run(on.Sampled(a_reading(), due(), record)) == [do.NoteRecord(record)]


def test_what_was_signed_for_nobody_is_noted_and_what_is_old_is_set_aside() -> None:
    run = Run(sign_updated_readings=True)
    old, new = current_record(run), current_record(run)
    assert run(on.Sampled(a_reading(), due(Due.UPDATED), new)) == [do.NoteRecord(new)]
    assert has(run(on.Sampled(a_reading(), due(Due.UPDATED), old)), do.SetAside)
    assert run.session.last_pagination == new.pagination


@pytest.mark.parametrize(
    ("policy", "keys"),
    [(KeyPolicy.NEVER, [None, None]), (KeyPolicy.ONCE, [KEY, None]), (KeyPolicy.EVERY, [KEY, KEY])],
)
def test_the_public_key_comes_with_signed_samples_as_often_as_it_is_wanted(
    policy: KeyPolicy, keys: list[bytes | None]
) -> None:
    run = Run(sign_updated_readings=True, key_policy=policy).charging()
    run.effects.clear()
    for _ in keys:
        run(on.Sampled(a_reading(), due(Due.UPDATED), current_record(run)))
    signed = [value.signed for value in signed_values(run.effects)["told"]]
    assert [one.public_key for one in signed if isinstance(one, SignedValue)] == keys


def test_a_key_that_could_not_be_shown_is_not_counted_as_told() -> None:
    run = Run(sign_updated_readings=True, updated_measurands=(Measurand.voltage,)).charging()
    run(on.Sampled(a_reading(), due(Due.UPDATED), current_record(run)))
    assert not run.transaction.told_key


# Phases


@pytest.mark.parametrize(
    ("amps", "phases"),
    [((16.0, 16.0, 16.0), 3), ((16.0,), 1), ((0.0, 16.0), 1), ((0.9, 0.9, 0.9), 0), ((1.0, 1.0), 2)],
)
def test_a_phase_is_in_use_from_one_ampere_on(amps: tuple[float, ...], phases: int) -> None:
    assert phases_in_use(drawing(*amps)) == phases


def test_a_meter_that_does_not_measure_currents_says_nothing_about_phases() -> None:
    assert phases_in_use(replace(a_reading(), current_a=None)) == 0
    assert phases_in_use(replace(a_reading(), current_a=Phases(16.0))) == 0


@pytest.mark.ocpp("E02.FR.18", "E03.FR.13")
def test_the_number_of_phases_is_looked_at_when_energy_has_begun_to_flow_and_told() -> None:
    run = Run()
    run.play("plug card begin")
    assert do.StartTimer(Timer.PHASES, 10.0) in run.play("draw")
    assert run.expire(Timer.PHASES) == [do.TakeSample(due(Due.PHASES))]
    told = only_report(run(on.Sampled(drawing(16.0), due(Due.PHASES))))
    assert (told.trigger, told.charging_state, told.number_of_phases_used) == ("ChargingStateChanged", "Charging", 1)
    assert told.samples == ()


@pytest.mark.ocpp("E02.FR.19", "E03.FR.14")
def test_another_number_of_phases_is_told_with_the_next_sample_and_then_no_more() -> None:
    run = Run().charging()
    run(on.Sampled(drawing(16.0), due(Due.PHASES)))
    numbers = [
        only_report(run(on.Sampled(drawing(*amps)))).number_of_phases_used
        for amps in [(16.0,), (16.0, 16.0, 16.0), (16.0, 16.0, 16.0), (16.0,)]
    ]
    assert numbers == [None, 3, None, 1]


def test_a_look_that_shows_what_is_known_tells_nothing() -> None:
    run = Run().charging()
    run(on.Sampled(drawing(16.0), due(Due.PHASES)))
    assert run(on.Sampled(drawing(16.0), due(Due.PHASES))) == []


def test_a_vehicle_that_rests_is_not_one_that_uses_no_phases() -> None:
    run = Run().charging()
    run(on.Sampled(drawing(16.0), due(Due.PHASES)))
    run.play("rest")
    assert only_report(run(on.Sampled(drawing()))).number_of_phases_used is None
    run.play("draw")
    assert only_report(run(on.Sampled(drawing()))).number_of_phases_used is None


@pytest.mark.ocpp("E02.FR.19")
def test_after_the_cable_was_out_the_phases_are_looked_at_again() -> None:
    run = Run(stop_on_ev_side_disconnect=False, **stops()).charging()
    run(on.Sampled(drawing(16.0, 16.0, 16.0), due(Due.PHASES)))
    assert do.StartTimer(Timer.PHASES, 10.0) in run.play("drop plug draw")
    assert only_report(run(on.Sampled(drawing(16.0), due(Due.PHASES)))).number_of_phases_used == 1


# Current


@pytest.mark.parametrize(
    ("limits", "triggers"),
    [
        ([8.0], ["ChargingRateChanged"]),
        ([15.5], []),
        ([32.0, 32.0, 20.0], []),
        ([0.0], ["ChargingRateChanged"]),
        ([5.9, 8.0], ["ChargingRateChanged", "ChargingStateChanged"]),
    ],
)
def test_the_csms_is_told_of_what_the_vehicle_may_draw_and_not_of_what_was_allowed(
    limits: list[float], triggers: list[str]
) -> None:
    run = Run(max_current_amps=16.0).charging()
    for limit in limits:
        run(on.LimitChanged(limit))
    assert [report.trigger for report in run.reports] == triggers
