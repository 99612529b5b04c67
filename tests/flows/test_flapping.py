"""The network comes and goes: each event arrives, in the order of its transaction, and accepted ones but once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from simulators.mock_csms.replies import ErrorReply
from station.storage.outbox import Outbox
from tests.flows.house import CARD, House, is_whole, seq_nos, until
from tests.flows.machine.told import Delivery, deliveries

SOON = """"OCPPCommCtrlr.RetryBackOffWaitMinimum" = 1
"OCPPCommCtrlr.RetryBackOffRandomRange" = 0
"OCPPCommCtrlr.RetryBackOffRepeatTimes" = 1
"OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]" = 2
"SampledDataCtrlr.TxUpdatedInterval" = 5
"""
"""Who comes back finds the station soon, and a charging station has something to tell."""


@contextlib.asynccontextmanager
async def flapping(house: House, *, every_s: float, abruptly: bool = True) -> AsyncIterator[None]:
    """Cut the connection again and again."""

    async def flap() -> None:
        while True:
            await asyncio.sleep(every_s)
            if house.seen.connected:
                await house.csms.disconnect(house.seen.id, abruptly=abruptly)

    task = asyncio.create_task(flap(), name="flapping")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def told(house: House) -> Iterator[Delivery]:
    return deliveries(house.seen.messages)


async def all_told(house: House) -> None:
    await until(lambda: Outbox(house.database).size() == 0, "an empty outbox", seconds=900)


def check_order(house: House) -> None:
    """The first arrival of each event comes in the order of its numbers."""
    first: dict[str, list[int]] = {}
    for delivery in told(house):
        transaction_id, seq_no = delivery.key
        numbers = first.setdefault(transaction_id, [])
        if seq_no not in numbers:
            numbers.append(seq_no)
    assert all(numbers == list(range(len(numbers))) for numbers in first.values()), first


@pytest.mark.ocpp("E04.FR.01", "E04.FR.03", "E13.FR.01")
@pytest.mark.parametrize("abruptly", [True, False])
@pytest.mark.parametrize("every_s", [3.0, 11.0])
async def test_a_session_over_a_line_that_flaps(tmp_path: Path, every_s: float, abruptly: bool) -> None:
    async with House(tmp_path, variables=SOON) as house:
        house.plug()
        house.swipe()
        await house.power()
        async with flapping(house, every_s=every_s, abruptly=abruptly):
            await asyncio.sleep(90)
            house.swipe()
            await until(lambda: not house.contactor_closed, "the end")
            await asyncio.sleep(30)
        await all_told(house)
        [transaction] = house.csms.transactions.values()
        assert is_whole(transaction), transaction.problems
        assert transaction.problems == ()
        assert len(seq_nos(transaction)) >= 15
        check_order(house)


async def test_a_connection_that_is_lost_with_every_answer_lets_one_event_through_at_a_time(tmp_path: Path) -> None:
    async with House(tmp_path, variables=SOON) as house:
        transaction_id = await house.charge()
        await asyncio.sleep(20)
        house.csms.override(house.seen.id, "TransactionEvent", delay_s=0.5)
        async with flapping(house, every_s=1.7):
            house.swipe()
            await asyncio.sleep(120)
        house.csms.reset_override(house.seen.id, "TransactionEvent")
        await all_told(house)
        transaction = house.transaction(transaction_id)
        assert is_whole(transaction), transaction.problems
        check_order(house)


@pytest.mark.ocpp("E04.FR.03")
async def test_an_event_whose_answer_got_lost_comes_again_as_it_was(tmp_path: Path) -> None:
    async with House(tmp_path, variables=SOON) as house:
        transaction_id = await house.charge()
        house.csms.override(house.seen.id, "TransactionEvent", silent=True)
        known = len(house.transaction(transaction_id).events)
        await until(lambda: len(house.transaction(transaction_id).events) > known, "the next event")
        await house.csms.disconnect(house.seen.id, abruptly=True)
        house.csms.reset_override(house.seen.id, "TransactionEvent")
        house.swipe()
        transaction = await house.finished(transaction_id)
        await all_told(house)
        assert known in transaction.resent
        assert is_whole(transaction), transaction.problems
        accepted = [delivery.key for delivery in told(house) if delivery.accepted is not None]
        assert len(accepted) == len(set(accepted))


async def test_events_that_are_refused_keep_the_order_of_their_transaction_and_hold_up_no_other(
    tmp_path: Path,
) -> None:
    async with House(tmp_path, variables=SOON) as house:
        first = await house.charge()
        house.csms.override(
            house.seen.id,
            "TransactionEvent",
            error=ErrorReply("InternalError", "not now"),
            times=4,
            when={"transactionInfo": {"transactionId": first}},
        )
        house.swipe()
        await until(lambda: not house.contactor_closed, "the end")
        house.unplug()
        second = await house.charge()
        assert house.transaction(second).first("Started") is not None
        house.swipe()
        await house.finished(second)
        await all_told(house)
        assert house.transactions_whole() == [True, True]
        check_order(house)


@pytest.mark.ocpp("B04.FR.01", "B04.FR.02")
@pytest.mark.parametrize(("away_s", "tells"), [(5.0, False), (120.0, True)])
async def test_only_a_long_absence_has_every_status_told_again(tmp_path: Path, away_s: float, tells: bool) -> None:
    async with House(tmp_path, variables=SOON + '"OCPPCommCtrlr.OfflineThreshold" = 60') as house:
        await asyncio.sleep(5)
        before, connections = house.seen.messages.last, house.seen.connections
        await house.csms.go_away(abruptly=True)
        await asyncio.sleep(away_s)
        await house.csms.come_back()
        await until(lambda: house.seen.connected and house.seen.connections > connections, "the connection")
        await asyncio.sleep(10)
        statuses = [
            message
            for message in house.seen.messages.since(before)
            if message.action == "StatusNotification" and message.direction == "in"
        ]
        assert bool(statuses) is tells


async def test_a_line_that_flaps_while_the_daemon_dies_again_and_again_loses_nothing(tmp_path: Path) -> None:
    async with House(tmp_path, variables=SOON) as house:
        async with flapping(house, every_s=4.0):
            for _ in range(4):
                await until(lambda: not house.bench.evse(1).vehicle.at_station, "an empty socket")
                house.plug()
                await until(lambda: house.seen.connected, "a connection")
                house.swipe(CARD)
                await until(lambda: house.contactor_closed, "power")
                await asyncio.sleep(9)
                await house.kill()
                house.unplug()
                await house.start(wait=False)
                station = house.station
                assert station is not None
                await until(lambda: station.evse(1).session.awake, "a station awake")  # noqa: B023
                await asyncio.sleep(5)
        await until(lambda: all(one.ended for one in house.csms.transactions.values()), "the last end")
        await all_told(house)
        assert house.transactions_whole() == [True] * 4
        reasons = {transaction.stopped_reason for transaction in house.csms.transactions.values()}
        assert reasons == {"PowerLoss"}
        check_order(house)
