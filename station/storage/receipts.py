"""The receipts: transactions and the signed records that belong to them, only ever added to."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from station.core.records import RecordKind, SignedRecord
from station.core.tokens import IdToken
from station.errors import StorageError
from station.storage.database import Database, instant_of, text_of

TRANSACTION = "number, id, evse_id, id_token, id_token_type, started_at, ended_at, stopped_reason"
RECORD = (
    "kind, ocmf, sha256, public_key, meter_serial, pagination, taken_at,"
    " energy_wh, session_energy_wh, verified, doubts"
)
BYTES_CHANGED = "bytes_changed"
"""Doubt of a record whose bytes are not those that were stored: the storage fails, or somebody wrote to it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction with its signed records, oldest first."""

    number: int
    """A small integer of this station's own, for formats that know no UUID."""
    id: str
    evse_id: int
    token: IdToken | None
    started_at: datetime
    ended_at: datetime | None
    stopped_reason: str | None
    records: tuple[SignedRecord, ...]


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    """A record that must not be reported."""

    evse_id: int
    ocmf: bytes
    reason: str
    stored_at: datetime


class Receipts:
    """Keeps the evidence. The database itself refuses to change or delete it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, transaction_id: str, *, evse_id: int, token: IdToken | None, started_at: datetime) -> None:
        """Open a receipt; a second call for the same transaction only adds the token if there was none."""
        self._database.execute(
            "INSERT INTO transactions (id, evse_id, id_token, id_token_type, started_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET id_token = excluded.id_token, id_token_type = excluded.id_token_type"
            " WHERE id_token IS NULL AND ended_at IS NULL",
            (transaction_id, evse_id, token and token.value, token and token.type, text_of(started_at)),
        )

    def finish(self, transaction_id: str, *, ended_at: datetime, stopped_reason: str) -> None:
        """Close a receipt; the first end stands. Raises StorageError if there is no such transaction."""
        self._number_of(transaction_id)
        self._database.execute(
            "UPDATE transactions SET ended_at = ?, stopped_reason = ? WHERE id = ? AND ended_at IS NULL",
            (text_of(ended_at), stopped_reason, transaction_id),
        )

    def add_record(self, transaction_id: str, record: SignedRecord, *, at: datetime) -> None:
        """Keep a record, after the end of its transaction too; one that is there already is not added again.

        Raises StorageError if there is no such transaction.
        """
        self._database.execute(
            f"INSERT INTO records (transaction_number, {RECORD}, stored_at)"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (meter_serial, pagination, kind, sha256) DO NOTHING",
            (
                self._number_of(transaction_id),
                record.kind.value,
                record.ocmf,
                hashlib.sha256(record.ocmf).hexdigest(),
                record.public_key,
                record.meter_serial,
                record.pagination,
                text_of(record.taken_at),
                record.energy_wh,
                record.session_energy_wh,
                record.verified,
                json.dumps(record.doubts),
                text_of(at),
            ),
        )

    def add_rejected(self, evse_id: int, ocmf: bytes, reason: str, *, at: datetime) -> None:
        """Keep the bytes of a record that must not be reported."""
        self._database.execute(
            "INSERT INTO rejected_records (evse_id, ocmf, sha256, reason, stored_at) VALUES (?, ?, ?, ?, ?)",
            (evse_id, ocmf, hashlib.sha256(ocmf).hexdigest(), reason, text_of(at)),
        )

    def list(self) -> "list[Receipt]":
        """Return all receipts, oldest first."""
        rows = self._database.execute(f"SELECT {TRANSACTION} FROM transactions ORDER BY number").fetchall()  # noqa: S608
        return [self._receipt(row) for row in rows]

    def get(self, transaction: int | str) -> Receipt | None:
        """Return the receipt with this number or this transaction id."""
        column = "number" if isinstance(transaction, int) else "id"
        row = self._database.execute(
            f"SELECT {TRANSACTION} FROM transactions WHERE {column} = ?",  # noqa: S608
            (transaction,),
        ).fetchone()
        return self._receipt(row) if row else None

    def rejected(self) -> "tuple[RejectedRecord, ...]":
        """Return the records that must not be reported, oldest first."""
        rows = self._database.execute("SELECT evse_id, ocmf, reason, stored_at FROM rejected_records ORDER BY number")
        return tuple(RejectedRecord(evse_id, ocmf, reason, instant_of(at)) for evse_id, ocmf, reason, at in rows)

    def _number_of(self, transaction_id: str) -> int:
        row = self._database.execute("SELECT number FROM transactions WHERE id = ?", (transaction_id,)).fetchone()
        if row is None:
            raise StorageError(f"{self._database.path} has no transaction {transaction_id}")
        return int(row[0])

    def _receipt(self, row: tuple[Any, ...]) -> Receipt:
        number, transaction_id, evse_id, token, token_type, started_at, ended_at, stopped_reason = row
        records = self._database.execute(
            f"SELECT {RECORD} FROM records WHERE transaction_number = ? ORDER BY number",  # noqa: S608
            (number,),
        )
        return Receipt(
            number,
            transaction_id,
            evse_id,
            IdToken(token, token_type) if token is not None else None,
            instant_of(started_at),
            instant_of(ended_at) if ended_at else None,
            stopped_reason,
            tuple(_record(record) for record in records),
        )


def _record(row: tuple[Any, ...]) -> SignedRecord:
    kind, ocmf, sha256, key, serial, pagination, taken_at, energy_wh, session_energy_wh, verified, doubts = row
    record = SignedRecord(
        RecordKind(kind),
        ocmf,
        key,
        serial,
        pagination,
        instant_of(taken_at),
        energy_wh,
        session_energy_wh,
        bool(verified),
        tuple(json.loads(doubts)),
    )
    if hashlib.sha256(ocmf).hexdigest() == sha256:
        return record
    return replace(record, verified=False, doubts=(*record.doubts, BYTES_CHANGED))
