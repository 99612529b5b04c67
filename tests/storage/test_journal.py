"""A step is written down as a whole, before anything is done about it."""

from datetime import timedelta

import pytest
from ocpp.v201.enums import ReasonEnumType, TransactionEventEnumType, TriggerReasonEnumType

from station.core.effects import CloseReceipt, KeepRecord, OpenReceipt, Raise, Report
from station.core.reports import Alert, TransactionReport
from station.core.session import Session
from station.errors import StorageError
from station.storage.database import Database
from station.storage.journal import NOTIFY_EVENT, TRANSACTION_EVENT, Journal
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts
from station.storage.sessions import Sessions
from tests.fakes_clock import START, FakeClock
from tests.storage.test_receipts import BEGIN, CARD, END

REPORT = TransactionReport(
    event=TransactionEventEnumType.started,
    transaction_id="t1",
    seq_no=0,
    happened_at=START,
    trigger=TriggerReasonEnumType.authorized,
)
ALERT = Alert("FiscalMetering", 1, active=True, happened_at=START, tech_code="MeterSilent")
EFFECTS = [
    OpenReceipt("t1", CARD, START),
    KeepRecord("t1", BEGIN),
    Report(REPORT),
    Raise(ALERT),
    KeepRecord("t1", END),
    CloseReceipt("t1", START + timedelta(hours=1), ReasonEnumType.local),
]


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
