"""A message that the CSMS refuses or does not answer is tried again, later and later, and given up at last (E13)."""

import asyncio
import itertools
import json
from dataclasses import replace

import pytest

from station.ocpp.outbox import ASK_AGAIN_S, BATCH
from station.storage.database import Database
from tests.fakes_clock import FakeClock
from tests.ocpp.csms import SILENCE, Refusal
from tests.ocpp.mail import ACTION, Office, arrived, seconds


@pytest.fixture
def office(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Office(database)


@pytest.mark.ocpp("E13.FR.02", "E13.FR.03")
async def test_a_message_that_is_refused_is_tried_again_after_longer_and_longer_waits(office):
    office.put("a", transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal(), Refusal(), {})
        times = []
        for attempt in (1, 2, 3):
            await csms.hear(ACTION, attempt)
            times.append(seconds())
        assert [round(later - earlier) for earlier, later in itertools.pairwise(times)] == [60, 120]
        await office.sender.wait_empty()
    assert office.store.dead_letters() == []
    assert office.letters.answers == ["a"]


@pytest.mark.ocpp("E13.FR.04")
@pytest.mark.parametrize("answer", [Refusal(), SILENCE, {"foreign": 1}])
async def test_after_the_last_attempt_a_message_is_given_up_and_the_next_one_follows(office, answer):
    office.put("bad", transaction="t1")
    office.put("good", transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, answer, answer, answer, {})
        await csms.hear(ACTION, 4, within_s=600)
        assert arrived(csms) == ["event-bad"] * 3 + ["event-good"]
        await office.sender.wait_empty()
    [letter] = office.store.dead_letters()
    assert (json.loads(letter.message.body), letter.message.attempts) == ("bad", 2)
    assert letter.reason
    assert letter.message.transaction_id == "t1"


@pytest.mark.ocpp("E13.FR.01", "E13.FR.04")
async def test_one_attempt_means_one_attempt(office):
    office.attempts = replace(office.attempts, limit=1)
    office.put("a")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal())
        await csms.hear(ACTION)
        await office.sender.wait_empty()
        await asyncio.sleep(1000)
        assert len(csms.asked) == 1
    assert len(office.store.dead_letters()) == 1


async def test_a_long_queue_that_waits_for_a_retry_is_not_read_again_with_each_message(office):
    with office.store.together():
        for number in range(10 * BATCH):
            office.put(str(number), transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal(), {})
        await csms.hear(ACTION)
        await asyncio.sleep(1)
        office.count_looks()
        for number in range(5):
            office.put(str(number), transaction="t2")
            await csms.hear(ACTION, 2 + number, within_s=1)
            await asyncio.sleep(1)
        assert office.looks <= 4 * 5


@pytest.mark.ocpp("E13.FR.03")
async def test_while_one_transaction_waits_for_its_retry_the_others_go_on(office):
    office.put("1a", transaction="t1")
    office.put("1b", transaction="t1")
    office.put("2a", transaction="t2")
    office.put("x", kind="other")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal(), {})
        await csms.hear(ACTION, 3)
        assert arrived(csms) == ["event-1a", "event-2a", "other-x"]
        office.put("2b", transaction="t2")
        await csms.hear(ACTION, 4, within_s=1)
        await csms.hear(ACTION, 6)
        assert arrived(csms)[3:] == ["event-2b", "event-1a", "event-1b"]


async def test_a_transaction_keeps_its_order_even_if_retries_follow_at_once(office):
    office.attempts = replace(office.attempts, interval_s=0)
    for body in "abc":
        office.put(body, transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal(), {})
        await office.sender.wait_empty()
        assert arrived(csms) == ["event-a", "event-a", "event-b", "event-c"]


async def test_a_retry_that_is_due_does_not_keep_the_station_busy(office):
    office.put("a", transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal(), Refusal(), {})
        await csms.hear(ACTION, 3)
        await office.sender.wait_empty()
        office.count_looks()
        await asyncio.sleep(3600)
    assert office.looks <= 2


