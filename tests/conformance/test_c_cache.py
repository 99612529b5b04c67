"""Block C: drivers whom the station has seen before."""

import asyncio

import pytest

from tests.conformance.site import Site
from tests.conformance.states import ev_connected_pre_session, ev_disconnected, transaction_event
from tests.conformance.states_authorization import (
    BLOCKED,
    INVALID,
    MOMENT_S,
    asked,
    authorized_unasked,
    id_token_cached,
    knows,
    presented,
    refused,
)
from tests.conformance.states_sessions import DURATION_S, Visit, configured, offline, token
from tests.flows.house import CARD, until

LIFE_S = 600
RETRY_S = 30


async def with_cache(site: Site, **values: str) -> None:
    """Have the station keep what it is told of cards and believe it, and set more variables."""
    cache = {
        "AuthCacheCtrlr__Enabled": "true",
        "AuthCacheCtrlr__DisablePostAuthorize": "false",
        "AuthCtrlr__LocalPreAuthorize": "true",
    }
    await configured(site, **cache | values)


@pytest.mark.conformance("TC_C_09_CS")
@pytest.mark.ocpp("C12.FR.05", "C10.FR.01", "C10.FR.03", "C10.FR.04")
async def test_tc_c_09_cs(site: Site) -> None:
    """A card that was Invalid is asked about again."""
    await _is_asked_about_again(site, INVALID)


@pytest.mark.conformance("TC_C_10_CS")
@pytest.mark.ocpp("C12.FR.05", "C10.FR.01", "C10.FR.03", "C10.FR.04")
async def test_tc_c_10_cs(site: Site) -> None:
    """A card that was Blocked is asked about again."""
    await _is_asked_about_again(site, BLOCKED)


async def _is_asked_about_again(site: Site, card: str) -> None:
    await with_cache(site)
    knows(site, card)
    await id_token_cached(site, card)
    await ev_connected_pre_session(site)
    after = await presented(site, card)
    await asked(site, card, after=after)
    await refused(site, after=after)


@pytest.mark.conformance("TC_C_13_CS")
@pytest.mark.ocpp("C12.FR.02", "C12.FR.04", "C10.FR.04")
async def test_tc_c_13_cs(site: Site) -> None:
    """A card that was Accepted begins a transaction without a question, and charges as soon as there is a cable."""
    await with_cache(site)
    await id_token_cached(site)
    visit = await Visit.at(site, start="Authorized")
    await asyncio.sleep(MOMENT_S)
    await visit.authorized(asks=False)
    assert not site.contactor_closed
    await visit.ev_connected_pre_session()
    await visit.energy_transfer_started()


@pytest.mark.conformance("TC_C_18_CS")
@pytest.mark.ocpp("C12.FR.02", "C12.FR.04", "E05.FR.10")
async def test_tc_c_18_cs(site: Site) -> None:
    """A card that was Accepted charges while nobody can be asked, and no more when it turns out to be Invalid."""
    await with_cache(
        site,
        AuthCtrlr__LocalAuthorizeOffline="true",
        AuthCtrlr__OfflineTxForUnknownIdEnabled="true",
        TxCtrlr__StopTxOnInvalidId="true",
        TxCtrlr__MaxEnergyOnInvalidId="500",
        OCPPCommCtrlr__OfflineThreshold=str(RETRY_S + 60),
        OCPPCommCtrlr__RetryBackOffWaitMinimum=str(RETRY_S),
        OCPPCommCtrlr__RetryBackOffRandomRange="0",
    )
    await id_token_cached(site)
    await ev_connected_pre_session(site)
    site.csms.tokens.put(CARD, "Invalid")
    after = site.now
    async with offline(site):
        await presented(site, CARD)
        await site.power()
        await asyncio.sleep(DURATION_S)
    charging = await transaction_event(
        site, after=after, triggerReason="ChargingStateChanged", chargingState="Charging"
    )
    assert charging["offline"] is True
    told = site.requests("TransactionEvent", after=after)
    assert [event["offline"] for event in told if event["triggerReason"] == "Authorized"] in ([], [True])
    over = await transaction_event(site, after=after, triggerReason="Deauthorized")
    assert over.get("offline", False) is False
    assert over["eventType"] == "Ended"
    await until(lambda: not site.contactor_closed, "no power")


