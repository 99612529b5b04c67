"""What can be read off a session: charging state, connector status, why nobody is admitted."""

from dataclasses import replace

import pytest
from ocpp.v201.enums import TriggerReasonEnumType as Trigger

from station.core.events import Authorized
from station.core.faults import Fault
from station.core.session import (
    Metering,
    Session,
    Transaction,
    charging_state,
    connector_status,
    energy_flows,
    idle,
    refusal,
    wants_energy,
)
from station.core.work import UNPLUGGED
from tests.core.runs import ANNA

FREE = Session(evse_id=1, awake=True)
PLUGGED = replace(FREE, plugged=True, letter="B")
RUNNING = Transaction("t", Trigger.authorized, energy_flowed=True)
CHARGING = replace(
    PLUGGED,
    letter="C",
    metering=Metering.ON,
    offered_amps=16.0,
    transaction=RUNNING,
    authorization=Authorized(ANNA),
)


@pytest.mark.parametrize("letter", ["C", "D"])
def test_the_vehicle_wants_energy_in_states_c_and_d(letter: str) -> None:
    assert wants_energy(replace(PLUGGED, letter=letter))


@pytest.mark.parametrize("letter", ["", "A", "B", "E", "F"])
def test_the_vehicle_wants_no_energy_in_any_other_state(letter: str) -> None:
    assert not wants_energy(replace(PLUGGED, letter=letter))


@pytest.mark.parametrize("metering", [Metering.OFF, Metering.STARTING, Metering.STOPPING])
def test_energy_flows_only_through_a_meter_that_is_on(metering: Metering) -> None:
    assert energy_flows(CHARGING)
    assert not energy_flows(replace(CHARGING, metering=metering))


@pytest.mark.parametrize(
    ("session", "state"),
    [
        (FREE, "Idle"),
        (PLUGGED, "EVConnected"),
        (CHARGING, "Charging"),
        (replace(CHARGING, plugged=False, letter="A"), "Idle"),
        (replace(CHARGING, metering=Metering.STARTING), "EVConnected"),
        (replace(CHARGING, letter="B"), "SuspendedEV"),
        (replace(CHARGING, letter="B", transaction=replace(RUNNING, energy_flowed=False)), "EVConnected"),
        (replace(CHARGING, offered_amps=0.0), "SuspendedEVSE"),
        (replace(CHARGING, offered_amps=0.0, transaction=replace(RUNNING, energy_flowed=False)), "EVConnected"),
        (replace(CHARGING, offered_amps=0.0, transaction=replace(RUNNING, suspended=True)), "SuspendedEVSE"),
        (replace(CHARGING, offered_amps=0.0, transaction=replace(RUNNING, stop=UNPLUGGED)), "EVConnected"),
    ],
)
def test_the_charging_state_follows_cable_meter_vehicle_and_station(session: Session, state: str) -> None:
    assert charging_state(session) == state


@pytest.mark.parametrize(
    ("session", "status"),
    [
        (FREE, "Available"),
        (PLUGGED, "Occupied"),
        (CHARGING, "Occupied"),
        (replace(FREE, authorization=Authorized(ANNA)), "Available"),
        (replace(PLUGGED, faults=frozenset({Fault.PILOT})), "Faulted"),
        (replace(FREE, blocked=True), "Unavailable"),
        (replace(PLUGGED, blocked=True), "Unavailable"),
        (replace(CHARGING, blocked=True), "Occupied"),
        (replace(FREE, awake=False), "Unavailable"),
        (replace(FREE, inoperative=True), "Unavailable"),
        (replace(PLUGGED, inoperative=True), "Unavailable"),
        (replace(CHARGING, inoperative=True), "Occupied"),
        (replace(FREE, inoperative=True, faults=frozenset({Fault.METER})), "Faulted"),
        (replace(FREE, blocked=True, faults=frozenset({Fault.METER})), "Faulted"),
    ],
)
def test_the_connector_status_names_what_matters_most(session: Session, status: str) -> None:
    assert connector_status(session) == status


@pytest.mark.parametrize(
    ("session", "words"),
    [
        (FREE, None),
        (PLUGGED, None),
        (replace(FREE, faults=frozenset({Fault.PILOT, Fault.METER})), "faulted: MeterSilent, PilotError"),
        (replace(FREE, awake=False), "the meter has not been read since the station started"),
        (replace(FREE, blocked=True), "the station waits to restart"),
        (replace(FREE, inoperative=True), "out of service"),
        (replace(PLUGGED, inoperative=True), "out of service"),
        (replace(PLUGGED, inoperative=True, transaction=RUNNING), None),
        (replace(FREE, authorization=Authorized(ANNA)), "a driver is authorized already"),
        (replace(PLUGGED, transaction=replace(RUNNING, stop=UNPLUGGED)), "the last transaction is being signed"),
        (replace(PLUGGED, transaction=RUNNING), None),
    ],
)
def test_a_refusal_says_why_in_words(session: Session, words: str | None) -> None:
    assert refusal(session) == words


def test_idle_means_no_transaction_and_nobody_authorized() -> None:
    assert idle(PLUGGED)
    assert not idle(replace(PLUGGED, authorization=Authorized(ANNA)))
    assert not idle(replace(PLUGGED, transaction=RUNNING))
