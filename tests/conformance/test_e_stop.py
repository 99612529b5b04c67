"""Block E: when a transaction ends, and what becomes of cable and vehicle."""

import asyncio

import pytest

from tests.conformance.site import Site
from tests.conformance.states import connector_told, transaction_event
from tests.conformance.states_sessions import (
    AUTHORIZED,
    BAY,
    CLOSED,
    ENERGY,
    PLUGGED,
    REMOTE,
    SETTLE_S,
    Visit,
    configured,
)
from tests.flows.house import until

TIME_OUT_S = 60


@pytest.mark.conformance("TC_E_06_CS")
@pytest.mark.ocpp("E07.FR.02", "E07.FR.05", "E07.FR.07", "E06.FR.10", "E06.FR.15", "C01.FR.03")
async def test_tc_e_06_cs(site: Site) -> None:
    """The driver stops with the card, and goes."""
    visit = await Visit.at(site)
    await visit.energy_transfer_started()
    await visit.stop_authorized()
    await visit.ev_connected_post_session()
    await visit.ev_disconnected()
    await visit.settled()


@pytest.mark.conformance("TC_E_07_CS")
@pytest.mark.ocpp("E06.FR.06", "E06.FR.15")
async def test_tc_e_07_cs(site: Site) -> None:
    """A transaction ends when the driver stops, as far as that is half of what it lasts for."""
    visit = await Visit.at(site, stop=CLOSED)
    await visit.energy_transfer_started()
    await visit.stop_authorized()
    assert visit.ended
    await visit.settled()


@pytest.mark.conformance("TC_E_35_CS")
@pytest.mark.ocpp("E06.FR.06", "E06.FR.15", "F03.FR.02")
async def test_tc_e_35_cs(site: Site) -> None:
    """A transaction ends when the CSMS stops it, as far as authorization is half of what it lasts for."""
    visit = await Visit.at(site, stop=CLOSED)
    await visit.energy_transfer_started()
    await visit.stop_authorized(REMOTE)
    assert visit.events[-1]["eventType"] == "Ended"
    assert visit.events[-1]["transactionInfo"]["stoppedReason"] == "Remote"
    await visit.settled()


@pytest.mark.conformance("TC_E_14_CS")
@pytest.mark.ocpp("E06.FR.02", "E06.FR.15")
async def test_tc_e_14_cs(site: Site) -> None:
    """A transaction lasts until the vehicle leaves, even if nothing may be charged any more."""
    visit = await Visit.at(site, stop=PLUGGED)
    await visit.energy_transfer_started()
    await visit.stop_authorized()
    assert visit.running
    await visit.ev_connected_post_session()
    ended = await visit.ev_disconnected()
    assert ended["eventType"] == "Ended"
    await visit.settled()


@pytest.mark.conformance("TC_E_19_CS")
@pytest.mark.ocpp("E06.FR.01", "E06.FR.15")
async def test_tc_e_19_cs(site_with_bay: Site) -> None:
    """A transaction lasts until the vehicle has left its bay, even if the cable is off."""
    visit = await Visit.at(site_with_bay, stop=BAY)
    await visit.parking_bay_occupied()
    await visit.energy_transfer_started()
    await visit.stop_authorized()
    await visit.ev_connected_post_session()
    updated = await visit.ev_disconnected()
    assert updated["eventType"] == "Updated"
    await visit.parking_bay_unoccupied()
    assert visit.ended
    await visit.settled()


@pytest.mark.conformance("TC_E_21_CS")
@pytest.mark.ocpp("E06.FR.03", "E06.FR.15", "F03.FR.09")
async def test_tc_e_21_cs(site: Site) -> None:
    """A transaction ends when the CSMS stops it."""
    visit = await Visit.at(site, stop=AUTHORIZED)
    await visit.energy_transfer_started()
    await visit.stop_authorized(REMOTE)
    ended = visit.events[-1]
    assert (ended["eventType"], ended["triggerReason"]) == ("Ended", "RemoteStop")
    assert ended["transactionInfo"]["stoppedReason"] == "Remote"
    await visit.settled()


