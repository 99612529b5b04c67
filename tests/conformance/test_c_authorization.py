"""Block C: drivers who are let in by the CSMS, or while it cannot be asked, and those who are not."""

import pytest

from tests.conformance.site import Site
from tests.conformance.states import (
    connector_told,
    ev_connected_pre_session,
    ev_disconnected,
    stop_authorized,
    transaction_event,
)
from tests.conformance.states_authorization import (
    BLOCKED,
    EXPIRED,
    INVALID,
    UNKNOWN,
    asked,
    knows,
    presented,
    refused,
)
from tests.conformance.states_sessions import configured, offline, token
from tests.flows.house import OTHER_CARD, until


@pytest.mark.conformance("TC_C_05_CS")
@pytest.mark.ocpp("C01.FR.02", "C06.FR.02")
async def test_tc_c_05_cs(site: Site) -> None:
    """A card that is Invalid opens nothing before the vehicle is there."""
    await configured(site, TxCtrlr__TxStartPoint="Authorized")
    await _is_refused(site, INVALID)


@pytest.mark.conformance("TC_C_06_CS")
@pytest.mark.ocpp("C01.FR.02")
async def test_tc_c_06_cs(site: Site) -> None:
    """A card that is Blocked opens nothing."""
    await ev_connected_pre_session(site)
    await _is_refused(site, BLOCKED)


@pytest.mark.conformance("TC_C_07_CS")
@pytest.mark.ocpp("C01.FR.02")
async def test_tc_c_07_cs(site: Site) -> None:
    """A card that has Expired opens nothing."""
    await ev_connected_pre_session(site)
    await _is_refused(site, EXPIRED)


@pytest.mark.conformance("TC_C_56_CS")
@pytest.mark.ocpp("C01.FR.02")
async def test_tc_c_56_cs(site: Site) -> None:
    """A card that nobody knows opens nothing."""
    await ev_connected_pre_session(site)
    await _is_refused(site, UNKNOWN)


async def _is_refused(site: Site, card: str) -> None:
    await configured(site, AuthCtrlr__Enabled="true", AuthCtrlr__DisableRemoteAuthorization="false")
    knows(site, card)
    after = await presented(site, card)
    await asked(site, card, after=after)
    await refused(site, after=after)


@pytest.mark.conformance("TC_C_26_CS")
@pytest.mark.ocpp("C15.FR.02", "C15.FR.06", "C15.FR.08", "C13.FR.04")
async def test_tc_c_26_cs(site: Site) -> None:
    """Who is unknown charges while nobody can be asked, until the CSMS says what it thinks of the card."""
    await configured(
        site,
        LocalAuthListCtrlr__Enabled="true",
        AuthCtrlr__LocalPreAuthorize="true",
        AuthCtrlr__OfflineTxForUnknownIdEnabled="true",
        AuthCtrlr__LocalAuthorizeOffline="true",
        TxCtrlr__MaxEnergyOnInvalidId="0",
        TxCtrlr__StopTxOnInvalidId="false",
    )
    site.csms.tokens.put(OTHER_CARD, "Invalid")
    after = site.now
    async with offline(site):
        site.bench.reader(1).swipe(OTHER_CARD)
        site.bench.evse(1).plug()
        await site.power()
    await connector_told(site, "Occupied", after=after)
    started = await transaction_event(site, after=after, eventType="Started")
    assert started["offline"] is True
    assert started["idToken"] == token(OTHER_CARD)
    charging = await transaction_event(site, after=after, chargingState="Charging")
    assert charging["offline"] is True
    suspended = await transaction_event(site, after=after, chargingState="SuspendedEVSE", eventType="Updated")
    assert suspended["triggerReason"] == "ChargingStateChanged"
    await until(lambda: site.bench.state()["evses"][0]["power_w"] == 0, "no power")
    await stop_authorized(site, started["transactionInfo"]["transactionId"], card=OTHER_CARD)
    await ev_disconnected(site)
