"""What is queued arrives: in order, until it is answered, and nothing waits for what cannot be delivered."""

import asyncio
import contextlib
import itertools
import json
from dataclasses import replace

import pytest
from ocpp.v201 import call
from structlog.testing import capture_logs

from station.ocpp.outbox import ASK_AGAIN_S, BATCH, Attempts, OutboxSender
from station.ocpp.router import Router
from station.ocpp.rpc_errors import NotPermitted
from station.ocpp.session import RpcSession
from station.storage.database import Database
from station.storage.outbox import Outbox
from tests.fakes_clock import START, FakeClock
from tests.ocpp.csms import SILENCE, Refusal, talking

TIMEOUT_S = 30.0
ACTION = "SecurityEventNotification"


class Letters:
    """A postman whose messages show what is queued."""

    action = ACTION
    never_given_up = False

    def __init__(self):
        self.answers = []

    def encode(self, row, body):
        return call.SecurityEventNotification(
            type=f"{row.kind}-{body}", timestamp="2026-12-01T12:00:00Z", tech_info="offline" if row.offline else None
        )

    def answered(self, body, answer):
        self.answers.append(body)


class Alarms(Letters):
    """A postman who must not give up."""

    never_given_up = True


class Office:
    """A queue with its sender and session."""

    def __init__(self, database):
        self.store = Outbox(database)
        self.letters = Letters()
        self.mail = asyncio.Event()
        self.attempts = Attempts(limit=3, interval_s=60.0)
        self.silences = 0
        self.looks = 0
        self.may_send = True
        self.session = RpcSession(Router(), timeout_s=lambda: TIMEOUT_S, outgoing_gate=self._gate)
        self.sender = OutboxSender(
            self.store,
            self.session,
            postmen={"event": self.letters, "other": self.letters, "alarm": Alarms()},
            attempts=lambda: self.attempts,
            mail=self.mail,
            now=FakeClock().now,
            on_silent=self._fall_silent,
        )

    def _gate(self, action):
        if not self.may_send:
            raise NotPermitted(action)

    def _fall_silent(self):
        self.silences += 1

    def count_looks(self):
        """Count from now on how often somebody looks into the queue."""
        head, self.looks = self.store.head, 0

        def counted(*arguments, **options):
            self.looks += 1
            assert self.looks < 1000, "the sender runs hot"
            return head(*arguments, **options)

        self.store.head = counted

    def put(self, body, *, kind="event", transaction=None, offline=False):
        row = self.store.put(
            kind, json.dumps(body), created_at=START, offline=offline, transaction_id=transaction, seq_no=0
        )
        self.mail.set()
        return row

    @contextlib.asynccontextmanager
    async def connected(self, *, online=lambda: True):
        async with talking(self.session) as csms:
            sending = asyncio.create_task(self.sender.run(online))
            try:
                yield csms
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        self.sender.went_offline()


def arrived(csms):
    return [payload["type"] for payload in csms.of(ACTION)]


def seconds():
    return asyncio.get_running_loop().time()


@pytest.fixture
def office(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Office(database)


@pytest.mark.ocpp("E04.FR.02", "E11.FR.02", "E12.FR.02")
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


async def test_a_message_that_ocpp_does_not_allow_is_a_dead_letter_and_is_not_sent(office):
    office.put("x" * 60)
    office.put("good")
    async with office.connected() as csms:
        await office.sender.wait_empty()
        assert arrived(csms) == ["event-good"]
    [letter] = office.store.dead_letters()
    assert "type must be shorter than or equal to 50 characters" in letter.reason


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


@pytest.mark.ocpp("A04.FR.02")
async def test_what_must_arrive_is_tried_for_ever(office):
    office.put(1, kind="alarm")
    async with office.connected() as csms:
        csms.answer(ACTION, *([Refusal()] * 10), {})
        await csms.hear(ACTION, 11, within_s=3600.0)
        await asyncio.sleep(1)
    assert (office.store.size(), office.store.dead_letters()) == (0, [])
