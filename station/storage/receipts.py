"""The receipts: transactions and the signed records that belong to them; added to, and never changed."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from station.core.documents import from_document, to_document
from station.core.policy import ENERGY
from station.core.powermeter import TransactionReq
from station.core.records import RecordKind, SignedRecord
from station.core.reports import Sample
from station.core.samples import ENDS
from station.core.tokens import IdToken
from station.errors import StorageError
from station.storage.database import Database, instant_of, text_of
from station.storage.pruning import held, prune, waive

TRANSACTION = "number, id, evse_id, id_token, id_token_type, started_at, ended_at, stopped_reason, request"
RECORD = (
    "kind, ocmf, sha256, public_key, meter_serial, pagination, taken_at,"
    " energy_wh, session_energy_wh, verified, doubts, snapshot"
)
AT_HAND = (
    "SELECT meter_serial, pagination FROM records UNION SELECT meter_serial, pagination FROM deleted_records"
    " UNION SELECT meter_serial, pagination FROM rejected_records WHERE meter_serial IS NOT NULL"
)
"""Counters of all records that this station has or had, also those that must not be reported."""
WH = {"Wh": 1, "kWh": 1000}
"""What the units of an energy are worth."""
BYTES_CHANGED = "bytes_changed"
"""Doubt of a record whose bytes are not those that were stored: the storage fails, or somebody wrote to it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed record, and since when the CSMS has it."""

    record: SignedRecord
    sent_at: datetime | None
    """When the CSMS answered an event that carried it; None if that is not known to have happened."""
    told_at: datetime | None = None
    """When the CSMS answered one that had its energy, but not its signature; None if it has that too."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction with its signed records, oldest first."""

    number: int
    """A small integer of this station's own, for formats that know no UUID; never used again."""
    id: str
    evse_id: int
    token: IdToken | None
    started_at: datetime
    ended_at: datetime | None
    stopped_reason: str | None
    request: TransactionReq | None
    """What the meter was asked to sign for; None if an earlier version of the station kept it."""
    kept: tuple[Kept, ...]

    @property
    def records(self) -> tuple[SignedRecord, ...]:
        """The signed records, oldest first."""
        return tuple(kept.record for kept in self.kept)


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    """A record that must not be reported."""

    evse_id: int
    ocmf: bytes
    reason: str
    stored_at: datetime
    public_key: bytes | None = None
    """The meter's key (DER); None, as all below, if the bytes were not those of a genuine record."""
    meter_serial: str | None = None
    pagination: int | None = None
    snapshot: bytes = b""


