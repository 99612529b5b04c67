"""What is queued arrives: in order, until it is answered, and nothing waits for what cannot be delivered."""

import asyncio
import json

import pytest
from ocpp.v201 import call
from structlog.testing import capture_logs

from station.ocpp.outbox import BATCH, Attempts
from station.storage.database import Database
from tests.fakes_clock import START, FakeClock
from tests.ocpp.csms import SILENCE, Refusal
from tests.ocpp.mail import ACTION, Office, arrived


@pytest.fixture
def office(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Office(database)


@pytest.mark.ocpp("E04.FR.02", "E08.FR.06", "E11.FR.02", "E12.FR.02")
async def test_what_was_queued_is_sent_in_order_and_forgotten_when_it_is_answered(office):
    for body in range(BATCH + 5):
        office.put(body, transaction="t1")
    async with office.connected() as csms:
        await csms.hear(ACTION, BATCH + 5)
        await office.sender.wait_empty()
        assert arrived(csms) == [f"event-{body}" for body in range(BATCH + 5)]
    assert office.letters.answers == list(range(BATCH + 5))


async def test_what_is_queued_later_is_sent_when_it_comes(office):
    async with office.connected() as csms:
        await asyncio.sleep(100)
        office.put("late")
        await csms.hear(ACTION, within_s=0.1)


async def test_a_message_stays_queued_until_it_is_answered(office):
    office.put("a")
    async with office.connected() as csms:
        csms.answer(ACTION, SILENCE)
        await csms.hear(ACTION)
        assert office.store.size() == 1
    async with office.connected() as csms:
        await csms.hear(ACTION)
        await office.sender.wait_empty()


@pytest.mark.ocpp("E04.FR.03", "E11.FR.07")
async def test_what_is_still_queued_when_the_connection_goes_is_sent_as_offline(office):
    office.put("in-flight", transaction="t1")
    office.put("behind-it", transaction="t1")
    async with office.connected() as csms:
        csms.answer(ACTION, SILENCE)
        await csms.hear(ACTION)
        assert csms.of(ACTION)[0].get("techInfo") is None
    async with office.connected() as csms:
        await csms.hear(ACTION, 2)
        assert [payload.get("techInfo") for payload in csms.of(ACTION)] == ["offline", "offline"]


async def test_what_the_connection_was_lost_over_holds_up_nobody_the_next_time(office):
    office.put("poison", transaction="t1")
    office.put("behind it", transaction="t1")
    office.put("other", transaction="t2")
    async with office.connected() as csms:
        csms.answer(ACTION, SILENCE)
        await csms.hear(ACTION)
    async with office.connected() as csms:
        csms.answer(ACTION, {}, SILENCE)
        await csms.hear(ACTION, 2)
        assert arrived(csms) == ["event-other", "event-poison"]
    office.put("new", transaction="t3")
    async with office.connected() as csms:
        await office.sender.wait_empty()
        assert arrived(csms) == ["event-new", "event-poison", "event-behind it"]


async def test_a_message_that_ocpp_does_not_allow_is_a_dead_letter_and_is_not_sent(office):
    office.put("x" * 60)
    office.put("good")
    async with office.connected() as csms:
        await office.sender.wait_empty()
        assert arrived(csms) == ["event-good"]
    [letter] = office.store.dead_letters()
    assert "type must be shorter than or equal to 50 characters" in letter.reason


async def test_what_is_out_is_named_until_it_is_answered(office):
    row = office.put("a")
    assert office.sender.in_flight is None
    async with office.connected() as csms:
        csms.answer(ACTION, SILENCE)
        await csms.hear(ACTION)
        assert office.sender.in_flight == row
    assert office.sender.in_flight is None
    async with office.connected() as csms:
        await office.sender.wait_empty()
        assert office.sender.in_flight is None


async def test_what_is_dropped_while_another_is_under_way_is_not_sent(office):
    """It was read together with that one."""
    for body in "abc":
        office.put(body, transaction=body)
    dropped = office.store.head(3)[1].id
    async with office.connected() as csms:
        csms.answer(ACTION, SILENCE, {})
        await csms.hear(ACTION)
        office.store.drop([dropped])
        await office.sender.wait_empty()
        assert arrived(csms) == ["event-a", "event-c", "event-a"]
    assert office.store.dead_letters() == []


@pytest.mark.ocpp("E14.FR.05", "E14.FR.08")
async def test_what_was_answered_is_not_queued_any_more_although_the_next_one_waits_for_its_turn(office):
    office.put("a", transaction="t1")
    office.put("b", transaction="t2")
    async with office.connected() as csms:
        csms.answer("Heartbeat", SILENCE)
        other = asyncio.create_task(office.session.call(call.Heartbeat()))
        assert (office.sender.is_queued("t1"), office.sender.is_queued(None)) == (True, True)
        await csms.hear("Heartbeat")
        assert arrived(csms) == ["event-a"]
        assert office.store.size() == 2
        assert (office.sender.is_queued("t1"), office.sender.is_queued("t2")) == (False, True)
        assert office.store.size() == 1
        other.cancel()
    assert office.sender.is_queued("t3") is False


async def test_a_row_that_cannot_be_read_holds_up_nobody_and_is_kept(office):
    office.store.put("event", "{", created_at=START, offline=False)
    office.store.put("unknown", "1", created_at=START, offline=False)
    office.put("good")
    with capture_logs() as logs:
        async with office.connected() as csms:
            await csms.hear(ACTION)
            await office.sender.wait_empty()
            assert arrived(csms) == ["event-good"]
    assert [letter.message.kind for letter in office.store.dead_letters()] == ["event", "unknown"]
    assert [entry["event"] for entry in logs].count("message_unusable") == 2


@pytest.mark.ocpp("B01.FR.08")
async def test_nothing_is_sent_while_the_station_is_not_online(office):
    office.put("a")
    async with office.connected(online=lambda: False) as csms:
        await asyncio.sleep(100)
        assert csms.asked == []
    office.may_send = False
    async with office.connected() as csms:
        await asyncio.sleep(100)
        assert csms.asked == []
    [row] = office.store.head()
    assert row.attempts == 0


async def test_whoever_waits_for_an_empty_queue_is_told_when_the_last_message_is_done_with(office):
    await asyncio.wait_for(office.sender.wait_empty(), 1)
    office.attempts = Attempts(limit=1, interval_s=1)
    office.put("answered")
    office.put("given up")
    waiting = asyncio.create_task(office.sender.wait_empty())
    await asyncio.sleep(10)
    assert not waiting.done()
    async with office.connected() as csms:
        csms.answer(ACTION, {}, Refusal())
        await asyncio.wait_for(waiting, 5)


async def test_an_answered_message_is_removed_while_the_next_one_is_under_way(office):
    office.put("answered")
    office.put("under way")
    async with office.connected() as csms:
        csms.answer(ACTION, {}, SILENCE)
        await csms.hear(ACTION, 2)
        assert [json.loads(row.body) for row in office.store.head(5)] == ["under way"]


async def test_an_answered_message_is_removed_although_the_sender_is_ended(office):
    office.put("answered")
    async with office.connected() as csms:
        await csms.hear(ACTION)
        await office.sender.wait_empty()
    assert office.letters.answers == ["answered"]
    async with office.connected() as csms:
        await asyncio.sleep(100)
        assert arrived(csms) == []


async def test_a_message_that_was_delivered_is_no_dead_letter_whatever_its_answer_does(office, monkeypatch):
    def fail(body, answer):
        raise ValueError("unreadable answer")

    monkeypatch.setattr(office.letters, "answered", fail)
    office.put("delivered")
    async with office.connected() as csms:
        await csms.hear(ACTION)
        await office.sender.wait_empty()
    assert office.store.dead_letters() == []
