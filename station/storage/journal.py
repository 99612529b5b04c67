"""One commit a step: the session, what it reports and what it keeps, all or nothing."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final, TypeVar, assert_never

from ocpp.v201.enums import TransactionEventEnumType

from station.core.amending import with_end
from station.core.collecting import with_collected
from station.core.documents import from_document, to_document
from station.core.effects import (
    AmendEnded,
    CloseReceipt,
    Collect,
    KeepRecord,
    NoteRecord,
    OpenReceipt,
    Raise,
    Report,
    SetAside,
    StoredEffect,
)
from station.core.reports import Sample, TransactionReport
from station.core.session import Session
from station.errors import StorageError
from station.storage.collected import Collected
from station.storage.database import Database
from station.storage.outbox import Outbox, Queued
from station.storage.receipts import Receipts
from station.storage.sessions import Sessions

T = TypeVar("T")

TRANSACTION_EVENT = "TransactionEvent"
NOTIFY_EVENT = "NotifyEvent"
MOST_BYTES_OF_ENDED: Final = 48 * 1024
"""Many a CSMS, or what stands before it, takes no frame above 64 KiB; signed values that come late need room too."""


class Journal:
    """What an EVSE writes down before it acts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sessions = Sessions(database)
        self._outbox = Outbox(database)
        self._receipts = Receipts(database)
        self._collected = Collected(database)

    def load(self, evse_id: int) -> Session:
        """Return the session as it was committed last, or a new one; raises StorageError if it cannot be read."""
        document = self._sessions.load(evse_id)
        if document is None:
            return Session(evse_id)
        try:
            return from_document(Session, json.loads(document))
        except (ValueError, TypeError) as error:
            raise StorageError(f"the stored session of EVSE {evse_id} cannot be read: {error}") from error

    def commit(self, session: Session, effects: Iterable[StoredEffect], *, now: datetime, offline: bool) -> None:
        """Store the session and everything that its step wants to be kept, in one transaction."""
        with self._database.transaction():
            self._sessions.save(session.evse_id, _text(session))
            for effect in effects:
                self._store(session.evse_id, effect, now=now, offline=offline)

    def keep_rejected(self, evse_id: int, ocmf: bytes, reason: str, *, now: datetime) -> None:
        """Keep the bytes of a record that must not be reported."""
        with self._database.transaction():
            self._receipts.add_rejected(evse_id, ocmf, reason, at=now)

    def _store(self, evse_id: int, effect: StoredEffect, *, now: datetime, offline: bool) -> None:
        match effect:
            case Report(report):
                self._report(report, now=now, offline=offline)
            case Raise(alert):
                self._outbox.put(NOTIFY_EVENT, _text(alert), created_at=now, offline=offline)
            case OpenReceipt():
                self._receipts.begin(
                    effect.transaction_id,
                    evse_id=evse_id,
                    token=effect.id_token,
                    started_at=effect.started_at,
                    request=effect.request,
                )
            case KeepRecord():
                self._receipts.add_record(effect.transaction_id, effect.record, at=now)
            case NoteRecord(record):
                self._receipts.note_record(record)
            case SetAside():
                self._receipts.set_aside(evse_id, effect.record, effect.reason, at=now)
            case AmendEnded():
                self._amend_ended(effect.transaction_id, effect.end)
            case Collect(transaction_id, sample):
                self._collected.add(transaction_id, _text(sample))
            case CloseReceipt():
                self._receipts.finish(
                    effect.transaction_id, ended_at=effect.ended_at, stopped_reason=effect.stopped_reason.value
                )
                self._collected.forget(effect.transaction_id)  # one that was never told has no Ended to take it
            case _:
                assert_never(effect)

    def _report(self, report: TransactionReport, *, now: datetime, offline: bool) -> None:
        if report.event is TransactionEventEnumType.ended:
            report = self._completed(report)
        self._outbox.put(
            TRANSACTION_EVENT,
            _text(report),
            transaction_id=report.transaction_id,
            seq_no=report.seq_no,
            created_at=now,
            offline=offline,
        )

    def _completed(self, report: TransactionReport) -> TransactionReport:
        """Return an Ended event with what was collected for it, which is nowhere else from now on."""
        bodies = self._collected.of(report.transaction_id)
        if not bodies:
            return report
        self._collected.forget(report.transaction_id)
        samples = tuple(sample for body in bodies if (sample := _read(Sample, body)) is not None)
        return with_collected(report, samples, most_bytes=MOST_BYTES_OF_ENDED)

    def _amend_ended(self, transaction_id: str, end: Sample) -> None:
        for row in self._outbox.of_transaction(transaction_id):
            report = report_in(row)
            if report is not None and report.event is TransactionEventEnumType.ended:
                self._outbox.rewrite(row.id, _text(with_end(report, end)))


def report_in(row: Queued) -> TransactionReport | None:
    """Return the report in a message; None if it is another message, or cannot be read."""
    return _read(TransactionReport, row.body) if row.kind == TRANSACTION_EVENT else None


def _read(cls: type[T], body: str) -> T | None:
    """Return what was stored; what cannot be read must not keep anything else from being stored."""
    try:
        return from_document(cls, json.loads(body))
    except (ValueError, TypeError):
        return None


def _text(value: object) -> str:
    return json.dumps(to_document(value), separators=(",", ":"))
