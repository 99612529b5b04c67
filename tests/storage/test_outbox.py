"""Messages stay in order until they are answered or given up, and nothing is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from station.errors import StorageError
from station.storage.database import Database
from station.storage.outbox import DeadLetter, Outbox, Queued
from tests.fakes_clock import START, FakeClock

LATER = START + timedelta(minutes=1)


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.fixture
def outbox(database):
    return Outbox(database)


def put(outbox, number, *, transaction_id="t1", offline=False):
    return outbox.put(
        "TransactionEvent",
        f'{{"n":{number}}}',
        transaction_id=transaction_id,
        seq_no=number,
        created_at=START + timedelta(seconds=number),
        offline=offline,
    )


def test_a_message_comes_back_as_it_was_put(outbox):
    message_id = put(outbox, 3, offline=True)
    assert outbox.head() == [
        Queued(message_id, "TransactionEvent", '{"n":3}', "t1", 3, START + timedelta(seconds=3), 0, offline=True)
    ]


def test_a_message_need_not_belong_to_a_transaction(outbox):
    outbox.put("NotifyEvent", "{}", created_at=START, offline=False)
    assert (outbox.head()[0].transaction_id, outbox.head()[0].seq_no) == (None, None)


def test_the_oldest_messages_come_first(outbox):
    for number in range(5):
        put(outbox, number)
    assert [message.seq_no for message in outbox.head(3)] == [0, 1, 2]
    outbox.remove(outbox.head()[0].id)
    assert [message.seq_no for message in outbox.head(10)] == [1, 2, 3, 4]


def test_messages_of_a_transaction_or_a_kind_can_be_left_out(outbox):
    put(outbox, 0)
    put(outbox, 1, transaction_id="t2")
    outbox.put("NotifyEvent", "{}", created_at=START, offline=False)
    assert [message.transaction_id for message in outbox.head(9, without=("t1",))] == ["t2", None]
    assert [message.seq_no for message in outbox.head(9, without=("NotifyEvent", "t2"))] == [0]
    assert outbox.head(9, without=("t1", "t2", "NotifyEvent")) == []


def test_the_messages_of_one_transaction_are_found_in_their_order(outbox):
    put(outbox, 0)
    put(outbox, 7, transaction_id="t2")
    put(outbox, 1)
    assert [message.seq_no for message in outbox.of_transaction("t1")] == [0, 1]
    assert outbox.of_transaction("t3") == []


def test_a_message_that_waits_may_say_something_else_in_the_same_place(outbox):
    first, second = put(outbox, 0), put(outbox, 1)
    outbox.rewrite(first, '{"n":9}')
    assert (outbox.body_of(first), outbox.body_of(second)) == ('{"n":9}', '{"n":1}')
    assert [(message.id, message.seq_no) for message in outbox.head(2)] == [(first, 0), (second, 1)]


def test_a_message_that_does_not_wait_says_nothing_and_is_not_rewritten(outbox):
    gone = put(outbox, 0)
    outbox.remove(gone)
    outbox.rewrite(gone, "{}")
    assert outbox.body_of(gone) is None
    assert outbox.size() == 0


def test_an_id_is_never_used_again(outbox):
    first = put(outbox, 0)
    outbox.remove(first)
    assert put(outbox, 1) > first


def test_removing_what_is_gone_is_no_error(outbox):
    outbox.remove(7)


def test_attempts_are_counted_for_each_message(outbox):
    first, _ = put(outbox, 0), put(outbox, 1)
    outbox.count_attempt(first, not_before=START)
    outbox.count_attempt(first, not_before=LATER)
    assert [message.attempts for message in outbox.head(2)] == [2, 0]


def test_until_when_a_message_waits_is_kept_with_it(outbox):
    first, second = put(outbox, 0), put(outbox, 1)
    put(outbox, 2)
    outbox.count_attempt(second, not_before=START)
    outbox.count_attempt(first, not_before=LATER)
    assert [(message.id, message.attempts, until) for message, until in outbox.delayed()] == [
        (first, 1, LATER),
        (second, 1, START),
    ]


def test_a_letter_that_was_revived_waits_for_nothing(outbox):
    message_id = put(outbox, 0)
    outbox.count_attempt(message_id, not_before=LATER)
    outbox.bury(message_id, "InternalError", START)
    outbox.revive(message_id)
    assert outbox.delayed() == []


def test_messages_that_will_not_be_sent_go_together(database, outbox):
    ids = [put(outbox, number) for number in range(4)]
    outbox.drop(ids[::2])
    assert [message.seq_no for message in outbox.head(4)] == [1, 3]
    database.execute("CREATE TRIGGER full BEFORE DELETE ON outbox WHEN old.seq_no = 3"
                     " BEGIN SELECT RAISE(ABORT, 'full'); END")  # fmt: skip
    with pytest.raises(StorageError, match="full"):
        outbox.drop(ids)
    assert [message.seq_no for message in outbox.head(4)] == [1, 3]


@pytest.mark.ocpp("E04.FR.03")
def test_all_that_waits_is_marked_when_the_station_goes_offline(outbox):
    put(outbox, 0)
    put(outbox, 1, offline=True)
    outbox.mark_all_offline()
    put(outbox, 2)
    assert [message.offline for message in outbox.head(3)] == [True, True, False]


def test_a_message_that_is_given_up_is_kept_with_the_reason(outbox):
    message_id = put(outbox, 0)
    outbox.count_attempt(message_id, not_before=START)
    message = outbox.head()[0]
    outbox.bury(message_id, "InternalError", START)
    assert outbox.size() == 0
    assert outbox.dead_letters() == [DeadLetter(message, "InternalError", START)]


def test_burying_what_is_gone_is_no_error(outbox):
    outbox.bury(7, "gone", START)
    assert outbox.dead_letters() == []


def test_what_waits_is_counted_for_each_transaction(outbox):
    put(outbox, 0)
    put(outbox, 1)
    put(outbox, 0, transaction_id="t2")
    outbox.put("NotifyEvent", "{}", created_at=START, offline=False)
    assert (outbox.pending_of("t1"), outbox.pending_of("t2"), outbox.pending_of("t3")) == (2, 1, 0)
    assert (outbox.pending_of(None), outbox.size()) == (3, 4)


def test_a_message_that_stands_in_a_transaction_is_put_or_not_with_the_rest_of_it(database, outbox):
    def put_and_fail():
        with database.transaction():
            put(outbox, 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_and_fail()
    assert outbox.size() == 0


def test_the_queue_is_the_same_after_a_restart(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        put(Outbox(database), 0)
        put(Outbox(database), 1)
        before = Outbox(database).head(10)
    with Database.open(tmp_path, FakeClock()) as database:
        assert Outbox(database).head(10) == before


def test_a_long_queue_is_drained_with_the_head_found_at_once(outbox, database):
    """The head is the first row of the primary key: no scan, no sorting."""
    plan = database.execute("EXPLAIN QUERY PLAN SELECT id, body FROM outbox ORDER BY id LIMIT 1").fetchall()
    assert [row[3] for row in plan] == ["SCAN outbox"]
    with database.transaction():
        for number in range(200):
            put(outbox, number)
    drained = []
    while head := outbox.head():
        drained.append(head[0].seq_no)
        outbox.remove(head[0].id)
    assert drained == list(range(200))


def test_a_dead_letter_is_found_by_the_number_that_it_had(outbox):
    put(outbox, 0)
    message_id = put(outbox, 1)
    outbox.bury(message_id, "InternalError", START)
    [letter] = outbox.dead_letters()
    assert outbox.dead_letter(message_id) == letter
    assert outbox.dead_letter(message_id + 1) is None
    assert outbox.dead_count() == 1


def test_a_dead_letter_that_is_revived_waits_late_in_its_old_place_with_all_its_attempts(outbox):
    first, second = put(outbox, 0), put(outbox, 1)
    outbox.count_attempt(first, not_before=START)
    before = outbox.head()[0]
    outbox.bury(first, "InternalError", START)
    outbox.revive(first)
    outbox.revive(first)
    outbox.revive(99)
    assert [message.id for message in outbox.head(9)] == [first, second]
    assert outbox.head()[0] == replace(before, attempts=0, offline=True)
    assert outbox.dead_letters() == []


def test_a_dead_letter_can_be_forgotten(outbox):
    for number in range(2):
        outbox.bury(put(outbox, number), "InternalError", START)
    outbox.forget(outbox.dead_letters()[0].message.id)
    outbox.forget(99)
    assert [letter.message.seq_no for letter in outbox.dead_letters()] == [1]
