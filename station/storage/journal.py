"""One commit a step: the session, what it reports and what it keeps, all or nothing."""

import json
from collections.abc import Iterable
from datetime import datetime

from station.core.documents import from_document, to_document
from station.core.effects import CloseReceipt, KeepRecord, OpenReceipt, Raise, Report, StoredEffect
from station.core.session import Session
from station.errors import StorageError
from station.storage.database import Database
from station.storage.outbox import Outbox
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
                    effect.transaction_id, evse_id=evse_id, token=effect.id_token, started_at=effect.started_at
                )
            case KeepRecord():
                self._receipts.add_record(effect.transaction_id, effect.record, at=now)
            case CloseReceipt():
                self._receipts.finish(
                    effect.transaction_id, ended_at=effect.ended_at, stopped_reason=effect.stopped_reason.value
                )


def _text(value: object) -> str:
    return json.dumps(to_document(value), separators=(",", ":"))
