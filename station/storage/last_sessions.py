"""The newest session of each EVSE, for those who ask often."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from station.storage.database import Database, instant_of

LOOKED_AT: Final = 200
"""How many sessions of all EVSEs are looked through: so that an EVSE that is never used costs no more than others."""


@dataclass(frozen=True, slots=True)
class LastSession:
    """The session of an EVSE whose begin was signed last."""

    transaction_id: str
    started_at: datetime
    ended_at: datetime | None


def last_sessions(database: Database) -> dict[int, LastSession]:
    """Return the newest session by EVSE, of those that are among the newest of all."""
    rows = database.execute(
        "SELECT evse_id, id, started_at, ended_at, max(number)"
        " FROM (SELECT number, id, evse_id, started_at, ended_at FROM transactions ORDER BY number DESC LIMIT ?)"
        " GROUP BY evse_id",
        (LOOKED_AT,),
    )
    return {
        evse_id: LastSession(transaction_id, instant_of(started_at), instant_of(ended_at) if ended_at else None)
        for evse_id, transaction_id, started_at, ended_at, _ in rows
    }
