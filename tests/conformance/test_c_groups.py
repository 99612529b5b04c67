"""Block C: drivers who share a transaction, and those who stop everybody's."""

import asyncio

import pytest

from tests.conformance.site import Site
from tests.conformance.states import (
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    transaction_event,
)
from tests.conformance.states_authorization import (
    GROUP,
    INVALID,
    MASTER,
    MASTER_GROUP,
    MEMBER,
    MOMENT_S,
    QUIET_S,
    asked,
    authorized_unasked,
    goes_on,
    id_token_cached,
    id_token_listed,
    presented,
    stopped_by,
)
from tests.conformance.states_sessions import configured, token
from tests.flows.house import CARD, OTHER_CARD

FORMER = {"status": "Invalid", "groupIdToken": GROUP}
"""Of the group, and not let in."""


@pytest.mark.conformance("TC_C_40_CS")
@pytest.mark.ocpp("C09.FR.03", "C09.FR.07", "C14.FR.02")
async def test_tc_c_40_cs(site: Site) -> None:
    """One card of the list stops what another one of its group has started."""
    await _with_group(site, LocalAuthListCtrlr__Enabled="true")
    await id_token_listed(site, CARD, OTHER_CARD)
    await _stopped_by_another(site)


@pytest.mark.conformance("TC_C_41_CS")
@pytest.mark.ocpp("C09.FR.03", "C09.FR.07", "C12.FR.02")
async def test_tc_c_41_cs(site: Site) -> None:
    """One card of the cache stops what another one of its group has started."""
    await _with_group(site, AuthCacheCtrlr__Enabled="true")
    for card in (CARD, OTHER_CARD):
        await id_token_cached(site, card)
    await _stopped_by_another(site)


@pytest.mark.conformance("TC_C_42_CS")
@pytest.mark.ocpp("C09.FR.05", "C09.FR.11")
async def test_tc_c_42_cs(site: Site) -> None:
    """A card of the same group that is not let in stops nothing."""
    site.csms.tokens.put(CARD, MEMBER)
    site.csms.tokens.put(INVALID, FORMER)
    transaction_id = await energy_transfer_started(site)
    await _not_stopped_by_another(site, transaction_id)


@pytest.mark.conformance("TC_C_43_CS")
@pytest.mark.ocpp("C09.FR.03", "C09.FR.11", "C14.FR.02", "C14.FR.03")
async def test_tc_c_43_cs(site: Site) -> None:
    """Nor does one that is on the list."""
    await _with_group(site, LocalAuthListCtrlr__Enabled="true")
    site.csms.tokens.put(INVALID, FORMER)
    await id_token_listed(site, CARD, INVALID)
    await _not_stopped_by_another(site, await _started_unasked(site))


@pytest.mark.conformance("TC_C_44_CS")
@pytest.mark.ocpp("C09.FR.03", "C09.FR.11", "C12.FR.02", "C12.FR.05")
async def test_tc_c_44_cs(site: Site) -> None:
    """Nor does one that is in the cache."""
    await _with_group(site, AuthCacheCtrlr__Enabled="true", AuthCacheCtrlr__DisablePostAuthorize="false")
    site.csms.tokens.put(INVALID, FORMER)
    for card in (CARD, INVALID):
        await id_token_cached(site, card)
    await _not_stopped_by_another(site, await _started_unasked(site))


async def _with_group(site: Site, **values: str) -> None:
    await configured(site, AuthCtrlr__LocalPreAuthorize="true", **values)
    for card in (CARD, OTHER_CARD):
        site.csms.tokens.put(card, MEMBER)


async def _started_unasked(site: Site) -> str:
    """Charge with the first card of the group; return the transaction id."""
    await ev_connected_pre_session(site)
    after = await presented(site, CARD)
    await authorized_unasked(site, CARD, after=after)
    charging = await transaction_event(site, after=after, chargingState="Charging")
    await site.power()
    return str(charging["transactionInfo"]["transactionId"])


async def _stopped_by_another(site: Site) -> None:
    transaction_id = await _started_unasked(site)
    after = await presented(site, OTHER_CARD)
    await stopped_by(site, transaction_id, OTHER_CARD, after=after)
    await ev_disconnected(site)


async def _not_stopped_by_another(site: Site, transaction_id: str) -> None:
    after = await presented(site, INVALID)
    await asked(site, INVALID, after=after)
    await goes_on(site, transaction_id, after=after)


@pytest.mark.conformance("TC_C_45_CS")
@pytest.mark.ocpp("C16.FR.03")
async def test_tc_c_45_cs(site: Site) -> None:
    """A card that stops everybody's transactions starts none."""
    await configured(
        site,
        TxCtrlr__TxStartPoint="Authorized,PowerPathClosed",
        AuthCtrlr__MasterPassGroupId=MASTER_GROUP["idToken"],
    )
    site.csms.tokens.put(MASTER, {"groupIdToken": MASTER_GROUP})
    after = await presented(site, MASTER)
    await asked(site, MASTER, after=after)
    await asyncio.sleep(MOMENT_S)
    await ev_connected_pre_session(site)
    await asyncio.sleep(QUIET_S)
    assert site.requests("TransactionEvent", after=after) == []
    assert not site.contactor_closed


@pytest.mark.conformance("TC_C_48_CS")
@pytest.mark.ocpp("C16.FR.01", "C16.FR.07", "C16.FR.08")
async def test_tc_c_48_cs(site_with_keypad: Site) -> None:
    """Who stops everybody's transactions may choose one of them."""
    site = site_with_keypad
    await configured(site, AuthCtrlr__MasterPassGroupId=MASTER_GROUP["idToken"])
    site.csms.tokens.put(MASTER, {"groupIdToken": MASTER_GROUP})
    cards = {1: CARD, 2: OTHER_CARD}
    transactions = {}
    for evse, card in cards.items():
        transactions[evse] = await energy_transfer_started(site, evse=evse, card=card)
        await asyncio.sleep(MOMENT_S)
    after = await presented(site, MASTER)
    await asked(site, MASTER, after=after)
    await asyncio.sleep(1)
    site.bench.reader(site.keypad).type_in("1*")
    ended = await transaction_event(site, after=after, transactionId=transactions[1], eventType="Ended")
    assert ended["transactionInfo"]["stoppedReason"] == "MasterPass"
    assert ended.get("idToken", token(MASTER)) == token(MASTER)
    await ev_disconnected(site, evse=1)
    await asyncio.sleep(QUIET_S)
    assert not site.transaction(transactions[2]).ended
    assert site.bench.evse(2).contactor.closed
