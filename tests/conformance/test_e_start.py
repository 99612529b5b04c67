"""Block E: when a transaction begins, and what is told until energy flows."""

import asyncio

import pytest

from tests.conformance.site import Site
from tests.conformance.states import connector_told, transaction_event
from tests.conformance.states_sessions import (
    AUTHORIZED,
    CLOSED,
    PLUGGED,
    REMOTE,
    SETTLE_S,
    SIGNED,
    Visit,
    configured,
    token,
)
from tests.flows.house import CARD

TIME_OUT_S = 30


@pytest.fixture
async def waiting_site(site: Site) -> Site:
    """A station that waits half a minute for a cable, in a transaction."""
    await configured(
        site,
        TxCtrlr__TxStartPoint=AUTHORIZED,
        TxCtrlr__TxStopPoint=AUTHORIZED,
        TxCtrlr__EVConnectionTimeOut=str(TIME_OUT_S),
        AuthCtrlr__LocalPreAuthorize="false",
        AuthCacheCtrlr__Enabled="false",
    )
    return site


@pytest.mark.conformance("TC_E_01_CS")
@pytest.mark.ocpp("E01.FR.05", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16")
async def test_tc_e_01_cs(site: Site) -> None:
    """A transaction begins when the vehicle is there and the driver may charge, in this order or the other."""
    visit = await Visit.at(site, start=CLOSED)
    await visit.authorized()
    await visit.ev_connected_pre_session()
    assert visit.running
    await visit.energy_transfer_started()
    await visit.settled()


@pytest.mark.conformance("TC_E_03_CS")
@pytest.mark.ocpp("E02.FR.01", "E02.FR.05", "E02.FR.06", "E02.FR.07", "E02.FR.13", "E02.FR.15", "E02.FR.16")
@pytest.mark.ocpp("E02.FR.17", "E01.FR.16", "C01.FR.02")
async def test_tc_e_03_cs(site: Site) -> None:
    """First the cable, then the card."""
    visit = await Visit.at(site)
    await visit.ev_connected_pre_session()
    await visit.authorized()
    await visit.energy_transfer_started()
    await visit.settled()


@pytest.mark.conformance("TC_E_04_CS")
@pytest.mark.ocpp("E03.FR.01", "E03.FR.06", "E03.FR.12", "E01.FR.16", "C01.FR.02")
async def test_tc_e_04_cs(site: Site) -> None:
    """First the card, then the cable."""
    visit = await Visit.at(site)
    await visit.authorized()
    await visit.energy_transfer_started()
    await visit.settled()


@pytest.mark.conformance("TC_E_05_CS")
@pytest.mark.ocpp("E03.FR.01", "E03.FR.05", "E03.FR.06", "E03.FR.12", "C01.FR.02", "C01.FR.26")
async def test_tc_e_05_cs(waiting_site: Site) -> None:
    """Who brings no cable in time may not charge any more; the next driver may."""
    site = waiting_site
    visit = await Visit.at(site)
    await visit.authorized()
    await _timed_out(visit)
    another = await Visit.at(site)
    await another.authorized()
    assert another.transaction_id != visit.transaction_id
    await another.energy_transfer_started()
    await another.settled()


@pytest.mark.conformance("TC_E_09_CS")
@pytest.mark.ocpp("E01.FR.02", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16")
async def test_tc_e_09_cs(site: Site) -> None:
    """A transaction begins with the vehicle, before anybody may charge."""
    visit = await Visit.at(site, start=PLUGGED)
    await visit.ev_connected_pre_session()
    (started,) = visit.events
    assert started["eventType"] == "Started"
    assert started["triggerReason"] in ("CablePluggedIn", "ChargingStateChanged")
    assert started["transactionInfo"]["chargingState"] == "EVConnected"
    assert "idToken" not in started
    await visit.authorized()
    await visit.energy_transfer_started()
    await visit.settled()


@pytest.mark.conformance("TC_E_10_CS")
@pytest.mark.ocpp("E01.FR.03", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16", "C01.FR.02")
async def test_tc_e_10_cs(site: Site) -> None:
    """A transaction begins with the card, before there is a vehicle."""
    visit = await Visit.at(site, start=AUTHORIZED)
    await visit.authorized()
    assert [(event["eventType"], event["triggerReason"]) for event in visit.events] == [("Started", "Authorized")]
    await visit.ev_connected_pre_session()
    await visit.energy_transfer_started()
    await visit.settled()


@pytest.mark.conformance("TC_E_11_CS")
@pytest.mark.ocpp("E01.FR.04", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16")
async def test_tc_e_11_cs(site: Site) -> None:
    """A transaction begins when the meter has signed."""
    await configured(site, SampledDataCtrlr__SignReadings="true")
    visit = await Visit.at(site, start=SIGNED)
    await visit.authorized()
    await visit.ev_connected_pre_session()
    started = await transaction_event(site, after=visit.begun, eventType="Started")
    assert started["triggerReason"] == "SignedDataReceived"
    assert started["idToken"] == token(CARD)
    assert started["evse"] == {"id": 1, "connectorId": 1}
    values = [value for sample in started["meterValue"] for value in sample["sampledValue"]]
    assert {value["context"] for value in values} == {"Transaction.Begin"}
    (signed,) = [value["signedMeterValue"] for value in values if "signedMeterValue" in value]
    assert set(signed) >= {"encodingMethod", "publicKey", "signedMeterData", "signingMethod"}
    await visit.energy_transfer_started()
    await transaction_event(
        site,
        after=visit.begun,
        eventType="Updated",
        triggerReason="ChargingStateChanged",
        chargingState="Charging",
    )
    await visit.settled()


@pytest.mark.conformance("TC_E_13_CS")
@pytest.mark.ocpp("E01.FR.03", "F01.FR.03", "F01.FR.04", "F01.FR.19", "C05.FR.03", "C05.FR.05", "F02.FR.01")
async def test_tc_e_13_cs(site: Site) -> None:
    """A transaction begins when the CSMS says who may charge, before there is a vehicle."""
    visit = await Visit.at(site, start=AUTHORIZED)
    await visit.authorized(REMOTE)
    assert [(event["eventType"], event["triggerReason"]) for event in visit.events] == [("Started", "RemoteStart")]
    await visit.ev_connected_pre_session()
    await visit.energy_transfer_started()
    await visit.settled()


@pytest.mark.conformance("TC_E_38_CS")
@pytest.mark.ocpp("E03.FR.01", "E03.FR.12", "E01.FR.18", "E01.FR.19")
async def test_tc_e_38_cs(site: Site) -> None:
    """A vehicle that is not ready suspends the transaction."""
    visit = await Visit.at(site)
    await visit.authorized()
    site.bench.evse(1).set_vehicle(wants_power=False)
    await visit.ev_connected_pre_session()
    await transaction_event(
        site,
        after=visit.begun,
        transactionId=visit.transaction_id,
        triggerReason="ChargingStateChanged",
        chargingState="SuspendedEV",
    )
    await visit.settled()


@pytest.mark.conformance("TC_E_39_CS")
@pytest.mark.ocpp("E06.FR.04", "E06.FR.15", "E03.FR.05")
async def test_tc_e_39_cs(waiting_site: Site) -> None:
    """Who brings a cable too late does not charge."""
    site = waiting_site
    visit = await Visit.at(site)
    await visit.authorized()
    await _timed_out(visit)
    after = site.now
    site.bench.evse(1).plug()
    await connector_told(site, "Occupied", after=after)
    await asyncio.sleep(SETTLE_S)
    assert site.requests("TransactionEvent", after=after) == []
    assert not visit.charging


@pytest.mark.conformance("TC_E_52_CS")
@pytest.mark.ocpp("C01.FR.02", "C01.FR.05")
async def test_tc_e_52_cs(site: Site) -> None:
    """A station that must not ask the CSMS refuses a card that it does not know."""
    await configured(site, AuthCtrlr__DisableRemoteAuthorization="true")
    after = site.now
    site.bench.reader(1).swipe(CARD)
    await asyncio.sleep(SETTLE_S)
    visit = await Visit.at(site)
    await visit.ev_connected_pre_session()
    await asyncio.sleep(SETTLE_S)
    assert site.requests("Authorize", after=after) == []
    assert not visit.charging
    await visit.settled()


async def _timed_out(visit: Visit) -> None:
    """Wait until the station does not wait for a cable any more."""
    await asyncio.sleep(TIME_OUT_S)
    event = await transaction_event(visit.site, after=visit.begun, triggerReason="EVConnectTimeout")
    assert event["eventType"] == "Ended"
    assert event["transactionInfo"]["transactionId"] == visit.transaction_id
    assert event["transactionInfo"]["stoppedReason"] == "Timeout"
    told = [row["connectorStatus"] for row in visit.site.requests("StatusNotification")]
    assert told[-1] == "Available"
