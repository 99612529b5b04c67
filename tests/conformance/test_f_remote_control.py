"""Block F: the CSMS starts and stops, unlocks, and asks for messages."""

import asyncio
from typing import Any

import pytest

from tests.conformance.site import Site
from tests.conformance.states import connector_told, ev_connected_pre_session
from tests.conformance.states_sessions import REMOTE, SETTLE_S, Visit, configured
from tests.flows.house import CARD, OTHER_CARD

CARDS = {1: CARD, 2: OTHER_CARD}


@pytest.mark.conformance("TC_F_01_CS")
@pytest.mark.ocpp("F01.FR.03", "F01.FR.04", "F01.FR.05", "F01.FR.13", "F01.FR.17", "F01.FR.19", "F02.FR.01")
async def test_tc_f_01_cs(site: Site) -> None:
    """The CSMS says who may charge when the vehicle is there."""
    visit = await Visit.at(site)
    await visit.ev_connected_pre_session()
    await visit.authorized(REMOTE)
    await visit.energy_transfer_started()
    await visit.settled()


@pytest.mark.conformance("TC_F_02_CS")
@pytest.mark.ocpp("F02.FR.01", "F02.FR.13", "F01.FR.01")
async def test_tc_f_02_cs(site: Site) -> None:
    """The CSMS says who may charge before the vehicle is there, and is asked about that like a card."""
    await configured(site, AuthCtrlr__AuthorizeRemoteStart="true")
    visit = await Visit.at(site)
    await visit.authorized(REMOTE)
    await visit.energy_transfer_started()
    await visit.settled()


@pytest.mark.conformance("TC_F_07_CS")
@pytest.mark.ocpp("F05.FR.01", "F05.FR.06")
async def test_tc_f_07_cs(site: Site) -> None:
    """A lock that holds nothing is unlocked all the same."""
    answer = await site.call("UnlockConnector", evseId=1, connectorId=1)
    assert answer["status"] == "Unlocked"


@pytest.mark.conformance("TC_F_08_CS")
@pytest.mark.ocpp("F03.FR.02", "F03.FR.03", "F03.FR.07", "F03.FR.09")
async def test_tc_f_08_cs(site: Site) -> None:
    """The CSMS stops."""
    visit = await Visit.at(site)
    await visit.energy_transfer_started()
    await visit.stop_authorized(REMOTE)
    await visit.settled()


@pytest.mark.conformance("TC_F_09_CS")
@pytest.mark.ocpp("F03.FR.08")
async def test_tc_f_09_cs(site: Site) -> None:
    """A transaction that nobody knows is not stopped, nor is any other."""
    visit = await Visit.at(site)
    transaction_id = await visit.energy_transfer_started()
    answer = await site.call("RequestStopTransaction", transactionId=transaction_id[:-1])
    assert answer["status"] == "Rejected"
    await visit.settled()
    assert visit.charging


@pytest.mark.conformance("TC_F_12_CS")
@pytest.mark.ocpp("F06.FR.04", "F06.FR.05", "F06.FR.06", "F06.FR.10", "F06.FR.11")
async def test_tc_f_12_cs(site_of_two: Site) -> None:
    """Meter values of each EVSE."""
    site = site_of_two
    after = await _triggered(site, "MeterValues")
    for evse in CARDS:
        values = await site.request("MeterValues", lambda sent, evse=evse: sent["evseId"] == evse, after=after)
        assert values["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"
    await asyncio.sleep(SETTLE_S)
    assert len(site.requests("MeterValues", after=after)) == len(CARDS)


@pytest.mark.conformance("TC_F_14_CS")
@pytest.mark.ocpp("F06.FR.04", "F06.FR.05", "F06.FR.07", "F06.FR.10", "F06.FR.11")
async def test_tc_f_14_cs(site_of_two: Site) -> None:
    """The transaction of each EVSE."""
    site = site_of_two
    transactions = set()
    for evse, card in CARDS.items():
        visit = await Visit.at(site, evse=evse, card=card)
        transactions.add(await visit.energy_transfer_started())
    after = await _triggered(site, "TransactionEvent")
    await asyncio.sleep(SETTLE_S)
    events = [
        event for event in site.requests("TransactionEvent", after=after) if event["triggerReason"] == "Trigger"
    ]
    assert {event["transactionInfo"]["transactionId"] for event in events} == transactions
    assert len(events) == len(CARDS)
    assert {event.get("evse", {}).get("id") for event in events} == set(CARDS)
    for event in events:
        assert event["eventType"] == "Updated"
        assert event["transactionInfo"]["chargingState"] == "Charging"
        assert event["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"


@pytest.mark.conformance("TC_F_17_CS")
@pytest.mark.ocpp("F06.FR.03", "F06.FR.04", "F06.FR.05", "F06.FR.10")
async def test_tc_f_17_cs(site: Site) -> None:
    """An EVSE that has nothing to do with the message is ignored."""
    await _tells_idle_firmware(site, evse={"id": 1})


@pytest.mark.conformance("TC_F_18_CS")
@pytest.mark.ocpp("F06.FR.04", "F06.FR.05", "F06.FR.10", "F06.FR.16")
async def test_tc_f_18_cs(site: Site) -> None:
    """Nothing is done with the firmware."""
    await _tells_idle_firmware(site)


@pytest.mark.conformance("TC_F_20_CS")
@pytest.mark.ocpp("F06.FR.04", "F06.FR.05", "F06.FR.10")
async def test_tc_f_20_cs(site: Site) -> None:
    """A heartbeat."""
    after = await _triggered(site, "Heartbeat")
    await site.request("Heartbeat", after=after, seconds=SETTLE_S)


@pytest.mark.conformance("TC_F_24_CS")
@pytest.mark.ocpp("F06.FR.04", "F06.FR.05", "F06.FR.10")
async def test_tc_f_24_cs(site: Site) -> None:
    """The status of a connector."""
    await ev_connected_pre_session(site)
    after = await _triggered(site, "StatusNotification", evse={"id": 1, "connectorId": 1})
    await connector_told(site, "Occupied", after=after)


@pytest.mark.conformance("TC_F_27_CS")
@pytest.mark.ocpp("F06.FR.08")
async def test_tc_f_27_cs(site: Site) -> None:
    """A message that the station does not know."""
    answer = await site.call("TriggerMessage", requestedMessage="SignCombinedCertificate")
    assert answer["status"] == "NotImplemented"


async def _triggered(site: Site, wanted: str, **where: Any) -> int:
    """Ask for a message; return the place in the record after which it comes."""
    after = site.now
    answer = await site.call("TriggerMessage", requestedMessage=wanted, **where)
    assert answer["status"] == "Accepted"
    return after


async def _tells_idle_firmware(site: Site, **where: Any) -> None:
    after = await _triggered(site, "FirmwareStatusNotification", **where)
    told = await site.request("FirmwareStatusNotification", after=after)
    assert told["status"] == "Idle"
