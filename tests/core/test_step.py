"""The rules of a session from the first plug to Ended: what is signed, offered and told, and in which order."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.faults import Fault
from station.core.policy import TxPoint
from station.core.session import Metering, connector_status, idle
from tests.core.runs import (
    ANNA,
    BERT,
    ENDED,
    STARTED,
    UPDATED,
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

# Plug and card, in either order


def test_a_plug_alone_starts_nothing_and_tells_nothing() -> None:
    run = Run()
    assert not has(run.pilot("B"), do.Report, do.Lock, do.TurnOn, do.Offer)
    assert connector_status(run.session) == "Occupied"


def test_plug_first_then_card_locks_and_has_the_start_signed() -> None:
    run = Run()
    run.pilot("B")
    caused = run.card()
    assert caused.index(do.Lock()) < caused.index(only(caused, do.TurnOn))
    assert not has(caused, do.Offer)


def test_card_first_then_plug_has_the_start_signed_once_the_cable_is_in() -> None:
    run = Run(ev_connection_timeout_s=45.0)
    assert run.card() == [do.StartTimer(on.Timer.EV_CONNECT, 45.0)]
    caused = run.pilot("B")
    assert do.StopTimer(on.Timer.EV_CONNECT) in caused
    assert has(caused, do.TurnOn)


def test_the_meter_signs_who_charges_where() -> None:
    run = Run()
    run.pilot("B")
    request = only(run.card(), do.TurnOn).request
    assert (request.evse_id, request.transaction_id) == ("DE*ABC*E1", run.transaction.id)
    assert (request.identification_data, request.identification_type) == ("04A1B2C3", "ISO14443")
    assert run.transaction.request == request


def test_no_current_is_offered_before_the_start_is_signed() -> None:
    run = Run()
    run.pilot("B")
    caused = run.card() + run.pilot("C") + run(on.LimitChanged(10.0)) + run.pilot("B")
    assert not has(caused, do.Offer)
    assert only(run.sign_begin(), do.Offer) == do.Offer(10.0)


def test_the_signed_start_is_stored_and_reported_together_with_the_offer() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    caused = run.sign_begin()
    record = run.transaction.begin
    assert record is not None
    assert do.OpenReceipt("transaction-3", ANNA, run.now, run.transaction.request) in caused
    assert do.KeepRecord("transaction-3", record) in caused
    assert do.Offer(16.0) in caused
    told = only_report(caused)
    assert (told.event, told.seq_no, told.trigger) == (UPDATED, 1, "SignedDataReceived")


@pytest.mark.ocpp("E01.FR.05", "E02.FR.01", "E02.FR.20")
def test_the_driver_at_the_cable_starts_the_transaction_before_anything_is_signed() -> None:
    run = Run()
    run.pilot("B")
    started = only_report(run.card())
    assert (started.event, started.seq_no, started.trigger) == (STARTED, 0, "Authorized")
    assert (started.id_token, started.evse_id, started.charging_state) == (ANNA, 1, "EVConnected")


def test_card_first_is_started_by_the_plug() -> None:
    run = Run()
    run.card()
    assert only_report(run.pilot("B")).trigger == "CablePluggedIn"


def test_a_vehicle_that_waits_in_state_c_is_reported_charging_at_once() -> None:
    run = Run()
    run.pilot("C")
    run.card()
    assert only_report(run.sign_begin()).charging_state == "Charging"


def test_a_second_card_while_a_driver_is_authorized_changes_nothing() -> None:
    run = Run().charging()
    before = run.session
    assert run.card(BERT) == []
    assert run.session == before


# Current


@pytest.mark.parametrize(
    ("cable", "limit", "offered"),
    [(None, None, 16.0), (13.0, None, 13.0), (20.0, 10.0, 10.0), (13.0, 20.0, 13.0), (None, 5.9, 0.0)],
)
def test_the_smallest_limit_is_offered_and_nothing_below_six_ampere(
    cable: float | None, limit: float | None, offered: float
) -> None:
    run = Run()
    run(on.PilotChanged("B", cable))
    if limit is not None:
        run(on.LimitChanged(limit))
    run.card()
    run.sign_begin()
    assert run.session.offered_amps == offered
    assert has(run.effects, do.Offer) is (offered > 0)


def test_a_new_limit_is_offered_once() -> None:
    run = Run().charging()
    caused = run(on.LimitChanged(8.0))
    assert caused[0] == do.Offer(8.0)
    assert only_report(caused).trigger == "ChargingRateChanged"
    assert run(on.LimitChanged(8.0)) == []


def test_a_limit_of_nothing_suspends_and_a_limit_resumes() -> None:
    run = Run().charging()
    caused = run(on.LimitChanged(0.0))
    assert do.Withhold() in caused
    assert only_report(caused).charging_state == "SuspendedEVSE"
    caused = run(on.LimitChanged(12.0))
    assert do.Offer(12.0) in caused
    assert only_report(caused).charging_state == "Charging"


def test_the_vehicle_suspends_and_resumes() -> None:
    run = Run().charging()
    told = reports(run.pilot("B", "C"))
    assert [report.charging_state for report in told] == ["SuspendedEV", "Charging"]
    assert {report.trigger for report in told} == {"ChargingStateChanged"}


# Samples


def test_samples_are_taken_from_the_signed_start_on_and_reported() -> None:
    run = Run(updated_interval_s=30.0)
    run.pilot("B")
    run.card()
    assert do.StartTimer(on.Timer.SAMPLE, 30.0) in run.sign_begin()
    assert run.expire(on.Timer.SAMPLE) == [do.TakeSample(), do.StartTimer(on.Timer.SAMPLE, 30.0)]
    told = only_report(run.sample(1500))
    assert (told.event, told.trigger) == (UPDATED, "MeterValuePeriodic")
    assert [value.value for value in told.samples[0].values] == [1500.0]


def test_an_interval_of_zero_means_no_samples() -> None:
    run = Run(updated_interval_s=0.0).charging()
    assert run.expire(on.Timer.SAMPLE) == [do.TakeSample()]
    run = Run(updated_interval_s=0.0)
    run.pilot("B")
    run.card()
    started = [effect.timer for effect in run.sign_begin() if isinstance(effect, do.StartTimer)]
    assert started == [on.Timer.EV_READY]


@pytest.mark.ocpp("E01.FR.19", "E02.FR.13")
def test_a_vehicle_that_takes_none_of_the_current_suspends_when_it_had_the_time() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    assert only_report(run.sign_begin()).charging_state is None
    told = only_report(run.expire(on.Timer.EV_READY))
    assert (told.trigger, told.charging_state) == ("ChargingStateChanged", "SuspendedEV")
    assert only_report(run.pilot("C")).charging_state == "Charging"


def test_sampling_stops_with_the_transaction() -> None:
    run = Run().charging()
    assert do.StopTimer(on.Timer.SAMPLE) in run.stop(on.StopCause.CARD)
    assert run.expire(on.Timer.SAMPLE) == []
    assert not has(run.sample(), do.Report)


# The end


def test_at_the_end_the_current_goes_before_the_meter_is_asked_to_sign() -> None:
    run = Run().charging()
    caused = run.stop(on.StopCause.CARD)
    assert caused.index(do.Withhold()) < caused.index(only(caused, do.TurnOff))
    assert not has(caused, do.Report)


def test_ended_waits_for_the_signed_end_and_closes_the_receipt() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    caused = run.sign_end()
    ended = only_report(caused)
    assert ending(ended) == ("StopAuthorized", "Local")
    assert [value.context for sample in ended.samples for value in sample.values] == [
        "Transaction.Begin",
        "Transaction.End",
    ]
    assert has(caused, do.KeepRecord)
    assert do.CloseReceipt("transaction-3", run.now, ended.stopped_reason) in caused
    assert do.Unlock() in caused


@pytest.mark.parametrize(
    ("event", "trigger", "reason", "state"),
    [
        (on.StopRequested(on.StopCause.CARD), "StopAuthorized", "Local", "EVConnected"),
        (on.StopRequested(on.StopCause.REMOTE), "RemoteStop", "Remote", "EVConnected"),
        (on.Judged("transaction-3", accepted=False), "Deauthorized", "DeAuthorized", "EVConnected"),
        (on.StopRequested(on.StopCause.RESET), "ResetCommand", "ImmediateReset", "EVConnected"),
        (on.StopRequested(on.StopCause.SHUTDOWN), "AbnormalCondition", "Reboot", "EVConnected"),
        (on.PilotChanged("A"), "EVCommunicationLost", "EVDisconnected", "Idle"),
        (on.PilotChanged("F"), "AbnormalCondition", "Other", "EVConnected"),
        (on.FaultRaised(Fault.CONTROLLER), "AbnormalCondition", "Other", "EVConnected"),
    ],
)
def test_each_way_to_stop_tells_its_trigger_and_reason(
    event: on.Event, trigger: str, reason: str, state: str
) -> None:
    run = Run().charging()
    run(event)
    ended = only_report(run.sign_end())
    assert (ended.trigger, ended.stopped_reason, ended.charging_state) == (trigger, reason, state)


def test_the_first_reason_to_stop_counts() -> None:
    run = Run().charging()
    run.stop(on.StopCause.REMOTE)
    run.pilot("A")
    assert ending(only_report(run.sign_end())) == ("RemoteStop", "Remote")


def test_a_stop_while_the_start_is_signed_tells_started_and_ended_and_offers_nothing() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    assert run.stop(on.StopCause.CARD) == []
    assert only_report(run.effects).event is STARTED
    assert has(run.sign_begin(), do.TurnOff)
    assert not has(run.effects, do.Offer)
    assert only_report(run.sign_end(0)).event is ENDED
    assert idle(run.session)


def test_a_stop_of_another_transaction_is_ignored() -> None:
    run = Run().charging()
    assert run(on.StopRequested(on.StopCause.REMOTE, "transaction-99")) == []
    assert run.transaction.stop is None


def test_after_ended_nothing_starts_by_itself_while_the_cable_stays() -> None:
    for point in TxPoint:
        run = Run(**points(point)).charging()
        run.stop(on.StopCause.CARD)
        run.sign_end()
        later = [
            *run.sample(),
            *run.pilot("C", "B"),
            *run(on.LimitChanged(10.0), on.Blocked(True), on.Blocked(False)),
            *run(on.FaultRaised(Fault.METER), on.FaultCleared(Fault.METER)),
            *[effect for timer in on.Timer for effect in run.expire(timer)],
        ]
        assert not has(later, do.TurnOn, do.Offer, do.Report), point
        assert idle(run.session)


def test_a_card_starts_anew_while_the_cable_stays() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    run.sign_end()
    caused = run.card()
    assert has(caused, do.TurnOn)
    started = only_report(caused)
    assert (started.event, started.seq_no) == (STARTED, 0)
    assert started.transaction_id != "transaction-3"


# Blocked


def test_a_blocked_evse_admits_nobody() -> None:
    for point in TxPoint:
        run = Run(**points(point))
        run(on.Blocked(True))
        assert not has(run.pilot("B"), do.Report)
        assert run.card() == []
        assert connector_status(run.session) == "Unavailable"
        run(on.Blocked(False))
        assert connector_status(run.session) == "Occupied"


def test_blocking_leaves_who_was_admitted_before() -> None:
    run = Run()
    run.card()
    run(on.Blocked(True))
    assert has(run.pilot("B"), do.TurnOn)
    run.sign_begin()
    assert run.session.metering is Metering.ON
    assert connector_status(run.session) == "Occupied"


# What the CSMS asks for


@pytest.mark.ocpp("F06.FR.07", "F06.FR.09")
def test_a_trigger_tells_the_state_and_the_newest_values_though_nothing_changed() -> None:
    run = Run().charging()
    told = only_report(run(on.Triggered(a_reading(1700))))
    assert (told.event, told.trigger, told.charging_state) == (UPDATED, "Trigger", "Charging")
    [sample] = told.samples
    [value] = sample.values
    assert (value.value, value.context) == (1700.0, "Trigger")
    assert only_report(run.sample()).charging_state is None


def test_a_trigger_without_new_values_tells_the_state_alone() -> None:
    told = only_report(Run().charging()(on.Triggered(None)))
    assert (told.trigger, told.charging_state, told.samples) == ("Trigger", "Charging", ())


@pytest.mark.parametrize("cause", [None, on.StopCause.CARD])
def test_a_trigger_tells_nothing_of_a_transaction_that_does_not_run(cause: on.StopCause | None) -> None:
    run = Run()
    if cause:
        run.charging().stop(cause)
    assert run(on.Triggered(a_reading())) == []


# Out of service


@pytest.mark.ocpp("G03.FR.05", "G03.FR.06")
def test_who_charges_when_the_evse_is_taken_out_of_service_finishes_and_nobody_follows() -> None:
    run = Run().charging()
    assert run(on.AvailabilityChanged(operative=False)) == []
    assert connector_status(run.session) == "Occupied"
    run.stop(on.StopCause.CARD)
    run.sign_end()
    assert connector_status(run.session) == "Unavailable"
    assert not has(run.card(), do.TurnOn)
    run.pilot("A")
    assert connector_status(run.session) == "Unavailable"


@pytest.mark.ocpp("G03.FR.07")
def test_back_in_service_the_connector_is_what_its_cable_says() -> None:
    run = Run(**points(TxPoint.EV_CONNECTED))
    run(on.AvailabilityChanged(operative=False))
    assert reports(run.pilot("B")) == []
    assert connector_status(run.session) == "Unavailable"
    run(on.AvailabilityChanged(operative=True))
    assert connector_status(run.session) == "Occupied"
    assert has(run.card(), do.TurnOn)


@pytest.mark.ocpp("G03.FR.05")
def test_a_driver_who_is_plugged_in_already_may_still_present_a_card() -> None:
    run = Run(**points(TxPoint.EV_CONNECTED))
    run.pilot("B")
    run(on.AvailabilityChanged(operative=False))
    assert has(run.card(), do.TurnOn)


@pytest.mark.ocpp("G03.FR.05", "G04.FR.06")
def test_a_driver_who_stopped_does_not_begin_again_in_a_transaction_that_goes_on() -> None:
    run = Run(**stops(TxPoint.EV_CONNECTED)).charging()
    run(on.AvailabilityChanged(operative=False))
    run.stop(on.StopCause.CARD)
    run.sign_end()
    assert not has(run.card(), do.TurnOn)
    run.pilot("A")
    assert connector_status(run.session) == "Unavailable"


@pytest.mark.ocpp("B11.FR.02", "G03.FR.08")
def test_a_restart_alone_puts_nothing_back_into_service() -> None:
    run = Run()
    run(on.AvailabilityChanged(operative=False))
    run.restart()
    assert connector_status(run.session) == "Unavailable"