@pytest.mark.parametrize("hindrance", ["gate", "offline"])
async def test_retries_that_are_due_while_nothing_may_be_sent_do_not_keep_the_station_busy(office, hindrance):
    """Two lanes wait; when the second one is due the first one is still held up."""
    online = True
    office.put("1a", transaction="t1")
    office.put("2a", transaction="t2")
    async with office.connected(online=lambda: online) as csms:
        csms.answer(ACTION, Refusal(), Refusal(), {})
        await csms.hear(ACTION, 2)
        online, office.may_send = hindrance == "gate", hindrance != "gate"
        office.count_looks()
        await asyncio.sleep(3600)
        assert office.looks <= 3600 / ASK_AGAIN_S + 5
        assert len(csms.asked) == 2
        online = office.may_send = True
        await office.sender.wait_empty()
        assert arrived(csms)[2:] == ["event-1a", "event-2a"]


async def test_a_lane_that_nobody_waits_in_any_more_does_not_keep_the_station_busy(office):
    office.put("gone", transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal())
        await csms.hear(ACTION)
        await asyncio.sleep(1)
        office.store.remove(office.store.head()[0].id)
        office.count_looks()
        await asyncio.sleep(3600)
    assert office.looks <= 2


async def test_a_csms_that_answers_nothing_at_all_costs_no_attempts_and_is_told(office):
    office.put("a", transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, SILENCE)
        csms.answer("Heartbeat", SILENCE)
        await csms.hear(ACTION, 4, within_s=600)
    assert office.silences == 3
    [row] = office.store.head()
    assert row.attempts == 0
    async with office.connected() as csms:
        await office.sender.wait_empty()


@pytest.mark.ocpp("E13.FR.02")
@pytest.mark.parametrize("beat", [{"currentTime": "2026-12-01T12:00:00Z"}, Refusal()])
async def test_a_csms_that_answers_something_else_has_failed_to_process_the_message(office, beat):
    office.put("a", transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, SILENCE)
        csms.answer("Heartbeat", beat)
        await csms.hear("Heartbeat")
        await asyncio.sleep(1)
    [row] = office.store.head()
    assert (row.attempts, office.silences) == (1, 0)


async def test_time_offline_costs_no_attempts(office):
    office.put("a")
    for _ in range(5):
        async with office.connected() as csms:
            csms.answer(ACTION, SILENCE)
            await csms.hear(ACTION)
    [row] = office.store.head()
    assert row.attempts == 0


async def test_attempts_are_remembered_over_a_restart(office):
    office.put("a")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal())
        await csms.hear(ACTION)
        await asyncio.sleep(1)
    [row] = office.store.head()
    assert row.attempts == 1


@pytest.mark.ocpp("E13.FR.03")
async def test_a_wait_for_the_next_attempt_goes_on_after_a_restart(office):
    office.put("a", transaction="t1")
    office.put("b", transaction="t1")
    office.put("other", transaction="t2")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal(), {})
        await csms.hear(ACTION, 2)
        await asyncio.sleep(1)
    office.restart(after_s=19)
    async with office.connected() as csms:
        begun = seconds()
        await csms.hear(ACTION, 1)
        assert round(seconds() - begun) == 40
        await office.sender.wait_empty()
        assert arrived(csms) == ["event-a", "event-b"]


@pytest.mark.ocpp("E13.FR.03")
@pytest.mark.parametrize(("after_s", "waits_s"), [(-86400, 60), (86400, 0)])
async def test_a_clock_that_was_set_makes_nobody_wait_longer_than_the_interval(office, after_s, waits_s):
    office.put("a", transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, Refusal())
        await csms.hear(ACTION)
        await asyncio.sleep(1)
    office.restart(after_s=after_s)
    async with office.connected() as csms:
        begun = seconds()
        await csms.hear(ACTION)
        assert round(seconds() - begun) == waits_s


@pytest.mark.ocpp("A04.FR.02")
async def test_what_must_arrive_is_tried_for_ever(office):
    office.put(1, kind="alarm")
    async with office.connected() as csms:
        csms.answer(ACTION, *([Refusal()] * 10), {})
        await csms.hear(ACTION, 11, within_s=3600.0)
        await asyncio.sleep(1)
    assert (office.store.size(), office.store.dead_letters()) == (0, [])
