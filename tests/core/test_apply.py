"""What goes wrong while the station is awake: nobody comes, nothing is signed, faults come and go."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.faults import COMPONENTS, Fault
from station.core.policy import TxPoint
from station.core.session import connector_status, idle, refusal
from tests.core.runs import SIGNED_FIRST, Run, asleep, ending, has, only_report

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
    caused = run.judge()
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
    assert only_report(run.judge()).charging_state == "SuspendedEVSE"
    assert not has(run.sign_begin(), do.Offer)


# Faults


def test_a_fault_is_told_once_when_it_comes_and_once_when_it_goes() -> None:
    run = Run()
    for _ in range(3):
        run(on.FaultRaised(Fault.CONTROLLER, "no answer"))
    for _ in range(3):
        run(on.FaultCleared(Fault.CONTROLLER))
    run.expire(on.Timer.SETTLE)
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
    run.expire(on.Timer.SETTLE)
    assert [alert.active for alert in run.alerts] == [True, False]


def test_a_fault_that_flaps_is_told_twice_and_not_with_every_flap() -> None:
    run = Run()
    for _ in range(5):
        run(on.FaultRaised(Fault.METER, "no answer"))
        assert connector_status(run.session) == "Faulted"
        run(on.FaultCleared(Fault.METER))
        assert connector_status(run.session) == "Available"
    assert [alert.active for alert in run.alerts] == [True]
    run.expire(on.Timer.SETTLE)
    assert [alert.active for alert in run.alerts] == [True, False]


def test_a_fault_that_went_before_a_restart_is_told_to_have_gone_after_it() -> None:
    run = Run()
    run(on.FaultRaised(Fault.METER, "no answer"), on.FaultCleared(Fault.METER))
    again = asleep(run)
    again.restart()
    assert [alert.active for alert in again.alerts] == [False]


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
    run = Run(**SIGNED_FIRST)
    run.pilot("B")
    run.card()
    run(on.FaultRaised(Fault.LOCK))
    assert run.alerts[0].transaction_id is None
    run = Run().charging()
    run(on.FaultRaised(Fault.METER))
    assert run.alerts[0].transaction_id == "transaction-3"