class Receipts:
    """Keeps the evidence. The database itself refuses to change it, and to delete it before the CSMS has it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Keeping

    def begin(
        self,
        transaction_id: str,
        *,
        evse_id: int,
        token: IdToken | None,
        started_at: datetime,
        request: TransactionReq | None = None,
    ) -> None:
        """Open a receipt; a second call for the same transaction only adds what there was none of."""
        self._database.execute(
            "INSERT INTO transactions (id, evse_id, id_token, id_token_type, started_at, request)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET request = coalesce(request, excluded.request),"
            " id_token = coalesce(id_token, excluded.id_token),"
            " id_token_type = coalesce(id_token_type, excluded.id_token_type) WHERE ended_at IS NULL",
            (
                transaction_id,
                evse_id,
                token and token.value,
                token and token.type,
                text_of(started_at),
                request and json.dumps(to_document(request), separators=(",", ":")),
            ),
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
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (meter_serial, pagination, kind, sha256) DO NOTHING",
            (
                self._number_of(transaction_id),
                record.kind.value,
                record.ocmf,
                sha256_of(record.ocmf),
                record.public_key,
                record.meter_serial,
                record.pagination,
                text_of(record.taken_at),
                record.energy_wh,
                record.session_energy_wh,
                record.verified,
                json.dumps(record.doubts),
                record.snapshot,
                text_of(at),
            ),
        )

    def mark_sent(self, ocmf: bytes, at: datetime) -> None:
        """Remember that the CSMS has a record; the first time counts."""
        self._database.execute(
            "INSERT INTO sent_records (sha256, sent_at, signed) VALUES (?, ?, 1) ON CONFLICT (sha256) DO UPDATE"
            " SET sent_at = excluded.sent_at, signed = 1 WHERE NOT signed",
            (sha256_of(ocmf), text_of(at)),
        )

    def mark_told(self, transaction_id: str, sample: Sample, at: datetime) -> None:
        """Remember that the CSMS has what a record says, if it says this, but not its signature."""
        for value in sample.values:
            # What is measured between begin and end is in no record, and there is much of it.
            if value.context in ENDS and value.measurand is ENERGY and value.phase is None:
                energy_wh = round(value.value * WH.get(value.unit, 1))
                self._database.execute(
                    "INSERT INTO sent_records (sha256, sent_at, signed) SELECT sha256, ?, 0 FROM records"
                    " WHERE transaction_number = (SELECT number FROM transactions WHERE id = ?)"
                    " AND taken_at = ? AND energy_wh = ? ON CONFLICT (sha256) DO NOTHING",
                    (text_of(at), transaction_id, text_of(sample.taken_at), energy_wh),
                )

    def note_record(self, record: SignedRecord) -> None:
        """Remember that a record was here which nobody has to keep."""
        self._database.execute(
            "INSERT OR IGNORE INTO deleted_records VALUES (?, ?)", (record.meter_serial, record.pagination)
        )

    def add_rejected(self, evse_id: int, ocmf: bytes, reason: str, *, at: datetime) -> None:
        """Keep the bytes of a record that must not be reported, because they are not to be trusted."""
        self._database.execute(
            "INSERT INTO rejected_records (evse_id, ocmf, sha256, reason, stored_at) VALUES (?, ?, ?, ?, ?)",
            (evse_id, ocmf, sha256_of(ocmf), reason, text_of(at)),
        )

    def set_aside(self, evse_id: int, record: SignedRecord, reason: str, *, at: datetime) -> None:
        """Keep a genuine record that must not be reported, because it belongs to nothing."""
        self._database.execute(
            "INSERT INTO rejected_records (evse_id, ocmf, sha256, reason, stored_at,"
            " public_key, meter_serial, pagination, snapshot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                evse_id,
                record.ocmf,
                sha256_of(record.ocmf),
                reason,
                text_of(at),
                record.public_key,
                record.meter_serial,
                record.pagination,
                record.snapshot,
            ),
        )

    def prune(self, older_than: datetime) -> int:
        """Delete some of the receipts that ended before that, of which the CSMS has everything, in one commit.

        Returns how many; to be called until that is 0. Everything else stays.
        """
        return prune(self._database, older_than)

    def waive(self, older_than: datetime, *, at: datetime) -> int:
        """Delete some of those of which the CSMS was told everything, but not all with its signature; as `prune`.

        Nobody else has these signatures: it takes the word of an operator.
        """
        return waive(self._database, older_than, at=at)

    def held(self, older_than: datetime) -> int:
        """Return how many receipts `prune` leaves until somebody has them waived."""
        return len(held(self._database, older_than))

    # Looking

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of all receipts, oldest first."""
        return tuple(row[0] for row in self._database.execute("SELECT number FROM transactions ORDER BY number"))

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

    def token_of(self, transaction_id: str) -> IdToken | None:
        """Return who a transaction is for, also after its end; None if nobody, or if it is not here."""
        row = self._database.execute(
            "SELECT id_token, id_token_type FROM transactions WHERE id = ? AND id_token IS NOT NULL",
            (transaction_id,),
        ).fetchone()
        return IdToken(*row) if row else None

    def rejected(self) -> tuple[RejectedRecord, ...]:
        """Return the records that must not be reported, oldest first."""
        rows = self._database.execute(
            "SELECT evse_id, ocmf, reason, stored_at, public_key, meter_serial, pagination, snapshot"
            " FROM rejected_records ORDER BY number"
        )
        return tuple(
            RejectedRecord(evse_id, ocmf, reason, instant_of(at), *more) for evse_id, ocmf, reason, at, *more in rows
        )

    def counters(self) -> tuple[tuple[str, int], ...]:
        """Return meter serial and response counter of every record that is here or was deleted, in this order.

        What is missing in between was taken, but never came here.
        """
        return tuple(self._database.execute(f"{AT_HAND} ORDER BY meter_serial, pagination"))

    def missing_before(self, record: SignedRecord) -> int:
        """Return how many records of its meter were taken between the newest one known before this and this one.

        0 if it is the first one of that meter. Whether the record itself is stored already makes no difference.
        """
        (newest,) = self._database.execute(
            f"SELECT max(pagination) FROM ({AT_HAND}) WHERE meter_serial = ? AND pagination < ?",  # noqa: S608
            (record.meter_serial, record.pagination),
        ).fetchone()
        return 0 if newest is None else int(record.pagination - newest - 1)

    def _number_of(self, transaction_id: str) -> int:
        row = self._database.execute("SELECT number FROM transactions WHERE id = ?", (transaction_id,)).fetchone()
        if row is None:
            raise StorageError(f"{self._database.path} has no transaction {transaction_id}")
        return int(row[0])

    def _receipt(self, row: tuple[Any, ...]) -> Receipt:
        number, transaction_id, evse_id, token, token_type, started_at, ended_at, stopped_reason, request = row
        records = self._database.execute(
            f"SELECT sent_at, signed, {RECORD} FROM records LEFT JOIN sent_records USING (sha256)"  # noqa: S608
            " WHERE transaction_number = ? ORDER BY number",
            (number,),
        ).fetchall()
        try:
            return Receipt(
                number,
                transaction_id,
                evse_id,
                IdToken(token, token_type) if token is not None else None,
                instant_of(started_at),
                instant_of(ended_at) if ended_at else None,
                stopped_reason,
                from_document(TransactionReq, json.loads(request)) if request else None,
                tuple(_kept(*columns) for columns in records),
            )
        except (ValueError, TypeError) as error:
            raise StorageError(f"{self._database.path}: session {number} cannot be read: {error}") from error


def sha256_of(ocmf: bytes) -> str:
    """Return what identifies the bytes of a record."""
    return hashlib.sha256(ocmf).hexdigest()


def _kept(
    sent_at: str | None, signed: int | None, kind: str, ocmf: bytes, sha256: str, key: bytes, serial: str,
    pagination: int, taken_at: str, energy_wh: int, session_energy_wh: int, verified: int, doubts: str,
    snapshot: bytes,
) -> Kept:  # fmt: skip
    unchanged = sha256_of(ocmf) == sha256
    record = SignedRecord(
        RecordKind(kind),
        ocmf,
        key,
        serial,
        pagination,
        instant_of(taken_at),
        energy_wh,
        session_energy_wh,
        bool(verified) and unchanged,
        (*json.loads(doubts), *([] if unchanged else [BYTES_CHANGED])),
        snapshot,
    )
    since = instant_of(sent_at) if sent_at else None
    return Kept(record, since) if signed else Kept(record, None, told_at=since)
