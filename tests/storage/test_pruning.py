"""What is old goes only if the CSMS has all of it; everything else stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from station.errors import StorageError
from station.storage.database import Database, text_of
from station.storage.outbox import Outbox
from station.storage.pruning import BATCH, due, ended, held
from station.storage.receipts import Receipts, sha256_of
from station.storage.sessions import Sessions
from tests.fakes_clock import START, FakeClock
from tests.storage.test_receipts import BEGIN, CARD, END, plain

CUTOFF = START + timedelta(days=30)


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.fixture
def receipts(database):
    return Receipts(database)


def add(receipts, name, number, *, end=START, sent=(True, True)):
    """A transaction with a begin and an end of its own; `sent` tells which of them the CSMS has."""
    receipts.begin(name, evse_id=1, token=CARD, started_at=START)
    for record, offset, is_sent in ((BEGIN, 0, sent[0]), (END, 1, sent[1])):
        mine = replace(record, ocmf=record.ocmf + name.encode(), pagination=2 * number + offset)
        receipts.add_record(name, mine, at=START)
        if is_sent:
            receipts.mark_sent(mine.ocmf, START)
    if end:
        receipts.finish(name, ended_at=end, stopped_reason="Local")


def left(receipts):
    return [receipt.id for receipt in receipts.list()]


def test_what_is_old_and_sent_goes_with_its_records(database, receipts):
    add(receipts, "t1", 1)
    assert receipts.prune(CUTOFF) == 1
    assert receipts.prune(CUTOFF) == 0
    for table in ("transactions", "records", "sent_records"):
        assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_what_ended_later_stays(receipts):
    add(receipts, "old", 1, end=CUTOFF - timedelta(microseconds=1))
    add(receipts, "new", 2, end=CUTOFF)
    assert receipts.prune(CUTOFF) == 1
    assert left(receipts) == ["new"]


def test_what_runs_stays_however_long_ago_it_began(receipts):
    add(receipts, "runs", 1, end=None)
    assert receipts.prune(CUTOFF) == 0
    assert left(receipts) == ["runs"]


@pytest.mark.parametrize("sent", [(True, False), (False, True), (False, False)])
def test_what_the_csms_has_only_in_part_stays_as_a_whole(receipts, sent):
    add(receipts, "t1", 1, sent=sent)
    assert receipts.prune(CUTOFF) == 0
    assert len(receipts.get("t1").records) == 2


def test_what_the_csms_was_told_without_signatures_stays_until_it_is_waived(database, receipts):
    """These signatures are nowhere else; that they are in nobody's way does not make them worthless."""
    add(receipts, "signed", 1)
    add(receipts, "plain", 2, sent=(True, False))
    receipts.mark_told("plain", plain(END), START)
    add(receipts, "young", 3, end=CUTOFF, sent=(False, False))
    assert (due(database, CUTOFF), held(database, CUTOFF), receipts.held(CUTOFF)) == ([1], [2], 1)
    assert (receipts.prune(CUTOFF), left(receipts)) == (1, ["plain", "young"])
    assert (receipts.waive(CUTOFF, at=CUTOFF), receipts.waive(CUTOFF, at=CUTOFF)) == (1, 0)
    assert left(receipts) == ["young"]


def test_what_was_waived_is_remembered(database, receipts):
    add(receipts, "t1", 1, sent=(True, False))
    waived = receipts.get("t1").records[1]
    receipts.waive(CUTOFF, at=CUTOFF)
    assert database.execute("SELECT * FROM waived_records").fetchall() == [(sha256_of(waived.ocmf), text_of(CUTOFF))]
    assert [pagination for _, pagination in receipts.counters()] == [2, 3]


@pytest.mark.parametrize("buried", [True, False])
def test_nobody_waives_what_the_csms_may_still_get(database, receipts, buried):
    add(receipts, "waits", 1, sent=(False, False))
    message = Outbox(database).put("TransactionEvent", "{}", created_at=START, offline=False, transaction_id="waits")
    if buried:
        Outbox(database).bury(message, "InternalError", START)
    add(receipts, "owed", 2, sent=(True, False))
    Sessions(database).save(1, '{"evse_id":1,"owed":"owed"}')
    add(receipts, "runs", 3, end=None, sent=(False, False))
    assert (receipts.held(CUTOFF), receipts.waive(CUTOFF, at=CUTOFF)) == (0, 0)
    assert left(receipts) == ["waits", "owed", "runs"]


@pytest.mark.parametrize("buried", [True, False])
def test_what_has_a_message_that_waits_or_was_given_up_stays(database, receipts, buried):
    add(receipts, "waits", 1)
    add(receipts, "done", 2)
    outbox = Outbox(database)
    message = outbox.put("TransactionEvent", "{}", created_at=START, offline=False, transaction_id="waits")
    if buried:
        outbox.bury(message, "InternalError", START)
    assert receipts.prune(CUTOFF) == 1
    assert left(receipts) == ["waits"]


def test_what_an_evse_still_waits_to_have_signed_stays(database, receipts):
    """Else the end that comes at last would find no transaction."""
    add(receipts, "owed", 1)
    add(receipts, "done", 2)
    Sessions(database).save(1, '{"evse_id":1,"owed":"owed"}')
    assert receipts.prune(CUTOFF) == 1
    assert left(receipts) == ["owed"]


def test_many_go_in_several_short_commits(database, receipts):
    with database.transaction():
        for number in range(BATCH + 1):
            add(receipts, f"t{number}", number)
    assert (receipts.prune(CUTOFF), receipts.prune(CUTOFF), receipts.prune(CUTOFF)) == (BATCH, 1, 0)


def test_a_commit_that_fails_deletes_nothing(database, receipts):
    add(receipts, "t1", 1)
    add(receipts, "t2", 2)
    database.execute(
        "CREATE TRIGGER full BEFORE DELETE ON transactions WHEN old.id = 't2' BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    with pytest.raises(StorageError, match="full"):
        receipts.prune(CUTOFF)
    assert [len(receipt.records) for receipt in receipts.list()] == [2, 2]
    assert receipts.get("t1").kept[0].sent_at == START


def test_what_would_go_and_what_is_old_are_told_without_deleting(database, receipts):
    add(receipts, "t1", 1)
    add(receipts, "t2", 2, sent=(True, False))
    add(receipts, "t3", 3, end=CUTOFF)
    assert due(database, CUTOFF) == [1]
    assert ended(database, CUTOFF) == 2
    assert len(left(receipts)) == 3


def test_a_number_is_never_used_again(receipts):
    add(receipts, "t1", 1)
    receipts.prune(CUTOFF)
    receipts.begin("t2", evse_id=1, token=None, started_at=START)
    assert receipts.get("t2").number == 2


def test_what_was_deleted_is_not_taken_for_what_never_came(receipts):
    for number, name in enumerate(("a", "b", "c")):
        add(receipts, name, number, sent=(True, name == "b"))
    assert receipts.prune(CUTOFF) == 1
    assert left(receipts) == ["a", "c"]
    assert [pagination for _, pagination in receipts.counters()] == [0, 1, 2, 3, 4, 5]


def test_a_gap_is_noticed_also_if_all_records_before_it_were_deleted(receipts):
    add(receipts, "a", 1)
    receipts.prune(CUTOFF)
    assert receipts.missing_before(replace(BEGIN, pagination=6)) == 2