@pytest.mark.conformance("TC_C_33_CS")
@pytest.mark.ocpp("C10.FR.01", "C10.FR.04", "C12.FR.02", "C12.FR.06")
async def test_tc_c_33_cs(site: Site) -> None:
    """The answer to a question about a card is kept."""
    await with_cache(site, LocalAuthListCtrlr__Enabled="true")
    visit = await Visit.at(site)
    await visit.ev_connected_pre_session()
    await visit.authorized()
    await visit.energy_transfer_started()
    await visit.stop_authorized()
    await visit.ev_connected_post_session()
    await visit.ev_disconnected()
    await ev_connected_pre_session(site)
    site.csms.tokens.put(CARD, "Invalid")
    after = await presented(site, CARD)
    await authorized_unasked(site, CARD, after=after)


@pytest.mark.conformance("TC_C_34_CS")
@pytest.mark.ocpp("C10.FR.05", "C12.FR.02", "C12.FR.05", "C12.FR.06", "E05.FR.10")
async def test_tc_c_34_cs(site: Site) -> None:
    """What an answer to a TransactionEvent says of a card is kept, too."""
    await with_cache(
        site,
        LocalAuthListCtrlr__Enabled="true",
        TxCtrlr__StopTxOnInvalidId="true",
        TxCtrlr__MaxEnergyOnInvalidId="0",
    )
    await id_token_cached(site)
    await ev_connected_pre_session(site)
    site.csms.tokens.put(CARD, "Invalid")
    after = await presented(site, CARD)
    started = await authorized_unasked(site, CARD, after=after)
    await _deauthorized(site, started["transactionInfo"]["transactionId"], after=after)
    await ev_disconnected(site)
    await ev_connected_pre_session(site)
    after = await presented(site, CARD)
    await asked(site, CARD, after=after)
    await refused(site, after=after)


async def _deauthorized(site: Site, transaction_id: str, *, after: int) -> None:
    """The reusable state: the transaction is over and the plug is free."""
    over = await transaction_event(site, after=after, transactionId=transaction_id, triggerReason="Deauthorized")
    assert over["transactionInfo"]["chargingState"] in ("EVConnected", "SuspendedEVSE")
    assert over["eventType"] == "Ended"
    assert over["transactionInfo"]["stoppedReason"] == "DeAuthorized"
    await asyncio.sleep(MOMENT_S)
    if site.bench.evse(1).controller.locked:
        assert await site.csms.charging(site.seen.id).unlock(1) == "Unlocked"


@pytest.mark.conformance("TC_C_37_CS")
@pytest.mark.ocpp("C11.FR.01", "C11.FR.02", "C11.FR.03")
async def test_tc_c_37_cs(site: Site) -> None:
    """After the cache was cleared, a card is asked about again."""
    await with_cache(site)
    await id_token_cached(site)
    assert await site.csms.charging(site.seen.id).clear_cache() == "Accepted"
    visit = await Visit.at(site)
    await visit.ev_connected_pre_session()
    await visit.authorized()
    await visit.energy_transfer_started()


@pytest.mark.conformance("TC_C_38_CS")
@pytest.mark.ocpp("C11.FR.01", "C11.FR.02", "C11.FR.04", "C10.FR.11")
async def test_tc_c_38_cs(site: Site) -> None:
    """A cache that is not in use is not cleared."""
    await with_cache(site)
    await id_token_cached(site)
    await configured(site, AuthCacheCtrlr__Enabled="false")
    assert await site.csms.charging(site.seen.id).clear_cache() == "Rejected"


@pytest.mark.conformance("TC_C_46_CS")
@pytest.mark.ocpp("C10.FR.08", "C10.FR.10")
async def test_tc_c_46_cs(site: Site) -> None:
    """A card that was not used for long is asked about again."""
    await with_cache(site, AuthCacheCtrlr__LifeTime=str(LIFE_S))
    await id_token_cached(site)
    await ev_connected_pre_session(site)
    await asyncio.sleep(LIFE_S + MOMENT_S)
    after = await presented(site, CARD)
    await asked(site, CARD, after=after)
    started = await transaction_event(site, after=after, eventType="Started")
    assert started["idToken"] == token()
