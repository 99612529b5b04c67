"""The CSMS is away: sessions run on what the station knows, and arrive later, in order and once."""

import asyncio
from pathlib import Path

from station.storage.outbox import Outbox
from tests.flows.house import CARD, OTHER_CARD, House, is_whole, seq_nos, until

OFTEN = '"SampledDataCtrlr.TxUpdatedInterval" = 10\n"OCPPCommCtrlr.OfflineThreshold" = 60'


def outbox(house: House) -> Outbox:
    assert house._database is not None
    return Outbox(house._database)


async def known_card(house: House) -> None:
    """Let the station learn the card while the CSMS is there."""
    transaction_id = await house.charge()
    house.swipe()
    await house.finished(transaction_id)
    house.unplug()
    await house.status("Available")
    await asyncio.sleep(3)


async def test_a_whole_session_without_the_csms(tmp_path: Path) -> None:
    async with House(tmp_path, variables=OFTEN) as house:
        await known_card(house)
        await house.csms.go_away()
        house.plug()
        house.swipe()
        await house.power()
        await asyncio.sleep(60)
        house.swipe()
        await until(lambda: not house.contactor_closed, "the end")
        await until(lambda: len(house.receipts()[-1].records) == 2, "the receipt")
        queued = outbox(house).size()
        assert queued >= 5
        await house.csms.come_back()
        ended = await house.event(kind="Ended", match=lambda e: e.get("offline") is True)
        transaction = house.transaction(ended["transactionInfo"]["transactionId"])
        assert is_whole(transaction)
        assert transaction.resent == ()
        assert [event.offline for event in transaction.events] == [True] * len(transaction.events)
        arrived = [event.seq_no for event in sorted(transaction.events, key=lambda event: event.received_at)]
        assert arrived == seq_nos(transaction)
        await until(lambda: outbox(house).size() == 0, "an empty outbox")


async def test_a_session_that_the_csms_leaves_and_joins_again(tmp_path: Path) -> None:
    async with House(tmp_path, variables=OFTEN) as house:
        transaction_id = await house.charge()
        await house.csms.go_away(abruptly=True)
        await asyncio.sleep(100)
        await house.csms.come_back()
        await house.seen.wait_connected(timeout_s=300)
        await asyncio.sleep(20)
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        offline = [event.offline for event in transaction.events]
        assert True in offline
        assert offline[0] is not True
        assert offline[-1] is not True


async def test_an_unknown_card_is_refused(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await house.csms.go_away()
        house.plug()
        house.swipe(OTHER_CARD)
        await asyncio.sleep(60)
        assert not house.contactor_closed
        assert house.receipts() == []


async def test_an_unknown_card_may_charge_if_the_operator_wants_so(tmp_path: Path) -> None:
    async with House(tmp_path, variables='"AuthCtrlr.OfflineTxForUnknownIdEnabled" = true') as house:
        await house.csms.go_away()
        house.plug()
        house.swipe(OTHER_CARD)
        await house.power()
        await house.csms.come_back()
        started = await house.event(kind="Started")
        assert started["offline"] is True
        assert started["idToken"]["idToken"] == OTHER_CARD


async def test_a_start_that_the_csms_refuses_afterwards_is_ended(tmp_path: Path) -> None:
    async with House(tmp_path, variables='"AuthCtrlr.OfflineTxForUnknownIdEnabled" = true') as house:
        await house.csms.go_away()
        house.plug()
        house.swipe(OTHER_CARD)
        await house.power()
        house.csms.override(house.seen.id, "TransactionEvent", {"idTokenInfo": {"status": "Blocked"}}, times=1)
        await house.csms.come_back()
        ended = await house.event(kind="Ended")
        assert ended["transactionInfo"]["stoppedReason"] == "DeAuthorized"
        assert is_whole(house.transaction(ended["transactionInfo"]["transactionId"]))


async def test_a_restart_while_the_csms_is_away_loses_nothing(tmp_path: Path) -> None:
    async with House(tmp_path, variables=OFTEN) as house:
        await known_card(house)
        await house.csms.go_away()
        house.plug()
        house.swipe()
        await house.power()
        await asyncio.sleep(30)
        house.swipe()
        await until(lambda: len(house.receipts()) == 2 and len(house.receipts()[-1].records) == 2, "the receipt")
        await house.kill()
        await house.start(wait=False)
        await asyncio.sleep(30)
        await house.csms.come_back()
        ended = await house.event(kind="Ended", match=lambda e: e.get("offline") is True)
        assert is_whole(house.transaction(ended["transactionInfo"]["transactionId"]))


async def test_the_station_starts_without_a_csms_and_charges_a_known_card(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await known_card(house)
        await house.stop()
        await house.csms.go_away()
        await house.start(wait=False)
        assert house.station is not None
        await until(lambda: house.station is not None and house.station.evse(1).session.awake, "a station awake")
        house.plug()
        house.swipe(CARD)
        await house.power()
        assert house.contactor_closed


async def test_a_plain_reconnect_sends_no_boot_notification(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        connections = house.seen.connections
        await house.csms.disconnect(house.seen.id)
        await until(lambda: house.seen.connections > connections, "the next connection")
        await asyncio.sleep(120)
        assert len(house.seen.received("BootNotification")) == 1
