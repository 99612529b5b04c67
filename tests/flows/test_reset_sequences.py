"""Resets at bad moments: beside another driver, during a signed start, twice, and with nobody to hear of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from ocpp.v201.enums import BootReasonEnumType

from station.app import Outcome
from station.core.session import Metering
from station.storage.outbox import Outbox
from tests.flows.house import CARD, OTHER_CARD, House, is_whole, seq_nos, until
from tests.flows.test_shared_line import LAYOUT, on_one_line

CARDS = {1: CARD, 2: OTHER_CARD}


async def two_charge(house: House) -> dict[int, str]:
    """Let both drivers charge; return the transaction id by EVSE."""
    await until(lambda: list(house.seen.connectors.values()) == ["Available"] * 2, "both EVSEs awake")
    for number, card in CARDS.items():
        house.bench.evse(number).plug()
        house.bench.reader(number).swipe(card)
    await until(lambda: all(evse["power_w"] > 0 for evse in house.bench.state()["evses"]), "power for both")
    events = [await house.event(lambda e, n=n: e.get("evse", {}).get("id") == n) for n in CARDS]
    return {number: event["transactionInfo"]["transactionId"] for number, event in zip(CARDS, events, strict=True)}


def closed(house: House, number: int) -> bool:
    return bool(house.bench.evse(number).contactor.closed)


async def restarted(house: House, **start: Any) -> BootReasonEnumType:
    """Follow the station through its restart; return the reason that it hands on."""
    assert await house.ended() is Outcome.RESTART
    assert house.station is not None
    reason = house.station.restart_reason
    assert reason is not None
    await house.start(reason=reason, wait=False, **start)
    return reason


@pytest.mark.ocpp("B11.FR.08", "B12.FR.02", "B12.FR.08")
async def test_who_charges_at_the_other_evse_notices_nothing_of_a_reset(tmp_path: Path) -> None:
    async with House(tmp_path, settings=LAYOUT, bench=on_one_line(tmp_path, busy="answer")) as house:
        ids = await two_charge(house)
        assert (await house.call("Reset", type="Immediate", evseId=1))["status"] == "Accepted"
        assert is_whole(await house.finished(ids[1]))
        assert house.transaction(ids[1]).stopped_reason == "ImmediateReset"
        await until(lambda: house.seen.connectors[1, 1] == "Unavailable", "the reset")
        await until(lambda: house.seen.connectors[1, 1] == "Occupied", "the EVSE awake again")
        for _ in range(60):
            assert closed(house, 2)
            await asyncio.sleep(1)
        house.bench.evse(1).unplug()
        await until(lambda: house.seen.connectors[1, 1] == "Available", "Available")
        house.bench.evse(1).plug()
        house.bench.reader(1).swipe(CARD)
        await until(lambda: closed(house, 1), "a closed contactor")
        house.bench.reader(2).swipe(OTHER_CARD)
        other = await house.finished(ids[2])
        assert is_whole(other)
        assert other.stopped_reason in (None, "Local")
        assert other.resent == ()
        assert len(house.seen.received("BootNotification")) == 1


@pytest.mark.ocpp("B12.FR.01", "B12.FR.03")
async def test_a_scheduled_reset_of_the_station_waits_for_the_last_driver(tmp_path: Path) -> None:
    async with House(tmp_path, settings=LAYOUT, bench=on_one_line(tmp_path, busy="answer")) as house:
        ids = await two_charge(house)
        assert (await house.call("Reset", type="OnIdle"))["status"] == "Scheduled"
        house.bench.reader(1).swipe(CARD)
        assert is_whole(await house.finished(ids[1]))
        await until(lambda: house.seen.connectors[1, 1] == "Unavailable", "the first EVSE closed")
        await asyncio.sleep(10)
        house.bench.reader(1).swipe(CARD)  # too late: nobody else begins
        await asyncio.sleep(30)
        assert (closed(house, 1), closed(house, 2)) == (False, True)
        house.bench.reader(2).swipe(OTHER_CARD)
        assert await restarted(house) is BootReasonEnumType.scheduled_reset
        assert is_whole(await house.finished(ids[2]))
        await until(lambda: len(house.seen.received("BootNotification")) == 2, "the boot")


@pytest.mark.ocpp("B12.FR.04")
async def test_a_reset_during_the_signed_start_leaves_no_half_transaction(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        house.swipe()
        station = house.station
        assert station is not None
        await until(lambda: station.evse(1).session.metering is Metering.STARTING, "the start being signed")
        assert (await house.call("Reset", type="Immediate"))["status"] == "Accepted"
        await restarted(house)
        await until(lambda: len(house.seen.received("BootNotification")) == 2, "the boot")
        await house.status("Occupied")
        await until(lambda: Outbox(house.database).size() == 0, "an empty queue")
        assert not house.contactor_closed
        assert all(house.transactions_whole())
        assert all(transaction.stopped_reason == "ImmediateReset" for transaction in house.csms.transactions.values())
        assert all(receipt.ended_at is not None for receipt in house.receipts())
        house.unplug()
        await house.status("Available")
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))


@pytest.mark.ocpp("B12.FR.02")
async def test_of_two_resets_of_an_evse_and_one_of_the_station_nothing_is_lost(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        for request in ({"evseId": 1}, {"evseId": 1}, {}):
            assert (await house.call("Reset", type="Immediate", **request))["status"] == "Accepted"
        assert await restarted(house) is BootReasonEnumType.remote_reset
        await house.status("Occupied")
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "ImmediateReset"
        await asyncio.sleep(120)
        assert len(house.seen.received("BootNotification")) == 2


@pytest.mark.parametrize("kind", ["Immediate", "OnIdle"])
async def test_a_restart_waits_until_the_csms_has_confirmed_the_last_status(tmp_path: Path, kind: str) -> None:
    async with House(tmp_path) as house:
        house.csms.override(house.seen.id, "StatusNotification", {}, delay_s=8)
        assert (await house.call("Reset", type=kind))["status"] == "Accepted"
        await until(lambda: house.seen.connectors[1, 1] == "Unavailable", "Unavailable")
        began = asyncio.get_running_loop().time()
        assert await house.ended() is Outcome.RESTART
        assert 7 <= asyncio.get_running_loop().time() - began <= 12


async def test_a_csms_that_does_not_confirm_it_holds_up_no_restart(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.csms.override(house.seen.id, "StatusNotification", silent=True)
        await house.call("Reset", type="Immediate")
        async with asyncio.timeout(60):
            assert await house.ended() is Outcome.RESTART


@pytest.mark.ocpp("B12.FR.05", "B12.FR.03")
async def test_what_was_not_delivered_before_a_reset_arrives_once_after_it(tmp_path: Path) -> None:
    often = '"SampledDataCtrlr.TxUpdatedInterval" = 10'
    async with House(tmp_path, variables=often) as house:
        transaction_id = await house.charge()
        assert (await house.call("Reset", type="OnIdle"))["status"] == "Scheduled"
        await house.csms.go_away(abruptly=True)
        await asyncio.sleep(60)
        house.swipe()
        assert await restarted(house) is BootReasonEnumType.scheduled_reset
        await asyncio.sleep(60)
        await house.csms.come_back()
        transaction = await house.finished(transaction_id)
        await until(lambda: Outbox(house.database).size() == 0, "an empty queue")
        assert is_whole(transaction)
        assert len(transaction.events) >= 8
        assert sorted(seq_nos(transaction)) == list(range(len(transaction.events)))
        assert transaction.resent == ()
        boots = [boot["reason"] for boot in house.seen.received("BootNotification")]
        assert boots == ["PowerUp", "ScheduledReset"]


@pytest.mark.ocpp("B02.FR.01", "B11.FR.03")
async def test_a_station_that_is_not_accepted_yet_restarts_too(tmp_path: Path) -> None:
    async with House(tmp_path, wait=False) as house:
        house.csms.override(house.seen.id, "BootNotification", {"status": "Pending", "interval": 600}, times=1)
        await until(lambda: house.seen.registration == "Pending", "Pending")
        assert (await house.call("Reset", type="Immediate"))["status"] == "Accepted"
        assert await restarted(house) is BootReasonEnumType.remote_reset
        await house.status("Available")
        boots = [boot["reason"] for boot in house.seen.received("BootNotification")]
        assert boots == ["PowerUp", "RemoteReset"]
