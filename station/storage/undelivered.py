"""What a database holds and the CSMS has not got: as long as there is any of it, the database must not go."""

from dataclasses import dataclass

from station.storage.database import Database
from station.storage.outbox import Outbox

_UNSENT = (
    "SELECT transaction_number, count(*) FROM records"
    " WHERE sha256 NOT IN (SELECT sha256 FROM sent_records WHERE signed) GROUP BY transaction_number"
)
"""Records that an operator let go are not there any more."""


@dataclass(frozen=True, slots=True)
class Held:
    """A session of which something was not delivered."""

    number: int
    transaction_id: str
    runs: bool
    """It is not over, or its end was not signed yet."""
    messages: int
    """So many messages about it wait."""
    letters: int
    """So many messages about it were given up."""
    records: int
    """So many of its signed records the CSMS has not, or not with their signature."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """All of that in one database."""

    sessions: tuple[Held, ...]
    """By number."""
    messages: int
    """All that wait, those of no session too."""
    letters: int
    """All that were given up, those of no session too."""

    def __bool__(self) -> bool:
        return bool(self.sessions or self.messages or self.letters)


def undelivered(database: Database) -> Undelivered:
    """Return what the CSMS has not got."""
    records = dict(database.execute(_UNSENT).fetchall())
    messages, letters = _by_transaction(database, "outbox"), _by_transaction(database, "dead_letters")
    rows = database.execute(
        "SELECT number, id, ended_at IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE instr(document, t.id))"
        " FROM transactions AS t ORDER BY number"
    )
    held = (
        Held(number, id_, bool(runs), messages.get(id_, 0), letters.get(id_, 0), records.get(number, 0))
        for number, id_, runs in rows.fetchall()
    )
    outbox = Outbox(database)
    return Undelivered(
        tuple(one for one in held if one.runs or one.messages or one.letters or one.records),
        outbox.size(),
        outbox.dead_count(),
    )


def _by_transaction(database: Database, table: str) -> dict[str, int]:
    query = f"SELECT transaction_id, count(*) FROM {table} WHERE transaction_id IS NOT NULL GROUP BY transaction_id"  # noqa: S608
    return dict(database.execute(query).fetchall())
