"""Waking: what was open when the power went is adopted, ended and told, whatever the meter still knows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.faults import Fault
from station.core.policy import TxPoint
from station.core.records import LeftOver, RecordKind
from station.core.session import Metering, connector_status, idle, refusal
from tests.core.runs import (
    ENDED,
    NOTHING_LEFT,
    SIGNED_FIRST,
    STARTED,
    Run,
    asleep,
    ending,
    has,
    left,
    only,
    only_report,
    owing,
    reports,
)
from tests.fakes import SERIAL, a_record


def test_waking_with_nothing_open_makes_sure_that_nothing_is_switched_on() -> None:
    assert Run(awake=False).restart() == [do.Withhold(), do.Unlock(), do.ReleaseOutput()]


@pytest.mark.parametrize("fault", [Fault.EMERGENCY, Fault.DOOR])
def test_what_inputs_told_stays_until_they_say_otherwise(fault: Fault) -> None:
    run = Run()
    run(on.FaultRaised(fault, "input stop"))
    again = asleep(run)
    assert not has(again.restart(), do.Raise)
    assert refusal(again.session) == f"faulted: {fault.value}"
    assert has(again(on.FaultCleared(fault)), do.Raise)


def test_nobody_is_admitted_before_the_station_is_awake() -> None:
    run = Run(awake=False)
    assert run.card() == []
    assert connector_status(run.session) == "Unavailable"


@pytest.mark.ocpp("C01.FR.26")
def test_a_driver_who_fetches_the_cable_during_a_cut_has_the_rest_of_the_time() -> None:
    run = Run(ev_connection_timeout_s=60.0)
    run.card()
    again = asleep(run)
    again.now = run.now + timedelta(seconds=39)
    assert do.StartTimer(on.Timer.EV_CONNECT, 20.0) in again.restart()
    assert has(again.pilot("B"), do.TurnOn)


def test_a_driver_who_waits_is_forgotten_where_the_meter_is_silent_for_nothing_begins_there() -> None:
    run = Run(ev_connection_timeout_s=60.0)
    run.card()
    again = asleep(run)
    again.now = run.now
    assert not has(again.restart(None), do.StartTimer)
    again.pilot("B")
    again(on.MeterFound(NOTHING_LEFT))
    assert idle(again.session)
    assert not has(again(on.BayChanged(occupied=True)), do.TurnOn)


def test_a_driver_is_forgotten_where_nobody_knows_how_long_the_power_was_away() -> None:
    run = Run(ev_connection_timeout_s=60.0)
    run.card()
    again = asleep(run)
    assert not has(again(on.Woken(NOTHING_LEFT, clock_trusted=False)), do.StartTimer)
    assert not has(again.pilot("B"), do.TurnOn)


@pytest.mark.parametrize("passed_s", [60, -3600])
def test_a_driver_whose_time_passed_during_the_cut_is_forgotten(passed_s: float) -> None:
    run = Run(ev_connection_timeout_s=60.0)
    run.card()
    again = asleep(run)
    again.now = run.now + timedelta(seconds=passed_s)
    assert not has(again.restart(), do.StartTimer)
    assert not has(again.pilot("B"), do.TurnOn)


def test_a_start_that_was_not_signed_before_the_cut_leaves_no_trace() -> None:
    run = Run(**SIGNED_FIRST)
    run.pilot("B")
    run.card()
    again = asleep(run)
    assert again.restart() == [do.Withhold(), do.ReleaseOutput(), do.Unlock()]
    assert idle(again.session)


def test_a_start_that_was_signed_but_not_stored_is_adopted_and_reported() -> None:
    run = Run(**SIGNED_FIRST)
    run.pilot("B")
    run.card()
    begin = run.record(RecordKind.TURN_ON)
    again = asleep(run)
    caused = again.restart(left(output_on=True, begin=begin))
    assert do.KeepRecord("transaction-3", begin) in caused
    assert only_report(caused).event is STARTED
    assert has(caused, do.TurnOff)
    ended = only_report(again(on.EndSigned(run.record(RecordKind.TURN_OFF))))
    assert (ended.seq_no, *ending(ended)) == (1, "AbnormalCondition", "PowerLoss")


def test_an_end_that_was_signed_but_not_stored_is_adopted() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    begin, end = run.transaction.begin, run.record(RecordKind.TURN_OFF, 4200)
    caused = asleep(run).restart(left(begin=begin, end=end))
    assert do.KeepRecord("transaction-3", end) in caused
    assert ending(only_report(caused)) == ("StopAuthorized", "Local")
    assert not has(caused, do.TurnOff)


def test_records_of_earlier_transactions_are_not_adopted() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    begin = run.transaction.begin
    end = run.record(RecordKind.TURN_OFF)
    run(on.EndSigned(end))
    run.card()
    caused = asleep(run).restart(left(begin=begin, end=end))
    assert not has(caused, do.KeepRecord)
    assert only_report(caused).event is ENDED


@pytest.mark.parametrize("letter", ["B", "C"])
def test_a_transaction_that_was_running_is_ended_by_the_power_loss(letter: str) -> None:
    run = Run().charging()
    run.pilot(letter)
    seq_no = run.transaction.seq_no
    again = asleep(run)
    caused = again.restart(left(output_on=True, begin=run.transaction.begin))
    assert caused.index(do.Withhold()) < caused.index(only(caused, do.TurnOff))
    ended = only_report(again.sign_end())
    assert (ended.seq_no, *ending(ended)) == (seq_no, "AbnormalCondition", "PowerLoss")


def test_a_told_transaction_without_metering_is_ended_at_once() -> None:
    run = Run(start_points=frozenset({TxPoint.EV_CONNECTED}))
    run.pilot("B")
    assert ending(only_report(asleep(run).restart())) == ("AbnormalCondition", "PowerLoss")


def test_attempts_to_get_the_end_go_on_after_a_restart() -> None:
    run = Run(end_attempts=2).charging()
    run.stop(on.StopCause.CARD)
    run(on.EndFailed(Fault.METER, "no answer"))
    again = Run(session=run.session, awake=False, end_attempts=2)
    assert has(again.restart(), do.TurnOff)
    assert only_report(again(on.EndFailed(Fault.METER, "no answer"))).event is ENDED


def test_an_end_that_is_owed_is_asked_for_when_the_station_wakes() -> None:
    again = asleep(owing())
    assert has(again.restart(), do.TurnOff)
    assert connector_status(again.session) == "Faulted"
    assert only(again.sign_end(), do.KeepRecord).transaction_id == "transaction-3"
    assert connector_status(again.session) == "Occupied"


def test_an_owed_end_that_the_meter_signed_before_the_cut_is_adopted() -> None:
    run = owing()
    end = run.record(RecordKind.TURN_OFF)
    caused = asleep(run).restart(left(end=end))
    assert do.KeepRecord("transaction-3", end) in caused
    assert not has(caused, do.TurnOff)


def test_faults_of_the_life_before_are_cleared_or_found_again() -> None:
    run = Run()
    run(on.FaultRaised(Fault.CONTROLLER), on.FaultRaised(Fault.METER))
    again = asleep(run)
    again.restart()
    assert [(alert.tech_code, alert.active) for alert in again.alerts] == [
        ("ControllerSilent", False),
        ("MeterSilent", False),
    ]


def test_a_meter_that_is_still_silent_is_not_told_again() -> None:
    run = Run(awake=False)
    run.restart(None)
    again = asleep(run)
    again.restart(None)
    assert again.alerts == []


# A silent meter


def test_a_meter_that_is_silent_at_start_up_is_a_fault_until_it_is_found() -> None:
    run = Run(awake=False)
    run.restart(None)
    assert connector_status(run.session) == "Faulted"
    assert run.card() == []
    assert has(run(on.MeterFound(NOTHING_LEFT)), do.ReleaseOutput)
    assert refusal(run.session) is None
    run.expire(on.Timer.SETTLE)
    assert [alert.active for alert in run.alerts] == [True, False]


def starting() -> Run:
    run = Run(**SIGNED_FIRST)
    run.pilot("B")
    run.card()
    return asleep(run)


def test_whether_the_start_was_signed_waits_for_the_silent_meter() -> None:
    run = starting()
    assert not has(run.restart(None), do.TurnOff, do.Report)
    caused = run(on.MeterFound(left(output_on=True, begin=run.record(RecordKind.TURN_ON))))
    assert only_report(caused).event is STARTED
    assert ending(only_report(run.sign_end(0))) == ("AbnormalCondition", "PowerLoss")


@pytest.mark.parametrize(
    "meanwhile",
    [
        on.PilotChanged("A"),
        on.FaultRaised(Fault.CONTROLLER),
        on.StopRequested(on.StopCause.RESET),
        on.Woken(None),
    ],
)
def test_what_happens_while_the_meter_is_silent_does_not_lose_the_start(meanwhile: on.Event) -> None:
    run = starting()
    run.restart(None)
    run(meanwhile)
    run(on.MeterFound(left(output_on=True, begin=run.record(RecordKind.TURN_ON))))
    assert ending(only_report(run.sign_end(0))) == ("AbnormalCondition", "PowerLoss")
    assert idle(run.session)


def test_a_start_that_the_found_meter_did_not_sign_leaves_no_trace() -> None:
    run = starting()
    run.restart(None)
    assert not has(run(on.MeterFound(NOTHING_LEFT)), do.Report)
    assert idle(run.session)


def test_a_running_transaction_is_ended_without_waiting_for_a_silent_meter() -> None:
    run = Run().charging()
    again = Run(session=run.session, awake=False, end_attempts=1)
    assert has(again.restart(None), do.TurnOff)
    caused = again(on.EndFailed(Fault.METER, "no answer"))
    assert ending(only_report(caused)) == ("AbnormalCondition", "PowerLoss")
    assert not has(again(on.MeterFound(NOTHING_LEFT)), do.ReleaseOutput)
    again.expire(on.Timer.RETRY)
    assert has(again.sign_end(), do.KeepRecord)
    assert (idle(again.session), again.session.owed, again.session.faults) == (True, None, frozenset())
    assert (again.session.last_pagination, again.session.last_serial) == (100, SERIAL)


def test_a_found_meter_does_not_disturb_an_end_that_is_being_signed() -> None:
    run = Run().charging()
    again = asleep(run)
    again.restart(None)
    assert reports(again(on.MeterFound(NOTHING_LEFT))) == []
    assert again.session.metering is Metering.STOPPING
    assert only_report(again.sign_end()).event is ENDED


# Another meter is there


def other_meter() -> LeftOver:
    return replace(NOTHING_LEFT, meter_serial="001BZR1521079999")


def test_what_a_meter_owes_that_was_replaced_is_given_up() -> None:
    again = asleep(owing())
    caused = again.restart(other_meter())
    assert not has(caused, do.TurnOff)
    assert (again.session.owed, again.session.faults) == (None, frozenset())
    assert only(caused, do.Raise).alert.active is False


def test_a_transaction_of_a_meter_that_was_replaced_ends_without_its_signed_end_and_says_so() -> None:
    again = asleep(Run().charging())
    caused = again.restart(other_meter())
    assert not has(caused, do.TurnOff)
    assert has(caused, do.ReleaseOutput)
    ended = only_report(caused)
    assert ending(ended) == ("AbnormalCondition", "PowerLoss")
    assert [value.context for sample in ended.samples for value in sample.values] == ["Transaction.Begin"]
    told = [(effect.alert.tech_code, effect.alert.active) for effect in caused if isinstance(effect, do.Raise)]
    assert told == [("SignedEndMissing", True), ("SignedEndMissing", False)]
    assert idle(again.session)
    assert not again.session.faults


def test_an_unknown_meter_is_a_fault_until_it_is_found_to_be_the_right_one() -> None:
    run = Run(awake=False)
    run(on.Woken(None, "another meter", Fault.CHANGED))
    assert run.session.faults == {Fault.CHANGED}
    run(on.MeterFound(NOTHING_LEFT))
    assert not run.session.faults
    assert refusal(run.session) is None


def test_what_a_meter_holds_while_nothing_is_open_belongs_to_no_later_transaction() -> None:
    run = Run(awake=False)
    run(on.Woken(replace(left(), counter=52)))
    run.pilot("B")
    run.card()
    again = asleep(run)
    old = [a_record(kind, number) for kind, number in ((RecordKind.TURN_ON, 51), (RecordKind.TURN_OFF, 52))]
    caused = again.restart(left(begin=old[0], end=old[1]))
    assert not has(caused, do.KeepRecord)
    assert idle(again.session)


def test_an_end_from_before_the_begin_is_not_its_end() -> None:
    run = Run().charging()
    begin = run.transaction.begin
    assert begin is not None
    again = asleep(run)
    early = a_record(RecordKind.TURN_OFF, 200, energy_wh=begin.energy_wh - 10)
    assert has(again.restart(left(end=early)), do.TurnOff)
