"""Receipts whose time is over: found, and deleted unless anything of them is still needed."""

from datetime import datetime
from typing import Final

from station.storage.database import Database, text_of

BATCH: Final = 100
"""Transactions in one commit: the station waits for it."""

_DUE: Final = (
    "SELECT number FROM transactions AS t WHERE ended_at < ?"
    " AND NOT EXISTS (SELECT 1 FROM records WHERE transaction_number = t.number"
    " AND sha256 NOT IN (SELECT sha256 FROM sent_records))"
    " AND NOT EXISTS (SELECT 1 FROM outbox WHERE transaction_id = t.id)"
    " AND NOT EXISTS (SELECT 1 FROM dead_letters WHERE transaction_id = t.id)"
    # An EVSE that knows it by its id still waits for its signed end, which would have nowhere to go.
    " AND NOT EXISTS (SELECT 1 FROM sessions WHERE instr(document, t.id))"
    " ORDER BY number LIMIT ?"
)


def due(database: Database, older_than: datetime, *, limit: int = -1) -> list[int]:
    """Return the numbers of the transactions that ended before that and may be deleted, oldest first.

    The CSMS has all their records, and nothing of them waits or was given up.
    """
    return [row[0] for row in database.execute(_DUE, (text_of(older_than), limit))]


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


def _delete(database: Database, number: int) -> None:
    hashes = database.execute("SELECT sha256 FROM records WHERE transaction_number = ?", (number,)).fetchall()
    database.execute("DELETE FROM records WHERE transaction_number = ?", (number,))
    database.execute("DELETE FROM transactions WHERE number = ?", (number,))
    for (sha256,) in hashes:
        database.execute("DELETE FROM sent_records WHERE sha256 = ?", (sha256,))