@pytest.mark.conformance("TC_E_22_CS")
@pytest.mark.ocpp("E06.FR.07", "E06.FR.15")
async def test_tc_e_22_cs(site: Site) -> None:
    """A transaction lasts as long as energy flows."""
    visit = await Visit.at(site, stop=ENERGY)
    await visit.energy_transfer_started()
    ended = await visit.energy_transfer_suspended()
    assert ended["eventType"] == "Ended"
    assert ended["transactionInfo"]["stoppedReason"] == "StoppedByEV"
    await visit.settled()


@pytest.mark.conformance("TC_E_24_CS")
@pytest.mark.ocpp("E09.FR.01", "E09.FR.02", "E09.FR.04")
async def test_tc_e_24_cs(site: Site) -> None:
    """Who pulls the cable out of the vehicle may not charge any more, and gets the other end."""
    visit = await _pulled_out_of_vehicle(site, unlocks="true")
    evse = site.bench.evse(1)
    await until(lambda: not evse.controller.locked, "a plug that is free")
    await _pulled_out_of_station(site)
    await visit.settled()


@pytest.mark.conformance("TC_E_25_CS")
@pytest.mark.ocpp("E09.FR.01", "E09.FR.03", "E09.FR.04")
async def test_tc_e_25_cs(site: Site) -> None:
    """Who pulls the cable out of the vehicle may not charge any more, and gets the other end for the card only."""
    visit = await _pulled_out_of_vehicle(site, unlocks="false")
    evse = site.bench.evse(1)
    await asyncio.sleep(SETTLE_S)
    assert evse.controller.locked
    site.bench.reader(1).swipe(visit.card)
    await until(lambda: not evse.controller.locked, "a plug that is free")
    await _pulled_out_of_station(site)
    await visit.settled()


@pytest.mark.conformance("TC_E_27_CS")
@pytest.mark.ocpp("E10.FR.02", "E10.FR.03")
async def test_tc_e_27_cs(site_with_cable: Site) -> None:
    """A fixed cable that is pulled out of the vehicle is waited for, but not for long."""
    site = site_with_cable
    await configured(site, TxCtrlr__StopTxOnEVSideDisconnect="false", TxCtrlr__EVConnectionTimeOut=str(TIME_OUT_S))
    assert await site.get("OCPPCommCtrlr.UnlockOnEVSideDisconnect") == "false"
    visit = await Visit.at(site, stop=AUTHORIZED)
    await visit.energy_transfer_started()
    await visit.energy_transfer_suspended()
    after = site.now
    site.bench.evse(1).unplug("vehicle")
    pulled = await transaction_event(site, after=after, triggerReason="EVCommunicationLost", chargingState="Idle")
    assert pulled["eventType"] == "Updated"
    await connector_told(site, "Available", after=after)
    ended = await transaction_event(site, after=after, triggerReason="EVConnectTimeout")
    visit.ended = True
    assert ended["eventType"] == "Ended"
    assert ended["transactionInfo"]["stoppedReason"] == "Timeout"
    await visit.settled()


async def _pulled_out_of_vehicle(site: Site, *, unlocks: str) -> Visit:
    """Pull the cable of a vehicle that has had enough; the transaction ends with that."""
    await configured(
        site,
        TxCtrlr__StopTxOnEVSideDisconnect="true",
        OCPPCommCtrlr__UnlockOnEVSideDisconnect=unlocks,
    )
    visit = await Visit.at(site)
    await visit.energy_transfer_started()
    await visit.energy_transfer_suspended()
    after = site.now
    site.bench.evse(1).unplug("vehicle")
    event = await transaction_event(site, after=after, triggerReason="EVCommunicationLost", chargingState="Idle")
    assert event["eventType"] == "Ended"
    assert event["transactionInfo"]["stoppedReason"] == "EVDisconnected"
    visit.ended = True
    return visit


async def _pulled_out_of_station(site: Site) -> None:
    after = site.now
    site.bench.evse(1).unplug("station")
    await connector_told(site, "Available", after=after)
