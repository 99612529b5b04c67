"""Somebody sets a clock while all goes on: durations are not touched, numbers stay whole, signatures stay valid."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.storage.outbox import Outbox
from tests.flows.house import is_whole, until
from tests.flows.machine.site import ANNA, BERT, SOCKET, Site, Variable

STEPS = pytest.mark.parametrize("seconds", [-7200.0, -40.0, 40.0, 7200.0, 40 * 86400.0])
OWN_TIME = Variable("ClockCtrlr.TimeSource", "RealTimeClock")
"""The CSMS does not put right what somebody did to the clock."""


@contextlib.asynccontextmanager
async def site(folder: Path, *variables: Variable) -> AsyncIterator[Site]:
    """A station that has told that both outlets are Available."""
    async with Site(folder) as made:
        await until(lambda: made.seen.connectors == {(1, 1): "Available", (2, 1): "Available"}, "a station")
        assert await made.set(OWN_TIME, *variables) == ["Accepted"] * (1 + len(variables))
        yield made


async def charging(made: Site, card: str = ANNA) -> str:
    made.outlet(SOCKET).plug()
    await asyncio.sleep(1)
    made.swipe(card)
    await made.power()
    event = await made.event(state="Charging")
    return str(event["transactionInfo"]["transactionId"])


def clocks(events: Any) -> list[datetime]:
    return [event.timestamp for event in events]


@STEPS
async def test_a_clock_that_is_set_during_a_session_costs_nothing(tmp_path: Path, seconds: float) -> None:
    async with site(tmp_path, Variable("SampledDataCtrlr.TxUpdatedInterval", "10")) as made:
        transaction_id = await charging(made)
        await asyncio.sleep(30)
        made.clock.step(seconds)
        await asyncio.sleep(60)
        made.swipe(ANNA)
        transaction = await made.finished(transaction_id)
        assert is_whole(transaction), transaction.problems
        periodic = [event for event in transaction.events if event.payload["triggerReason"] == "MeterValuePeriodic"]
        # The interval is a duration: nobody's clock makes it longer, or has samples made up for.
        assert 7 <= len(periodic) <= 10
        # The meter's clock is left alone while it measures: what was signed is in order.
        begin, end = transaction.begin, transaction.end
        assert begin is not None
        assert end is not None
        assert begin.record is not None
        assert end.record is not None
        assert timedelta(0) < end.record.taken_at - begin.record.taken_at < timedelta(seconds=150)
        assert {problem for problem in transaction.problems if "earlier timestamp" not in problem} == set()


@STEPS
async def test_a_driver_who_fetches_the_cable_has_his_time_whatever_the_clock_does(
    tmp_path: Path, seconds: float
) -> None:
    async with site(tmp_path, Variable("TxCtrlr.EVConnectionTimeOut", "60")) as made:
        made.outlet(SOCKET).plug("station")
        await asyncio.sleep(1)
        await made.call(
            "RequestStartTransaction", idToken={"idToken": ANNA, "type": "ISO14443"}, remoteStartId=1, evseId=1
        )
        await asyncio.sleep(20)
        made.clock.step(seconds)
        await asyncio.sleep(20)
        made.outlet(SOCKET).plug()
        await made.power()


async def test_a_driver_who_brought_no_cable_is_forgotten_in_time_though_the_clock_went_back(tmp_path: Path) -> None:
    async with site(tmp_path, Variable("TxCtrlr.EVConnectionTimeOut", "30")) as made:
        await made.call(
            "RequestStartTransaction", idToken={"idToken": ANNA, "type": "ISO14443"}, remoteStartId=1, evseId=1
        )
        made.clock.step(-3600)
        await asyncio.sleep(40)
        made.outlet(SOCKET).plug()
        await asyncio.sleep(30)
        assert not made.contactor_closed


@pytest.mark.ocpp("J01.FR.01")
@pytest.mark.parametrize("seconds", [-3605.0, -25.0, 25.0, 3605.0])
async def test_clock_aligned_values_follow_the_clock_that_was_set(tmp_path: Path, seconds: float) -> None:
    async with site(tmp_path, Variable("AlignedDataCtrlr.Interval", "60")) as made:
        await asyncio.sleep(150)
        made.clock.step(seconds)
        await asyncio.sleep(30)  # it is looked after the clock every few seconds
        before = len(made.seen.received("MeterValues"))
        await asyncio.sleep(300)
        values = [values for values in made.seen.received("MeterValues")[before:] if values["evseId"] == 1]
        taken = [datetime.fromisoformat(values["meterValue"][0]["timestamp"]) for values in values]
        assert 4 <= len(taken) <= 6
        assert all(at.second < 5 or at.second >= 59 for at in taken), taken


@pytest.mark.parametrize("seconds", [-86400.0, 86400.0])
async def test_what_waits_to_be_sent_is_sent_when_it_is_due_whatever_the_clock_says(
    tmp_path: Path, seconds: float
) -> None:
    async with site(tmp_path) as made:
        transaction_id = await charging(made)
        await made.csms.go_away()
        await asyncio.sleep(30)
        made.swipe(ANNA)
        await until(lambda: not made.contactor_closed, "the end")
        made.clock.step(seconds)
        await made.kill()
        await made.start(wait=False)
        await asyncio.sleep(30)
        await made.csms.come_back()
        transaction = await made.finished(transaction_id)
        await until(lambda: Outbox(made.database).size() == 0, "an empty outbox")
        assert is_whole(transaction), transaction.problems


async def test_a_meter_that_lost_its_power_is_given_the_time_before_the_end_is_signed(tmp_path: Path) -> None:
    async with site(tmp_path) as made:
        transaction_id = await charging(made)
        await asyncio.sleep(20)
        made.outlet(SOCKET).fault("meter_power_cycle", on=True)
        await asyncio.sleep(20)  # long enough to be missed
        made.outlet(SOCKET).fault("meter_power_cycle", on=False)
        await asyncio.sleep(60)
        made.swipe(ANNA)
        transaction = await made.finished(transaction_id)
        assert is_whole(transaction)
        assert not [problem for problem in transaction.problems if "clock was not set" in problem]


async def test_the_next_session_after_a_clock_that_was_set_is_as_any_other(tmp_path: Path) -> None:
    async with site(tmp_path) as made:
        first = await charging(made)
        made.clock.step(-7200)
        made.swipe(ANNA)
        await made.finished(first)
        made.outlet(SOCKET).unplug()
        await until(lambda: made.seen.connectors[1, 1] == "Available", "an empty socket")
        made.clock.step(3 * 86400)
        await asyncio.sleep(60)
        known = set(made.csms.transactions)
        made.outlet(SOCKET).plug()
        await asyncio.sleep(1)
        made.swipe(BERT)
        await made.power()
        made.swipe(BERT)
        await until(lambda: len(made.csms.transactions) > len(known), "the next transaction")
        [second] = set(made.csms.transactions) - known
        transaction = await made.finished(second)
        assert is_whole(transaction)
        assert transaction.problems == ()
