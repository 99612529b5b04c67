"""A step is written down as a whole, before anything is done about it."""

import dataclasses
import json
from datetime import timedelta

import pytest
from ocpp.v201.enums import (
    MeasurandEnumType,
    ReadingContextEnumType,
    ReasonEnumType,
    TransactionEventEnumType,
    TriggerReasonEnumType,
)

from station.core import samples
from station.core.documents import from_document, to_document
from station.core.effects import AmendEnded, CloseReceipt, Collect, KeepRecord, OpenReceipt, Raise, Report, SetAside
from station.core.records import RecordKind
from station.core.reports import Alert, Sample, SampledValue, TransactionReport
from station.core.session import Session
from station.errors import StorageError
from station.ocpp import codec
from station.ocpp.blocks.transactions import encode
from station.storage.collected import Collected
from station.storage.database import Database
from station.storage.journal import MOST_BYTES_OF_ENDED, NOTIFY_EVENT, TRANSACTION_EVENT, Journal
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


@pytest.mark.ocpp("E04.FR.01", "E08.FR.05", "E11.FR.01", "E12.FR.01")
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


def periodic(minute):
    """A sample as it is collected on the way."""
    context = ReadingContextEnumType.sample_periodic
    value = SampledValue(MeasurandEnumType.energy_active_import_register, 1000.0 + minute, "Wh", context)
    return Sample(START + timedelta(minutes=minute), (value,))


BEGUN = samples.of_record(BEGIN, ReadingContextEnumType.transaction_begin, signed=True, key=BEGIN.public_key)
ON_THE_WAY = tuple(periodic(minute) for minute in range(1, 4))
BOTH_ENDS = dataclasses.replace(ENDED, samples=(BEGUN, SIGNED_END))


@pytest.mark.ocpp("E06.FR.11", "E07.FR.08", "E08.FR.09", "E09.FR.05", "E10.FR.04", "E12.FR.07")
def test_what_was_collected_stands_in_ended_between_begin_and_end_and_nowhere_else_any_more(journal, database):
    for sample in ON_THE_WAY:
        journal.commit(Session(1), [Collect("t1", sample)], now=START, offline=False)
    journal.commit(Session(2), [Collect("t2", periodic(9))], now=START, offline=False)
    journal.commit(Session(1), [Report(BOTH_ENDS)], now=START, offline=False)
    (ended,) = waiting(database)
    assert ended.samples == (BEGUN, *ON_THE_WAY, SIGNED_END)
    assert (Collected(database).of("t1"), len(Collected(database).of("t2"))) == ([], 1)


def test_what_is_collected_in_the_step_that_ends_is_in_ended_too(journal, database):
    journal.commit(Session(1), [Collect("t1", periodic(1)), Report(BOTH_ENDS)], now=START, offline=False)
    assert waiting(database)[0].samples == (BEGUN, periodic(1), SIGNED_END)


def test_other_events_take_nothing_of_what_was_collected(journal, database):
    journal.commit(Session(1), [Collect("t1", periodic(1)), Report(REPORT)], now=START, offline=False)
    assert waiting(database) == [REPORT]
    assert len(Collected(database).of("t1")) == 1


def test_what_was_collected_for_a_transaction_that_was_never_told_goes_with_it(journal, database):
    closing = CloseReceipt("t1", START, ReasonEnumType.local)
    journal.commit(Session(1), [OpenReceipt("t1", CARD, START), Collect("t1", periodic(1))], now=START, offline=False)
    journal.commit(Session(1), [closing], now=START, offline=False)
    assert Collected(database).of("t1") == []


def test_what_was_collected_outlives_a_power_cut_and_is_in_the_ended_that_follows(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        Journal(database).commit(Session(1), [Collect("t1", periodic(1))], now=START, offline=False)
    with Database.open(tmp_path, FakeClock()) as database:
        Journal(database).commit(Session(1), [Report(BOTH_ENDS)], now=START, offline=False)
        assert waiting(database)[0].samples == (BEGUN, periodic(1), SIGNED_END)


def test_a_step_that_fails_collects_nothing_and_takes_nothing(journal, database):
    journal.commit(Session(1), [Collect("t1", periodic(1))], now=START, offline=False)
    for effect in (Collect("t1", periodic(2)), Report(BOTH_ENDS)):
        with pytest.raises(StorageError, match="has no transaction nowhere"):
            journal.commit(Session(1), [effect, KeepRecord("nowhere", END)], now=START, offline=False)
        assert len(Collected(database).of("t1")) == 1
        assert waiting(database) == []


def test_a_sample_that_cannot_be_read_does_not_keep_ended_from_being_stored(journal, database):
    Collected(database).add("t1", "{")
    journal.commit(Session(1), [Collect("t1", periodic(1)), Report(BOTH_ENDS)], now=START, offline=False)
    assert waiting(database)[0].samples == (BEGUN, periodic(1), SIGNED_END)


@pytest.mark.ocpp("J02.FR.20", "E07.FR.10", "E08.FR.10", "E08.FR.11", "E09.FR.06", "E09.FR.07", "E10.FR.05",
                  "E10.FR.06", "E12.FR.08", "E12.FR.09")  # fmt: skip
def test_an_ended_event_that_would_be_too_long_is_thinned_in_the_middle_and_fits_with_a_late_end_too(
    journal, database
):
    with database.transaction():
        for minute in range(900):
            Collected(database).add("t1", json.dumps(to_document(periodic(minute))))
    journal.commit(Session(1), [OpenReceipt("t1", CARD, START), Report(BOTH_ENDS)], now=START, offline=False)
    (ended,) = waiting(database)
    assert (ended.samples[0], ended.samples[-1]) == (BEGUN, SIGNED_END)
    assert list(ended.samples[1:-1]) == [periodic(minute) for minute in range(7, 900, 8)]
    frame = json.dumps(codec.encode(encode(ended, offline=True)))
    assert len(frame) <= MOST_BYTES_OF_ENDED


def test_a_late_end_takes_the_place_of_the_unsigned_one_behind_what_was_collected(journal, database):
    unsigned = Sample(START, (dataclasses.replace(SIGNED_END.values[0], signed=None),))
    ended = dataclasses.replace(ENDED, samples=(BEGUN, unsigned))
    journal.commit(
        Session(1),
        [OpenReceipt("t1", CARD, START), Collect("t1", periodic(1)), Report(ended)],
        now=START,
        offline=False,
    )
    journal.commit(Session(1), SETTLED, now=START, offline=False)
    assert waiting(database)[0].samples == (BEGUN, periodic(1), SIGNED_END)


def test_records_between_begin_and_end_are_kept_in_the_receipt_in_their_order(journal, database):
    current = dataclasses.replace(BEGIN, kind=RecordKind.CURRENT, ocmf=b"OCMF|current", pagination=8)
    end = dataclasses.replace(END, pagination=9)
    effects = [OpenReceipt("t1", CARD, START), *(KeepRecord("t1", record) for record in (BEGIN, current, end))]
    journal.commit(Session(1), effects, now=START, offline=False)
    assert Receipts(database).get("t1").records == (BEGIN, current, end)


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
