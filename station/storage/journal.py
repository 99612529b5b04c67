"""One commit a step: the session, what it reports and what it keeps, all or nothing."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from ocpp.v201.enums import TransactionEventEnumType

from station.core.amending import with_end
from station.core.documents import from_document, to_document
from station.core.effects import (
    AmendEnded,
    CloseReceipt,
    Collect,
    KeepRecord,
    OpenReceipt,
    Raise,
    Report,
    SetAside,
    StoredEffect,
)
from station.core.reports import Sample, TransactionReport
from station.core.session import Session
from station.errors import StorageError
from station.storage.database import Database
from station.storage.outbox import Outbox, Queued
from station.storage.receipts import Receipts
from station.storage.sessions import Sessions

TRANSACTION_EVENT = "TransactionEvent"
NOTIFY_EVENT = "NotifyEvent"


class Journal:
    """What an EVSE writes down before it acts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sessions = Sessions(database)
        self._outbox = Outbox(database)
        self._receipts = Receipts(database)

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
                self._outbox.put(
                    TRANSACTION_EVENT,
                    _text(report),
                    transaction_id=report.transaction_id,
                    seq_no=report.seq_no,
                    created_at=now,
                    offline=offline,
                )
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
            case SetAside():
                self._receipts.set_aside(evse_id, effect.record, effect.reason, at=now)
            case AmendEnded():
                self._amend_ended(effect.transaction_id, effect.end)
            case Collect(transaction_id, sample):
                self._database.execute(
                    "INSERT INTO collected (transaction_id, body) VALUES (?, ?)", (transaction_id, _text(sample))
                )
            case CloseReceipt():
                self._receipts.finish(
                    effect.transaction_id, ended_at=effect.ended_at, stopped_reason=effect.stopped_reason.value
                )
            case _:
                assert_never(effect)

    def _amend_ended(self, transaction_id: str, end: Sample) -> None:
        for row in self._outbox.of_transaction(transaction_id):
            report = _report_in(row)
            if report is not None and report.event is TransactionEventEnumType.ended:
                self._outbox.rewrite(row.id, _text(with_end(report, end)))


def _report_in(row: Queued) -> TransactionReport | None:
    """Return the report in a message; what cannot be read must not keep the record from being stored."""
    if row.kind != TRANSACTION_EVENT:
        return None
    try:
        return from_document(TransactionReport, json.loads(row.body))
    except (ValueError, TypeError):
        return None


def _text(value: object) -> str:
    return json.dumps(to_document(value), separators=(",", ":"))
