"""What goes wrong and what is found after waking: faults, retries, time limits, power cuts."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.faults import COMPONENTS, Fault
from station.core.policy import TxPoint
from station.core.records import RecordKind
from station.core.session import Metering, Session, connector_status, idle, refusal
from tests.core.runs import (
    ENDED,
    NOTHING_LEFT,
    STARTED,
    Run,
    ending,
    has,
    left,
    only,
    only_report,
    reports,
)


def asleep(run: Run) -> Run:
    """A new life of the station with the session that was stored."""
    return Run(session=run.session, awake=False)


# Nobody comes


@pytest.mark.ocpp("E03.FR.05")
def test_a_driver_who_does_not_plug_in_is_forgotten_without_a_word() -> None:
    run = Run()
    run.card()
    caused = run.expire(on.Timer.EV_CONNECT)
    assert not has(caused, do.Report)
    assert idle(run.session)
    assert not has(run.pilot("B"), do.TurnOn)


def test_a_transaction_that_began_with_the_card_ends_when_nobody_plugs_in() -> None:
    run = Run(start_points=frozenset({TxPoint.AUTHORIZED}))
    run.card()
    ended = only_report(run.expire(on.Timer.EV_CONNECT))
    assert ending(ended) == ("EVConnectTimeout", "Timeout")
    assert idle(run.session)


def test_the_time_to_plug_in_does_not_matter_once_the_cable_is_in() -> None:
    run = Run().charging()
    assert run.expire(on.Timer.EV_CONNECT) == []


def test_an_authorization_is_taken_back_before_the_cable_is_in() -> None:
    run = Run()
    run.card()
    assert do.StopTimer(on.Timer.EV_CONNECT) in run.stop(on.StopCause.CARD)
    assert idle(run.session)


# Deauthorized


@pytest.mark.ocpp("E05.FR.02")
def test_without_stop_on_invalid_id_the_energy_stops_and_the_transaction_stays() -> None:
    run = Run(stop_on_invalid_id=False).charging()
    caused = run.stop(on.StopCause.DEAUTHORIZED)
    assert do.Withhold() in caused
    told = only_report(caused)
    assert (told.trigger, told.charging_state) == ("ChargingStateChanged", "SuspendedEVSE")
    assert not has(run(on.LimitChanged(10.0)), do.Offer)
    run.pilot("A")
    assert ending(only_report(run.sign_end())) == ("EVCommunicationLost", "EVDisconnected")


def test_a_deauthorization_while_the_start_is_signed_lets_no_energy_flow() -> None:
    run = Run(stop_on_invalid_id=False)
    run.pilot("C")
    run.card()
    run.stop(on.StopCause.DEAUTHORIZED)
    caused = run.sign_begin()
    assert not has(caused, do.Offer)
    assert only_report(caused).charging_state == "SuspendedEVSE"


# The start is not signed


def test_a_start_that_is_not_signed_leaves_nothing_but_a_fault_until_the_vehicle_leaves() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    caused = run(on.BeginFailed(Fault.BEGIN, "status 3"))
    assert do.ReleaseOutput() in caused
    assert not has(caused, do.Report, do.OpenReceipt, do.Offer)
    assert connector_status(run.session) == "Faulted"
    assert refusal(run.session) == "faulted: SignedStartFailed"
    run.pilot("A")
    assert connector_status(run.session) == "Available"


def test_a_start_that_fails_after_the_vehicle_left_does_not_fault_the_next_one() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    run.pilot("A")
    run(on.BeginFailed(Fault.BEGIN, "status 3"))
    assert [alert.active for alert in run.alerts] == [True, False]
    assert refusal(run.session) is None


def test_a_transaction_that_was_told_already_ends_when_its_start_is_not_signed() -> None:
    run = Run(start_points=frozenset({TxPoint.EV_CONNECTED}))
    run.pilot("B")
    run.card()
    caused = run(on.BeginFailed(Fault.METER, "no answer"))
    assert ending(only_report(caused)) == ("AbnormalCondition", "Other")
    assert not has(caused, do.CloseReceipt)


def test_a_signed_start_that_nobody_waits_for_does_not_stay_switched_on() -> None:
    assert run_without_transaction().sign_begin() == [do.ReleaseOutput()]


def run_without_transaction() -> Run:
    run = Run()
    run.pilot("B")
    return run


# The end is not signed


def test_the_signed_end_is_asked_for_again_before_ended_goes_without_it() -> None:
    run = Run(end_attempts=3, end_retry_s=5.0, owed_retry_s=60.0).charging()
    run.stop(on.StopCause.CARD)
    for _ in range(2):
        assert run(on.EndFailed(Fault.METER, "no answer")) == [do.StartTimer(on.Timer.RETRY, 5.0)]
        assert run.expire(on.Timer.RETRY) == [do.TurnOff()]
    caused = run(on.EndFailed(Fault.METER, "no answer"))
    ended = only_report(caused)
    assert ending(ended) == ("StopAuthorized", "Local")
    assert [value.context for sample in ended.samples for value in sample.values] == ["Transaction.Begin"]
    assert do.StartTimer(on.Timer.RETRY, 60.0) in caused
    assert only(caused, do.Raise).alert.tech_code == "SignedEndMissing"
    assert (connector_status(run.session), run.session.owed) == ("Faulted", "transaction-3")


def test_an_end_signed_at_a_second_attempt_is_an_end_like_any_other() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    run(on.EndFailed(Fault.METER, "no answer"))
    run.expire(on.Timer.RETRY)
    assert len(only_report(run.sign_end()).samples) == 2
    assert run.alerts == []


def owing() -> Run:
    run = Run(end_attempts=1).charging()
    run.stop(on.StopCause.CARD)
    run(on.EndFailed(Fault.END, "status 3"))
    run.effects.clear()
    return run


def test_a_late_end_is_kept_with_its_transaction_and_clears_the_fault() -> None:
    run = owing()
    assert run.expire(on.Timer.RETRY) == [do.TurnOff()]
    assert run(on.EndFailed(Fault.END, "status 3")) == [do.StartTimer(on.Timer.RETRY, 60.0)]
    run.expire(on.Timer.RETRY)
    caused = run.sign_end()
    assert only(caused, do.KeepRecord).transaction_id == "transaction-3"
    assert not has(caused, do.Report)
    assert only(caused, do.Raise).alert.active is False
    assert run.session.owed is None
    assert has(run.card(), do.TurnOn)


def test_nobody_charges_while_an_end_is_owed() -> None:
    run = owing()
    assert run.card() == []
    run.pilot("A", "B")
    assert run.card() == []
    assert not has(run.effects, do.TurnOn)


def test_a_welded_contactor_is_a_fault_of_its_own_until_the_end_is_signed() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    alert = only(run(on.EndFailed(Fault.CONTACTOR, "status 5")), do.Raise).alert
    assert (alert.component, alert.active, alert.transaction_id) == ("PowerContactor", True, "transaction-3")
    run.expire(on.Timer.RETRY)
    caused = run.sign_end()
    assert only(caused, do.Raise).alert.active is False
    assert only_report(caused).event is ENDED


# The output is not released


def test_an_output_that_does_not_go_off_is_asked_again_until_it_does() -> None:
    run = Run(end_retry_s=5.0)
    caused = run(on.ReleaseFailed(Fault.CONTACTOR, "feedback says closed"))
    assert do.StartTimer(on.Timer.RETRY, 5.0) in caused
    assert run.expire(on.Timer.RETRY) == [do.ReleaseOutput()]
    assert only(run(on.OutputReleased()), do.Raise).alert.active is False
    assert refusal(run.session) is None


def test_a_retry_to_release_does_not_ask_a_later_transaction_for_a_second_end() -> None:
    run = Run()
    run(on.ReleaseFailed(Fault.METER, "no answer"), on.FaultCleared(Fault.METER))
    run.pilot("B")
    assert do.StopTimer(on.Timer.RETRY) in run.card()


def test_a_release_that_fails_while_a_start_is_signed_starts_no_retry() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    caused = run(on.ReleaseFailed(Fault.CONTACTOR, "feedback says closed"))
    assert not has(caused, do.StartTimer)
    assert do.TurnOff() in run.sign_begin()
    run.sign_end(0)
    assert refusal(run.session) is None


# Faults


def test_a_fault_is_told_once_when_it_comes_and_once_when_it_goes() -> None:
    run = Run()
    for _ in range(3):
        run(on.FaultRaised(Fault.CONTROLLER, "no answer"))
    for _ in range(3):
        run(on.FaultCleared(Fault.CONTROLLER))
    assert [(alert.active, alert.tech_code, alert.tech_info) for alert in run.alerts] == [
        (True, "ControllerSilent", "no answer"),
        (False, "ControllerSilent", ""),
    ]


def test_every_fault_has_a_component() -> None:
    assert set(COMPONENTS) == set(Fault)


def test_a_fault_sends_the_driver_away_who_has_not_plugged_in() -> None:
    run = Run()
    run.card()
    run(on.FaultRaised(Fault.METER), on.FaultCleared(Fault.METER))
    assert not has(run.pilot("B"), do.TurnOn)


@pytest.mark.parametrize("letter", ["E", "F"])
def test_an_error_of_the_pilot_is_a_fault_until_the_pilot_is_well(letter: str) -> None:
    run = Run().charging()
    caused = run.pilot(letter)
    assert do.Withhold() in caused
    assert connector_status(run.session) == "Faulted"
    run.sign_end()
    run.pilot("A")
    assert connector_status(run.session) == "Available"
    assert [alert.active for alert in run.alerts] == [True, False]


def test_a_plug_that_is_not_locked_does_not_charge_and_is_forgiven_when_it_leaves() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    run(on.FaultRaised(Fault.LOCK, "no feedback"))
    assert not has(run.sign_begin(), do.Offer)
    run.sign_end(0)
    assert refusal(run.session) == "faulted: PlugLock"
    run.pilot("A")
    assert refusal(run.session) is None


def test_the_transaction_of_an_alert_is_named_once_the_csms_knows_it() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    run(on.FaultRaised(Fault.LOCK))
    assert run.alerts[0].transaction_id is None
    run = Run().charging()
    run(on.FaultRaised(Fault.METER))
    assert run.alerts[0].transaction_id == "transaction-3"


# Waking


def test_waking_with_nothing_open_makes_sure_that_nothing_is_switched_on() -> None:
    assert Run(awake=False).restart() == [do.Withhold(), do.Unlock(), do.ReleaseOutput()]


def test_nobody_is_admitted_before_the_station_is_awake() -> None:
    run = Run(awake=False)
    assert run.card() == []
    assert connector_status(run.session) == "Unavailable"


def test_a_driver_who_was_authorized_before_the_cut_is_forgotten() -> None:
    run = Run()
    run.card()
    again = asleep(run)
    again.restart()
    assert not has(again.pilot("B"), do.TurnOn)


def test_a_start_that_was_not_signed_before_the_cut_leaves_no_trace() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    again = asleep(run)
    assert again.restart() == [do.Withhold(), do.ReleaseOutput(), do.Unlock()]
    assert idle(again.session)


def test_a_start_that_was_signed_but_not_stored_is_adopted_and_reported() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    begin = run.record(RecordKind.TURN_ON)
    again = asleep(run)
    caused = again.restart(left(output_on=True, begin=begin))
    assert do.KeepRecord("transaction-3", begin) in caused
    assert only_report(caused).event is STARTED
    assert do.TurnOff() in caused
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
    assert not has(caused, do.KeepRecord, do.Report)


@pytest.mark.parametrize("letter", ["B", "C"])
def test_a_transaction_that_was_running_is_ended_by_the_power_loss(letter: str) -> None:
    run = Run().charging()
    run.pilot(letter)
    seq_no = run.transaction.seq_no
    again = asleep(run)
    caused = again.restart(left(output_on=True, begin=run.transaction.begin))
    assert caused.index(do.Withhold()) < caused.index(do.TurnOff())
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
    assert do.TurnOff() in again.restart()
    assert only_report(again(on.EndFailed(Fault.METER, "no answer"))).event is ENDED


def test_an_end_that_is_owed_is_asked_for_when_the_station_wakes() -> None:
    again = asleep(owing())
    assert do.TurnOff() in again.restart()
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


# Waking with a silent meter


def test_a_meter_that_is_silent_at_start_up_is_a_fault_until_it_is_found() -> None:
    run = Run(awake=False)
    run.restart(None)
    assert connector_status(run.session) == "Faulted"
    assert run.card() == []
    assert has(run(on.MeterFound(NOTHING_LEFT)), do.ReleaseOutput)
    assert refusal(run.session) is None
    assert [alert.active for alert in run.alerts] == [True, False]


def starting() -> Run:
    run = Run()
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
    assert do.TurnOff() in again.restart(None)
    caused = again(on.EndFailed(Fault.METER, "no answer"))
    assert ending(only_report(caused)) == ("AbnormalCondition", "PowerLoss")
    assert not has(again(on.MeterFound(NOTHING_LEFT)), do.ReleaseOutput)
    again.expire(on.Timer.RETRY)
    assert has(again.sign_end(), do.KeepRecord)
    assert again.session == Session(1, awake=True, plugged=True, last_pagination=100)


def test_a_found_meter_does_not_disturb_an_end_that_is_being_signed() -> None:
    run = Run().charging()
    again = asleep(run)
    again.restart(None)
    assert reports(again(on.MeterFound(NOTHING_LEFT))) == []
    assert again.session.metering is Metering.STOPPING
    assert only_report(again.sign_end()).event is ENDED
