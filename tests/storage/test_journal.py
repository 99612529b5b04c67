"""A step is written down as a whole, before anything is done about it."""

import dataclasses
import json
from datetime import timedelta

import pytest
from ocpp.v201.enums import (
    ReadingContextEnumType,
    ReasonEnumType,
    TransactionEventEnumType,
    TriggerReasonEnumType,
)

from station.core import samples
from station.core.documents import from_document, to_document
from station.core.effects import AmendEnded, CloseReceipt, KeepRecord, OpenReceipt, Raise, Report, SetAside
from station.core.reports import Alert, TransactionReport
from station.core.session import Session
from station.errors import StorageError
from station.storage.database import Database
from station.storage.journal import NOTIFY_EVENT, TRANSACTION_EVENT, Journal
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts
from station.storage.sessions import Sessions
from tests.fakes_clock import START, FakeClock
from tests.storage.test_receipts import BEGIN, CARD, END, REQUEST

REPORT = TransactionReport(
    event=TransactionEventEnumType.started,
    transaction_id="t1",
    seq_no=0,
    happened_at=START,
    trigger=TriggerReasonEnumType.authorized,
)
ALERT = Alert("FiscalMetering", 1, active=True, happened_at=START, tech_code="MeterSilent")
EFFECTS = [
    OpenReceipt("t1", CARD, START, REQUEST),
    KeepRecord("t1", BEGIN),
    Report(REPORT),
    Raise(ALERT),
    KeepRecord("t1", END),
    CloseReceipt("t1", START + timedelta(hours=1), ReasonEnumType.local),
]
ENDED = dataclasses.replace(REPORT, event=TransactionEventEnumType.ended, seq_no=1)
SIGNED_END = samples.of_record(END, ReadingContextEnumType.transaction_end, signed=True, key=END.public_key)
SETTLED = [KeepRecord("t1", END), AmendEnded("t1", SIGNED_END)]
"""What a step wants kept when the end is signed at last."""


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.fixture
def journal(database):
    return Journal(database)


def test_an_evse_without_a_past_begins_anew(journal):
    assert journal.load(3) == Session(3)


def test_everything_that_a_step_wants_kept_is_kept(journal, database):
    session = Session(1, letter="B", plugged=True)
    journal.commit(session, EFFECTS, now=START, offline=True)
    assert journal.load(1) == session
    queued = Outbox(database).head(10)
    assert [(row.kind, row.transaction_id, row.seq_no, row.offline) for row in queued] == [
        (TRANSACTION_EVENT, "t1", 0, True),
        (NOTIFY_EVENT, None, None, True),
    ]
    receipt = Receipts(database).get("t1")
    assert (receipt.evse_id, receipt.token, receipt.records) == (1, CARD, (BEGIN, END))
    assert receipt.request == REQUEST
    assert receipt.stopped_reason == "Local"


def test_a_step_that_cannot_be_kept_as_a_whole_is_not_kept_at_all(journal, database):
    with pytest.raises(StorageError, match="has no transaction nowhere"):
        journal.commit(Session(1, letter="B"), [*EFFECTS, KeepRecord("nowhere", BEGIN)], now=START, offline=False)
    assert journal.load(1) == Session(1)
    assert Outbox(database).size() == 0
    assert Receipts(database).list() == []


def test_a_session_that_cannot_be_read_is_an_error_and_not_a_new_session(journal, database):
    Sessions(database).save(1, "{")
    with pytest.raises(StorageError, match="the stored session of EVSE 1 cannot be read"):
        journal.load(1)


def test_a_record_that_must_not_be_reported_is_kept(journal, database):
    journal.keep_rejected(1, b"OCMF|broken", "the signature does not fit", now=START)
    assert [record.ocmf for record in Receipts(database).rejected()] == [b"OCMF|broken"]


def test_a_record_that_belongs_to_nothing_is_set_aside_with_the_reason(journal, database):
    journal.commit(Session(2), [SetAside(BEGIN, "nobody waited for it")], now=START, offline=False)
    (kept,) = Receipts(database).rejected()
    assert (kept.evse_id, kept.ocmf, kept.reason) == (2, BEGIN.ocmf, "nobody waited for it")
    assert kept.pagination == BEGIN.pagination


def owing(journal):
    """A transaction whose Ended waits without its signed end, behind another one's."""
    other = dataclasses.replace(ENDED, transaction_id="t2")
    journal.commit(Session(1), [OpenReceipt("t1", CARD, START), Report(other), *map(Report, (REPORT, ENDED))],
                   now=START, offline=False)  # fmt: skip


def waiting(database):
    return [from_document(TransactionReport, json.loads(row.body)) for row in Outbox(database).head(10)]


def test_an_end_that_is_signed_late_goes_into_the_ended_event_that_still_waits(journal, database):
    owing(journal)
    ids = [row.id for row in Outbox(database).head(10)]
    journal.commit(Session(1), SETTLED, now=START, offline=False)
    other, started, ended = waiting(database)
    assert (other.samples, started) == ((), REPORT)
    assert ended == dataclasses.replace(ENDED, samples=(SIGNED_END,))
    assert [row.id for row in Outbox(database).head(10)] == ids


def test_an_end_that_is_signed_after_ended_was_sent_is_kept_and_no_more(journal, database):
    owing(journal)
    Outbox(database).remove(Outbox(database).head(10)[-1].id)
    before = waiting(database)
    journal.commit(Session(1), SETTLED, now=START, offline=False)
    assert waiting(database) == before
    assert Receipts(database).get("t1").records == (END,)


def test_ended_is_completed_only_if_the_record_is_kept(journal, database):
    owing(journal)
    before = waiting(database)
    with pytest.raises(StorageError, match="has no transaction nowhere"):
        journal.commit(Session(1, letter="B"), [*SETTLED, KeepRecord("nowhere", END)], now=START, offline=False)
    assert waiting(database) == before
    assert Receipts(database).get("t1").records == ()
    assert journal.load(1) == Session(1)


@pytest.mark.parametrize(
    ("kind", "body"), [(TRANSACTION_EVENT, "{"), (TRANSACTION_EVENT, "[]"), ("Other", json.dumps(to_document(ENDED)))]
)
def test_a_message_that_cannot_be_amended_does_not_keep_the_record_from_being_stored(journal, database, kind, body):
    Outbox(database).put(kind, body, created_at=START, offline=False, transaction_id="t1")
    owing(journal)
    journal.commit(Session(1), SETTLED, now=START, offline=False)
    assert Receipts(database).get("t1").records == (END,)
    assert Outbox(database).head()[0].body == body
    assert from_document(TransactionReport, json.loads(Outbox(database).head(10)[-1].body)).samples == (SIGNED_END,)
