"""What goes wrong while the station is awake: nobody comes, nothing is signed, faults come and go."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.faults import COMPONENTS, Fault
from station.core.policy import TxPoint
from station.core.session import connector_status, idle, refusal
from tests.core.runs import ENDED, Run, ending, has, only, only_report, owing

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
