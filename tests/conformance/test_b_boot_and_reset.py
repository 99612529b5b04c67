"""Block B: starting, being kept waiting, and resetting."""

import pytest

from tests.conformance.site import Site
from tests.conformance.states import (
    booted,
    connector_told,
    connectors_told,
    energy_transfer_started,
    ev_disconnected,
    has_booted,
    stop_authorized,
    transaction_event,
    unavailable,
)
from tests.flows.house import CARD, OTHER_CARD, until


@pytest.mark.conformance("TC_B_02_CS")
@pytest.mark.ocpp("B02.FR.01", "B02.FR.02", "B02.FR.04", "B02.FR.05", "B02.FR.06", "B02.FR.08", "F06.FR.17")
async def test_tc_b_02_cs(site: Site) -> None:
    """While it is kept Pending, a station lets itself be read and set, and charges nobody."""
    site.csms.override(site.seen.id, "BootNotification", {"status": "Pending", "interval": 300}, times=1)
    after, connections = site.now, site.seen.connections
    await site.power_cycle()
    await site.request("BootNotification", after=after)
    await until(lambda: site.seen.registration == "Pending", "Pending")
    await site.configured(OfflineThreshold="300")
    assert await site.get("OCPPCommCtrlr.OfflineThreshold") == "300"
    answer = await site.call("GetBaseReport", requestId=7, reportBase="FullInventory")
    assert answer["status"] == "Accepted"
    assert await site.notified(7, after=after)
    answer = await site.call(
        "RequestStartTransaction", idToken={"idToken": CARD, "type": "ISO14443"}, remoteStartId=1, evseId=1
    )
    assert answer["status"] == "Rejected"
    assert len(site.requests("BootNotification", after=after)) == 1
    triggered = site.now
    answer = await site.call("TriggerMessage", requestedMessage="BootNotification")
    assert answer["status"] == "Accepted"
    boot = await site.request("BootNotification", after=triggered)
    assert boot["reason"] == "Triggered"
    assert site.requests("StatusNotification", after=after) == []
    await connector_told(site, "Available", after=triggered)
    assert site.seen.connections == connections + 1


@pytest.mark.conformance("TC_B_20_CS")
@pytest.mark.ocpp("B11.FR.01", "B11.FR.03", "B11.FR.04", "B01.FR.03")
async def test_tc_b_20_cs(site: Site) -> None:
    """An idle station resets at once, even if it is told to wait until it is idle."""
    after = await booted(site, kind="OnIdle")
    assert [boot["reason"] for boot in site.requests("BootNotification", after=after)] == ["RemoteReset"]


@pytest.mark.conformance("TC_B_21_CS")
@pytest.mark.ocpp("B12.FR.01", "B12.FR.03")
async def test_tc_b_21_cs(site: Site) -> None:
    """A reset that is to wait does so until the driver has stopped."""
    transaction_id = await energy_transfer_started(site)
    answer = await site.call("Reset", type="OnIdle")
    assert answer["status"] == "Scheduled"
    after = site.now
    await stop_authorized(site, transaction_id)
    await site.restarted()
    await has_booted(site, after=after, reason="ScheduledReset", status="Occupied")


@pytest.mark.conformance("TC_B_22_CS")
@pytest.mark.ocpp("B12.FR.02", "B12.FR.04", "E06.FR.08", "B01.FR.03")
async def test_tc_b_22_cs(site: Site) -> None:
    """A reset that is not to wait ends the transaction first."""
    transaction_id = await energy_transfer_started(site)
    after = site.now
    answer = await site.call("Reset", type="Immediate")
    assert answer["status"] == "Accepted"
    ended = await transaction_event(site, after=after, transactionId=transaction_id, eventType="Ended")
    assert ended["triggerReason"] == "ResetCommand"
    assert ended["transactionInfo"]["chargingState"] == "EVConnected"
    assert ended["transactionInfo"]["stoppedReason"] == "ImmediateReset"
    assert "idToken" not in ended
    await site.restarted()
    await has_booted(site, after=after, reason="RemoteReset", status="Occupied")


@pytest.mark.conformance("TC_B_23_CS")
@pytest.mark.ocpp("B11.FR.01", "B11.FR.02", "B11.FR.03", "B11.FR.04", "B01.FR.03", "B01.FR.07")
async def test_tc_b_23_cs(site_of_two: Site) -> None:
    """A connector that was taken out of service stays so over a reset."""
    site = site_of_two
    await unavailable(site, evse=1)
    after = site.now
    answer = await site.call("Reset", type="OnIdle")
    assert answer["status"] == "Accepted"
    await site.restarted()
    boot = await site.request("BootNotification", after=after)
    assert boot["reason"] == "RemoteReset"
    await connectors_told(site, {1: "Unavailable", 2: "Available"}, after=after)


@pytest.mark.conformance("TC_B_41_CS")
@pytest.mark.ocpp("B12.FR.01", "B12.FR.03", "E07.FR.02")
async def test_tc_b_41_cs(site_of_two: Site) -> None:
    """A reset that is to wait does so until the last of several drivers has stopped."""
    site = site_of_two
    cards = {1: CARD, 2: OTHER_CARD}
    transactions = {evse: await energy_transfer_started(site, evse=evse, card=card) for evse, card in cards.items()}
    answer = await site.call("Reset", type="OnIdle")
    assert answer["status"] == "Scheduled"
    after = site.now
    await stop_authorized(site, transactions[1], evse=1, card=cards[1])
    # B12, step 3a: who waits for a reset lets nobody in, so that the free connector is not Available.
    await ev_disconnected(site, evse=1, status="Unavailable")
    assert site.requests("BootNotification", after=after) == []
    after = site.now
    await stop_authorized(site, transactions[2], evse=2, card=cards[2])
    await site.restarted()
    boot = await site.request("BootNotification", after=after)
    assert boot["reason"] == "ScheduledReset"
    await connectors_told(site, {1: "Available", 2: "Occupied"}, after=after)
