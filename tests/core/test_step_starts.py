"""TxStartPoint in all its forms, and starts from afar: when Started goes out, and what it says."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.policy import TxPoint
from station.core.session import idle
from tests.core.runs import ANNA, ENDED, STARTED, UPDATED, Run, ending, has, only, only_report, points

# Other start points


def test_ev_connected_starts_with_the_plug_and_tells_the_card_and_the_signature_later() -> None:
    run = Run(**points(TxPoint.EV_CONNECTED))
    started = only_report(run.pilot("B"))
    assert (started.event, started.trigger, started.id_token) == (STARTED, "CablePluggedIn", None)
    told = only_report(run.card())
    assert (told.event, told.trigger, told.id_token) == (UPDATED, "Authorized", ANNA)
    signed = only_report(run.sign_begin())
    assert (signed.event, signed.trigger) == (UPDATED, "SignedDataReceived")
    assert signed.samples[0].values[0].context == "Transaction.Begin"


def test_ev_connected_opens_the_receipt_with_the_driver_when_the_start_is_signed() -> None:
    run = Run(**points(TxPoint.EV_CONNECTED))
    assert not has(run.pilot("B") + run.card(), do.OpenReceipt)
    assert only(run.sign_begin(), do.OpenReceipt).id_token == ANNA


def test_ev_connected_without_a_driver_ends_when_the_cable_leaves_and_has_no_receipt() -> None:
    run = Run(**points(TxPoint.EV_CONNECTED))
    run.pilot("B")
    caused = run.pilot("A")
    assert ending(only_report(caused)) == ("EVCommunicationLost", "EVDisconnected")
    assert only_report(caused).samples == ()
    assert not has(caused, do.TurnOff, do.CloseReceipt)


def test_authorized_starts_with_the_card_and_names_the_evse_when_the_cable_is_in() -> None:
    run = Run(**points(TxPoint.AUTHORIZED))
    started = only_report(run.card())
    assert (started.event, started.trigger, started.charging_state) == (STARTED, "Authorized", "Idle")
    plugged = only_report(run.pilot("B"))
    assert (plugged.trigger, plugged.evse_id, plugged.charging_state) == ("CablePluggedIn", 1, "EVConnected")


@pytest.mark.ocpp("E01.FR.04")
def test_data_signed_starts_with_the_signed_value_and_shows_it() -> None:
    run = Run(**points(TxPoint.DATA_SIGNED))
    run.pilot("B")
    assert not has(run.card(), do.Report)
    started = only_report(run.sign_begin())
    assert (started.event, started.trigger) == (STARTED, "SignedDataReceived")
    assert started.samples[0].values[0].signed is not None


@pytest.mark.ocpp("E01.FR.06")
def test_energy_transfer_starts_when_the_vehicle_draws() -> None:
    run = Run(**points(TxPoint.ENERGY_TRANSFER))
    run.pilot("B")
    run.card()
    assert not has(run.sign_begin(), do.Report)
    started = only_report(run.pilot("C"))
    assert (started.event, started.trigger, started.charging_state) == (STARTED, "ChargingStateChanged", "Charging")
    assert len([effect for effect in run.effects if isinstance(effect, do.OpenReceipt)]) == 1


def test_energy_transfer_starts_at_once_if_the_vehicle_was_waiting_for_current() -> None:
    run = Run(**points(TxPoint.ENERGY_TRANSFER))
    run.pilot("C")
    run.card()
    assert only_report(run.sign_begin()).event is STARTED


def test_energy_transfer_that_never_came_is_not_told_but_its_receipt_is_closed() -> None:
    run = Run(**points(TxPoint.ENERGY_TRANSFER))
    run.pilot("B")
    run.card()
    run.sign_begin()
    run.pilot("A")
    caused = run.sign_end(0)
    assert not has(caused, do.Report)
    assert has(caused, do.KeepRecord)
    assert has(caused, do.CloseReceipt)
    assert idle(run.session)


@pytest.mark.parametrize("names", [(), (TxPoint.PARKING_BAY_OCCUPANCY,)])
def test_energy_never_flows_untold_whatever_the_start_points_are(names: tuple[TxPoint, ...]) -> None:
    run = Run(**points(*names))
    run.pilot("B")
    run.card()
    run.sign_begin()
    assert only_report(run.pilot("C")).event is STARTED


@pytest.mark.parametrize("point", list(TxPoint))
def test_each_start_point_gives_one_started_and_one_ended_without_a_gap(point: TxPoint) -> None:
    run = Run(**points(point)).charging()
    run.pilot("B")
    run.stop(on.StopCause.CARD)
    run.sign_end()
    told = Run(**points(point))
    told.pilot("B")
    told.card()
    told.sign_begin()
    told.pilot("C", "B")
    told.stop(on.StopCause.CARD)
    told.sign_end()
    assert [report.seq_no for report in told.reports] == list(range(len(told.reports)))
    assert [report.event for report in told.reports].count(STARTED) == 1
    assert [report.event for report in told.reports][-1] is ENDED
    assert told.session == run.session


# Remote start


@pytest.mark.ocpp("F01.FR.25")
def test_the_first_event_after_a_remote_start_says_so_with_its_number() -> None:
    run = Run()
    run.pilot("B")
    started = only_report(run.remote(7))
    assert (started.trigger, started.remote_start_id) == ("RemoteStart", 7)


def test_a_remote_start_before_the_cable_says_so_too() -> None:
    run = Run()
    run.remote(7)
    started = only_report(run.pilot("B"))
    assert (started.trigger, started.remote_start_id) == ("RemoteStart", 7)


def test_a_remote_start_of_a_transaction_that_runs_is_an_update() -> None:
    run = Run(**points(TxPoint.EV_CONNECTED))
    run.pilot("B")
    told = only_report(run.remote(7))
    assert (told.event, told.trigger, told.remote_start_id) == (UPDATED, "RemoteStart", 7)


def test_the_remote_start_number_is_sent_once() -> None:
    run = Run()
    run.remote(7)
    run.pilot("B")
    run.sign_begin()
    run.pilot("C", "B", "A")
    run.sign_end()
    assert [report.remote_start_id for report in run.reports] == [7, None, None, None, None]
