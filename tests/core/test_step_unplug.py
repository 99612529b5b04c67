"""The cable leaves the vehicle, the station, or both: who may go on, and who gets the plug (E09, E10)."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.policy import TxPoint
from station.core.session import Metering, connector_status, idle, refusal
from tests.core.runs import (
    AUTHORIZED,
    BAY,
    BERT,
    CLOSED,
    ENERGY,
    EV,
    SIGNED,
    UPDATED,
    Run,
    ending,
    has,
    only_report,
    points,
    reports,
    stops,
)

SUSPEND = {"stop_on_ev_side_disconnect": False}
KEEP = {"unlock_on_ev_side_disconnect": False}
FIXED = {"fixed_cable": True} | KEEP
"""UnlockOnEVSideDisconnect is read-only and false where the cable is fixed."""


def charging(**policy: object) -> Run:
    run = Run(**policy)
    run.play("bay plug card begin draw")
    return run


def drop(run: Run) -> list[do.Effect]:
    """Take the cable out of the vehicle; a fixed one has no other end to be in."""
    return run.play("pull" if run.policy.fixed_cable else "drop")


ENDS_IT = {  # with or without StopTxOnEVSideDisconnect, by stop point
    "StopTx": dict.fromkeys((EV, AUTHORIZED, CLOSED, ENERGY, SIGNED), True) | {BAY: False},
    "no StopTx": dict.fromkeys((EV, CLOSED, ENERGY), True) | dict.fromkeys((AUTHORIZED, SIGNED, BAY), False),
}


@pytest.mark.ocpp("E09.FR.01", "E10.FR.01", "E06.FR.02", "E06.FR.06")
@pytest.mark.parametrize("cable", [{}, KEEP, FIXED], ids=["unlocks", "keeps", "fixed"])
@pytest.mark.parametrize("stop", list(TxPoint))
@pytest.mark.parametrize("stop_tx", ENDS_IT)
def test_the_energy_stops_at_once_and_the_transaction_where_the_lists_say_so(
    cable: dict[str, bool], stop: TxPoint, stop_tx: str
) -> None:
    policy = cable | ({} if stop_tx == "StopTx" else SUSPEND)
    run = charging(**stops(stop), **policy)
    caused = drop(run)
    assert do.Withhold() in caused
    assert run.session.offered_amps == 0
    run.play("end")
    if ENDS_IT[stop_tx][stop]:
        trigger = "SignedDataReceived" if stop is SIGNED else "EVCommunicationLost"
        assert ending(run.reports[-1]) == (trigger, "EVDisconnected")
        assert idle(run.session)
    else:
        told = run.reports[-1]
        assert (told.event, told.trigger, told.charging_state) == (UPDATED, "EVCommunicationLost", "Idle")
        assert run.session.transaction is not None


@pytest.mark.ocpp("E09.FR.01")
@pytest.mark.parametrize("cable", [{}, KEEP, FIXED], ids=["unlocks", "keeps", "fixed"])
def test_with_stop_tx_a_vehicle_that_comes_back_is_not_charged_without_a_card(cable: dict[str, bool]) -> None:
    run = charging(**stops(BAY), **cable)
    drop(run)
    run.play("end")
    assert run.session.authorization is None
    caused = run.play("plug draw")
    assert not has(caused, do.TurnOn, do.Offer)
    assert [report.trigger for report in reports(caused)] == ["CablePluggedIn"]


@pytest.mark.ocpp("E10.FR.01")
@pytest.mark.parametrize("cable", [{}, KEEP, FIXED], ids=["unlocks", "keeps", "fixed"])
@pytest.mark.parametrize("stop", [AUTHORIZED, SIGNED, BAY])
def test_without_stop_tx_a_vehicle_that_comes_back_is_charged_on(cable: dict[str, bool], stop: TxPoint) -> None:
    run = charging(**stops(stop), **SUSPEND, **cable)
    transaction_id = run.transaction.id
    run.effects.clear()
    drop(run)
    assert run.session.metering is Metering.ON
    run.play("plug draw")
    assert run.told == [
        "Updated EVCommunicationLost Idle",
        "Updated CablePluggedIn EVConnected",
        "Updated ChargingStateChanged Charging",
    ]
    assert run.transaction.id == transaction_id
    assert not has(run.effects, do.TurnOn, do.TurnOff, do.Unlock)
    run.play("tap end pull leave")
    assert run.told[-1].startswith("Ended")


def test_a_vehicle_that_comes_back_and_wants_nothing_suspends_after_a_while() -> None:
    run = charging(**stops(AUTHORIZED), **SUSPEND)
    run.play("drop plug")
    assert only_report(run.expire(on.Timer.EV_READY)).charging_state == "SuspendedEV"


def test_a_cable_that_is_dropped_and_put_back_while_the_start_is_signed_charges() -> None:
    run = Run(**stops(AUTHORIZED), **SUSPEND)
    run.play("plug card drop")
    assert not has(run.play("begin"), do.Offer)
    assert has(run.play("plug"), do.Offer)


# The plug


@pytest.mark.ocpp("E09.FR.02", "E09.FR.03", "E10.FR.01")
@pytest.mark.parametrize("stop", list(TxPoint))
@pytest.mark.parametrize(
    ("stop_tx", "unlock", "locked"),
    [(True, True, False), (True, False, True), (False, True, True), (False, False, True)],
)
def test_the_plug_stays_locked_unless_both_variables_let_it_go(
    stop_tx: bool, unlock: bool, locked: bool, stop: TxPoint
) -> None:
    run = charging(**stops(stop), stop_on_ev_side_disconnect=stop_tx, unlock_on_ev_side_disconnect=unlock)
    run.play("drop end")
    assert run.locked is locked
    assert connector_status(run.session) == "Occupied"
    run.play("tap end")
    assert not run.locked
    run.play("pull")
    assert connector_status(run.session) == "Available"


@pytest.mark.parametrize("story", ["pull end", "refused end", "refused end pull"])
@pytest.mark.parametrize("stop_tx", [True, False])
@pytest.mark.parametrize("stop", list(TxPoint))
def test_a_fixed_cable_is_held_for_nobody(stop_tx: bool, stop: TxPoint, story: str) -> None:
    run = charging(**stops(stop), **FIXED, stop_on_ev_side_disconnect=stop_tx)
    run.play(story)
    assert run.session.held_for is None
    assert connector_status(run.session) == ("Available" if "pull" in story else "Occupied")


@pytest.mark.ocpp("E10.FR.01")
def test_a_vehicle_that_leaves_the_bay_without_its_cable_leaves_it_locked() -> None:
    run = charging(**stops(BAY), **SUSPEND)
    run.play("drop leave end")
    assert ending(run.reports[-1]) == ("EVDeparted", "Local")
    assert run.locked
    assert do.Unlock() in run.play("tap")


@pytest.mark.ocpp("E10.FR.01")
@pytest.mark.parametrize("word", ["tap", "remote-stop", "master-pass", "reset", "fault", "residual-current"])
def test_whatever_ends_it_after_the_cable_came_back_lets_the_plug_go(word: str) -> None:
    run = charging(**stops(AUTHORIZED), **SUSPEND, **KEEP)
    run.play(f"drop plug draw {word} end")
    assert not run.locked


@pytest.mark.ocpp("E06.FR.10", "E07.FR.07", "E08.FR.03")
@pytest.mark.parametrize("policy", [{}, SUSPEND, KEEP, SUSPEND | KEEP])
@pytest.mark.parametrize("stop", list(TxPoint))
def test_a_normal_end_unlocks_as_soon_as_it_is_signed_and_not_before(policy: dict[str, bool], stop: TxPoint) -> None:
    run = charging(**stops(stop), **policy)
    run.play("tap")
    assert run.locked
    run.play("end")
    assert not run.locked


# A plug that is held


def held(**policy: object) -> Run:
    run = charging(**KEEP, **policy)
    run.play("drop end")
    assert run.session.held_for is not None
    run.effects.clear()
    return run


@pytest.mark.ocpp("E09.FR.03", "E05.FR.11")
@pytest.mark.parametrize("word", ["tap", "master-pass", "unlock"])
def test_a_held_plug_is_let_go_by_its_card_by_a_master_pass_and_by_the_csms(word: str) -> None:
    run = held()
    caused = run.play(word)
    assert has(caused, do.Unlock) is (word != "unlock")  # then the controller has done it already
    assert run.session.held_for is None
    assert refusal(run.session) is None


@pytest.mark.ocpp("E09.FR.03", "E05.FR.11")
@pytest.mark.parametrize("stop", [AUTHORIZED, EV, BAY])
def test_nobody_else_begins_with_a_plug_that_is_held(stop: TxPoint) -> None:
    run = held(**stops(stop))
    before = run.session
    assert refusal(before) == "the plug is held for its owner"
    assert run.card(BERT) == run.remote(token=BERT) == []
    assert run.session == before


def test_the_card_that_fetches_its_plug_ends_nothing_that_began_meanwhile() -> None:
    run = held(**points(EV))
    run.play("plug")
    began = run.transaction.id
    assert not has(run.play("tap"), do.Report)
    assert run.transaction.id == began
    assert has(run.play("card"), do.TurnOn)


def test_a_held_plug_that_is_out_is_held_for_nobody() -> None:
    run = held()
    run.play("pull")
    assert run.session.held_for is None
    assert has(run.play("card plug"), do.TurnOn)


def test_the_same_card_charges_again_after_it_fetched_its_plug() -> None:
    run = held()
    run.play("tap plug card begin draw")
    assert run.session.offered_amps > 0


# The timeout of a fixed cable


@pytest.mark.ocpp("E10.FR.02")
@pytest.mark.parametrize(
    ("stop", "told"),
    [
        (AUTHORIZED, "Ended EVConnectTimeout Idle Timeout"),
        (SIGNED, "Ended EVConnectTimeout Idle Timeout"),
        (BAY, "Updated EVConnectTimeout"),
    ],
)
def test_a_fixed_cable_that_is_not_put_back_in_time_ends_the_authorization(stop: TxPoint, told: str) -> None:
    run = charging(**stops(stop), **FIXED, **SUSPEND, ev_connection_timeout_s=45.0)
    assert do.StartTimer(on.Timer.EV_CONNECT, 45.0) in run.play("pull")
    run.play("no-cable end")
    assert run.session.authorization is None
    assert run.told[-1] == told
    assert not has(run.play("plug draw"), do.TurnOn, do.Offer)


@pytest.mark.ocpp("E10.FR.02")
def test_a_fixed_cable_that_is_put_back_in_time_charges_on() -> None:
    run = charging(**stops(AUTHORIZED), **FIXED, **SUSPEND)
    run.play("pull")
    assert do.StopTimer(on.Timer.EV_CONNECT) in run.play("plug")
    assert run.play("no-cable") == []


def test_a_cable_that_can_be_taken_home_has_no_timeout() -> None:
    run = charging(**stops(AUTHORIZED), **SUSPEND)
    assert not has(run.play("drop"), do.StartTimer)


# The station side


@pytest.mark.ocpp("E09.FR.01", "E06.FR.02")
@pytest.mark.parametrize("policy", [{}, SUSPEND, KEEP, SUSPEND | KEEP])
@pytest.mark.parametrize("story", ["pull", "drop pull"])
@pytest.mark.parametrize("stop", list(TxPoint))
def test_without_a_cable_at_the_station_nobody_is_authorized_and_nothing_is_held(
    policy: dict[str, bool], story: str, stop: TxPoint
) -> None:
    run = charging(**stops(stop), **policy)
    run.play(story)
    run.play("end")
    assert run.session.authorization is None
    assert run.session.metering is Metering.OFF
    assert not run.locked
    assert connector_status(run.session) == "Available"
    assert not has(run.play("plug draw"), do.TurnOn, do.Offer)


@pytest.mark.ocpp("G01.FR.03", "E02.FR.05")
def test_the_connector_is_occupied_as_long_as_a_plug_is_in_the_station() -> None:
    run = Run()
    seen = []
    for word in ("plug", "drop", "plug", "pull"):
        run.play(word)
        seen.append(connector_status(run.session).value)
    assert seen == ["Occupied", "Occupied", "Occupied", "Available"]


@pytest.mark.ocpp("E02.FR.13", "E01.FR.18")
def test_the_cable_left_in_the_station_does_not_begin_a_transaction() -> None:
    run = Run(**points(EV))
    run.play("plug drop")
    assert run.told == ["Started CablePluggedIn EVConnected", "Ended EVCommunicationLost Idle EVDisconnected"]
    assert run.session.cable_in
    assert not has(run.play("card"), do.TurnOn)
    assert has(run.play("plug"), do.TurnOn)
