"""The end of a transaction: what ends it, in which order it is ended, and when the plug is free."""

import pytest
from ocpp.v201.enums import ReasonEnumType, TriggerReasonEnumType

from station.core import effects as do
from station.core import events as on
from station.core.faults import Fault
from station.core.session import Metering, connector_status, idle
from tests.core.runs import (
    AUTHORIZED,
    BAY,
    CLOSED,
    ENERGY,
    EV,
    SIGNED,
    Run,
    a_reading,
    ending,
    has,
    only,
    only_report,
    points,
    reports,
    stops,
)

# In which order


@pytest.mark.ocpp("E06.FR.10", "E07.FR.07")
def test_no_current_then_the_signed_end_then_the_plug_then_ended_then_the_receipt() -> None:
    run = Run().charging()
    first = run.play("tap")
    assert [type(effect) for effect in first if not isinstance(effect, do.StopTimer)] == [do.Withhold, do.TurnOff]
    second = run.play("end")
    assert [type(effect) for effect in second] == [do.KeepRecord, do.Unlock, do.Report, do.CloseReceipt]


@pytest.mark.parametrize("stop", [EV, BAY])
def test_the_meter_is_asked_for_one_end_whatever_happens_until_it_is_signed(stop: object) -> None:
    run = Run(stop_points=frozenset({stop}))
    run.play("bay plug card begin draw tap")
    later = run.play("rest draw unlock bay drop pull leave") + run(on.LimitChanged(8.0))
    assert not has(later, do.TurnOff, do.Offer, do.Unlock)
    assert len(reports(run.play("end"))) == 1
    assert idle(run.session)


def test_a_transaction_whose_start_is_being_signed_waits_for_it_and_ends_signed() -> None:
    for word in ("tap", "pull", "refused", "reset", "fault", "remote-stop"):
        run = Run()
        run.play(f"plug card {word}")
        assert run.session.metering is Metering.STARTING
        assert not has(run.effects, do.TurnOff)
        assert has(run.play("begin"), do.TurnOff)
        run.play("end")
        assert len([effect for effect in run.effects if isinstance(effect, do.KeepRecord)]) == 2
        assert not has(run.effects, do.Offer), word


def test_the_plug_is_let_go_once() -> None:
    for stop in (AUTHORIZED, EV, BAY, SIGNED):
        run = Run(**stops(stop))
        run.play("bay plug card begin draw tap end drop pull leave")
        assert len([effect for effect in run.effects if isinstance(effect, do.Unlock)]) == 1, stop


# What ends nothing


@pytest.mark.parametrize("stop", [AUTHORIZED, EV, BAY, SIGNED, CLOSED, ENERGY])
def test_what_only_tells_something_ends_nothing(stop: object) -> None:
    run = Run(stop_points=frozenset({stop}))
    run.play("bay plug card begin draw")
    events: list[on.Event] = [
        on.Sampled(a_reading()),
        on.Triggered(a_reading()),
        on.ClockStruck(frozenset({on.Due.CLOCK_UPDATED})),
        on.IntervalsChanged(),
        on.Unlocked(),
        on.Blocked(True),
        on.AvailabilityChanged(operative=False),
        on.Judged(run.transaction.id, accepted=True),
        on.OutputReleased(),
        on.FaultCleared(Fault.METER),
        on.LimitChanged(12.0),
    ]
    for event in [*events, *(on.TimerExpired(timer) for timer in on.Timer if timer is not on.Timer.RETRY)]:
        run(event)
        assert run.transaction.stop is None, event
        assert run.session.metering is Metering.ON


@pytest.mark.ocpp("E06.FR.07")
def test_without_energy_transfer_in_the_list_a_suspension_ends_nothing() -> None:
    for stop in (AUTHORIZED, EV, BAY, SIGNED, CLOSED):
        run = Run(**stops(stop))
        run.play("bay plug card begin draw rest no-current")
        assert run.transaction.stop is None


# What is told about it


@pytest.mark.ocpp("E06.FR.07", "E06.FR.08")
@pytest.mark.parametrize(
    ("word", "trigger", "reason"),
    [
        ("rest", "ChargingStateChanged", "StoppedByEV"),
        ("no-current", "ChargingRateChanged", "Other"),
        ("drop", "EVCommunicationLost", "EVDisconnected"),
        ("tap", "StopAuthorized", "Local"),
        ("fault", "AbnormalCondition", "Other"),
    ],
)
def test_the_reason_says_who_ended_the_transfer(word: str, trigger: str, reason: str) -> None:
    run = Run(**stops(ENERGY)).charging()
    run.play(f"{word} end")
    assert ending(only_report(run.effects)) == (trigger, reason)


@pytest.mark.ocpp("E06.FR.16", "E07.FR.06")
@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.END, Fault.GROUND, Fault.EMERGENCY}))
def test_every_fault_ends_it_as_an_abnormal_condition(fault: Fault) -> None:
    run = Run(**stops(BAY))
    run.play("bay plug card begin draw")
    caused = run(on.FaultRaised(fault, "in the test"))
    assert caused.index(do.Withhold()) < caused.index(only(caused, do.TurnOff))
    assert ending(only_report(run.play("end"))) == ("AbnormalCondition", "Other")


@pytest.mark.ocpp("E06.FR.16")
def test_a_residual_current_is_named() -> None:
    run = Run().charging()
    run.play("residual-current end")
    assert ending(only_report(run.effects)) == ("AbnormalCondition", "GroundFault")


@pytest.mark.ocpp("E06.FR.16")
def test_an_emergency_stop_is_named() -> None:
    run = Run().charging()
    run(on.FaultRaised(Fault.EMERGENCY, "input stop"))
    run.play("end")
    assert ending(only_report(run.effects)) == ("AbnormalCondition", "EmergencyStop")


def test_every_stop_cause_has_a_trigger_and_a_reason() -> None:
    assert set(on.STOPS) == set(on.StopCause)
    for trigger, reason in on.STOPS.values():
        assert isinstance(trigger, TriggerReasonEnumType)
        assert isinstance(reason, ReasonEnumType)


@pytest.mark.ocpp("E06.FR.14", "E07.FR.11", "E09.FR.04", "E10.FR.03", "E08.FR.08")
def test_ended_has_the_last_number_and_the_state_whether_or_not_it_changed() -> None:
    for word in ("tap", "pull", "refused", "remote-stop", "reset"):
        run = Run()
        run.play(f"plug card begin draw rest {word} end")
        assert [report.seq_no for report in run.reports] == list(range(len(run.reports)))
        assert run.reports[-1].charging_state in ("EVConnected", "Idle")


# After it


@pytest.mark.parametrize("start", [BAY, EV, AUTHORIZED, CLOSED, SIGNED, ENERGY])
def test_nothing_is_left_of_a_transaction_that_ended(start: object) -> None:
    run = Run(start_points=frozenset({start}))
    run.play("bay plug card begin draw tap end pull leave")
    session = run.session
    assert (session.transaction, session.authorization, session.authorized_at, session.held_for) == (None,) * 4
    assert (session.metering, session.offered_amps) == (Metering.OFF, 0.0)
    assert connector_status(session) == "Available"


@pytest.mark.ocpp("E01.FR.02", "E01.FR.14")
def test_a_vehicle_that_stays_after_ended_begins_nothing_and_one_that_comes_back_does() -> None:
    run = Run(**points(EV))
    run.play("plug card begin draw tap end")
    run.effects.clear()
    assert not has(run.play("draw rest"), do.Report)
    assert only_report(run.play("pull plug")).event == "Started"
