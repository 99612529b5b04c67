"""Samples that wait for the Ended event of their transaction."""

from typing import Final

from station.storage.database import Database

MOST: Final = 1000
"""Of one transaction; more do not fit into one message anyhow."""
UNSIGNED: Final = "AND NOT instr(body, '\"signed\":{')"


class Collected:
    """Keeps documents by transaction; what is in them is not this layer's business, but for their signatures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, transaction_id: str, body: str) -> None:
        """Keep one more; if there are too many, every second one goes."""
        self._database.execute("INSERT INTO collected (transaction_id, body) VALUES (?, ?)", (transaction_id, body))
        if self._count(transaction_id) > MOST:
            # E06.FR.13: the 1st, 3rd, 5th ...; those with a signature only if there is no other.
            for number in (self._numbers(transaction_id, UNSIGNED) or self._numbers(transaction_id))[::2]:
                self._database.execute("DELETE FROM collected WHERE number = ?", (number,))

    def of(self, transaction_id: str) -> list[str]:
        """Return what is kept, oldest first."""
        rows = self._database.execute(
            "SELECT body FROM collected WHERE transaction_id = ? ORDER BY number", (transaction_id,)
        )
        return [row[0] for row in rows]

    def forget(self, transaction_id: str) -> None:
        """Delete what is kept of a transaction."""
        self._database.execute("DELETE FROM collected WHERE transaction_id = ?", (transaction_id,))

    def _count(self, transaction_id: str) -> int:
        query = "SELECT count(*) FROM collected WHERE transaction_id = ?"
        return int(self._database.execute(query, (transaction_id,)).fetchone()[0])

    def _numbers(self, transaction_id: str, condition: str = "") -> list[int]:
        query = f"SELECT number FROM collected WHERE transaction_id = ? {condition} ORDER BY number"  # noqa: S608
        return [row[0] for row in self._database.execute(query, (transaction_id,))]
