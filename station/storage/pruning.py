"""Receipts whose time is over: found, and deleted unless anything of them is still needed."""

from datetime import datetime
from typing import Final

from station.storage.database import Database, text_of

BATCH: Final = 100
"""Transactions in one commit: the station waits for it."""

_SETTLED: Final = (
    "ended_at < ?"
    " AND NOT EXISTS (SELECT 1 FROM outbox WHERE transaction_id = t.id)"
    " AND NOT EXISTS (SELECT 1 FROM dead_letters WHERE transaction_id = t.id)"
    # An EVSE that knows it by its id still waits for its signed end, which would have nowhere to go.
    " AND NOT EXISTS (SELECT 1 FROM sessions WHERE instr(document, t.id))"
)
"""It ended, and all that the CSMS will ever be told of it was told."""
_MISSED: Final = (
    "EXISTS (SELECT 1 FROM records WHERE transaction_number = t.number"
    " AND sha256 NOT IN (SELECT sha256 FROM sent_records WHERE signed))"
)
"""The CSMS lacks the signature of one record at least."""


def due(database: Database, older_than: datetime, *, limit: int = -1) -> list[int]:
    """Return the numbers of the transactions that ended before that and may be deleted, oldest first.

    The CSMS has all their records with their signatures, and nothing of them waits or was given up.
    """
    return _numbers(database, f"{_SETTLED} AND NOT {_MISSED}", older_than, limit)


def held(database: Database, older_than: datetime, *, limit: int = -1) -> list[int]:
    """Return the numbers of those that only their records keep here, because this is the only place that has them.

    The CSMS was told all, but for one record at least without its signature, or not what it says at all. That will
    not change by itself, so they are deleted when an operator says so, and only then.
    """
    return _numbers(database, f"{_SETTLED} AND {_MISSED}", older_than, limit)


def ended(database: Database, older_than: datetime) -> int:
    """Return how many transactions ended before that, whether they may be deleted or not."""
    row = database.execute("SELECT count(*) FROM transactions WHERE ended_at < ?", (text_of(older_than),)).fetchone()
    return int(row[0])


def prune(database: Database, older_than: datetime) -> int:
    """Delete the oldest of those that are due, with their records; return how many, 0 if none is left."""
    with database.transaction():
        numbers = due(database, older_than, limit=BATCH)
        for number in numbers:
            _delete(database, number)
    return len(numbers)


def waive(database: Database, older_than: datetime, *, at: datetime) -> int:
    """Delete the oldest of those that are held, with their records; return how many, 0 if none is left.

    That it was done is remembered for each record.
    """
    with database.transaction():
        numbers = held(database, older_than, limit=BATCH)
        for number in numbers:
            database.execute(
                "INSERT OR IGNORE INTO waived_records SELECT sha256, ? FROM records WHERE transaction_number = ?"
                " AND sha256 NOT IN (SELECT sha256 FROM sent_records WHERE signed)",
                (text_of(at), number),
            )
            _delete(database, number)
    return len(numbers)


def _numbers(database: Database, condition: str, older_than: datetime, limit: int) -> list[int]:
    query = f"SELECT number FROM transactions AS t WHERE {condition} ORDER BY number LIMIT ?"  # noqa: S608
    return [row[0] for row in database.execute(query, (text_of(older_than), limit))]


def _delete(database: Database, number: int) -> None:
    hashes = database.execute("SELECT sha256 FROM records WHERE transaction_number = ?", (number,)).fetchall()
    database.execute("DELETE FROM records WHERE transaction_number = ?", (number,))
    database.execute("DELETE FROM transactions WHERE number = ?", (number,))
    for (sha256,) in hashes:
        database.execute("DELETE FROM sent_records WHERE sha256 = ?", (sha256,))
