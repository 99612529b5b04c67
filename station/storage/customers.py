"""What is stored about a person who charged, found by the id token."""

from dataclasses import dataclass
from datetime import datetime

from station.core.tokens import IdToken
from station.storage.database import Database, instant_of


@dataclass(frozen=True, slots=True)
class Stay:
    """A transaction that a token was used for."""

    transaction_id: str
    evse_id: int
    started_at: datetime
    ended_at: datetime | None
    """None while it runs."""


class Customers:
    """Looks a token up, whatever the case of its letters (C01.FR.25)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stays(self, token: IdToken) -> tuple[Stay, ...]:
        """Return the transactions that are still stored, the last one first."""
        rows = self._database.execute(
            "SELECT id, evse_id, started_at, ended_at FROM transactions"
            " WHERE lower(id_token) = ? AND id_token_type = ? ORDER BY number DESC",
            (token.value.lower(), token.type),
        )
        return tuple(
            Stay(name, evse_id, instant_of(started), instant_of(ended) if ended else None)
            for name, evse_id, started, ended in rows
        )
