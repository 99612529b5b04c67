"""What the CSMS still has to be told, in order, and what was given up."""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from station.storage.database import Database, instant_of, text_of

COLUMNS = "id, kind, body, transaction_id, seq_no, created_at, attempts, offline"


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that waits."""

    id: int
    kind: str
    body: str
    """JSON; what is in it is not this layer's business."""
    transaction_id: str | None
    seq_no: int | None
    created_at: datetime
    attempts: int
    offline: bool
    """It happened while the station was offline, or could not be sent before it was."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up."""

    message: Queued
    reason: str
    buried_at: datetime


class Outbox:
    """The queue. Each change is committed by itself unless it stands in a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def together(self) -> AbstractContextManager[None]:
        """Make what is done with the database meanwhile one commit, or nothing; it may be part of another."""
        return self._database.together()

    def put(
        self,
        kind: str,
        body: str,
        *,
        created_at: datetime,
        offline: bool,
        transaction_id: str | None = None,
        seq_no: int | None = None,
    ) -> int:
        """Append a message and return its id, which is higher than all before."""
        cursor = self._database.execute(
            "INSERT INTO outbox (kind, body, transaction_id, seq_no, created_at, offline) VALUES (?, ?, ?, ?, ?, ?)",
            (kind, body, transaction_id, seq_no, text_of(created_at), offline),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def head(self, limit: int = 1, *, after: int = 0, without: Collection[str] = ()) -> list[Queued]:
        """Return the oldest messages with an id above `after`, oldest first.

        Without those of the transactions that `without` names, and those of no transaction whose kind it names.
        """
        others = ", ".join("?" * len(without))
        rows = self._database.execute(
            f"SELECT {COLUMNS} FROM outbox WHERE id > ? AND ifnull(transaction_id, kind) NOT IN ({others})"  # noqa: S608
            " ORDER BY id LIMIT ?",
            (after, *without, limit),
        )
        return [_queued(row) for row in rows]

    def of_transaction(self, transaction_id: str) -> list[Queued]:
        """Return all messages of a transaction, oldest first."""
        rows = self._database.execute(
            f"SELECT {COLUMNS} FROM outbox WHERE transaction_id = ? ORDER BY id",  # noqa: S608
            (transaction_id,),
        )
        return [_queued(row) for row in rows]

    def body_of(self, message_id: int) -> str | None:
        """Return what a message says by now; None if it does not wait any more."""
        row = self._database.execute("SELECT body FROM outbox WHERE id = ?", (message_id,)).fetchone()
        return row[0] if row else None

    def rewrite(self, message_id: int, body: str) -> None:
        """Let a message that waits say something else; one that is not there is no error."""
        self._database.execute("UPDATE outbox SET body = ? WHERE id = ?", (body, message_id))

    def remove(self, message_id: int) -> None:
        """Forget a message that was answered; one that is not there is no error."""
        self._database.execute("DELETE FROM outbox WHERE id = ?", (message_id,))

    def drop(self, message_ids: Iterable[int]) -> None:
        """Forget messages that will not be sent, all or none."""
        with self._database.together():
            for message_id in message_ids:
                self.remove(message_id)

    def count_attempt(self, message_id: int, *, not_before: datetime) -> None:
        """Remember that a message was sent in vain, and until when it waits for its next attempt."""
        self._database.execute(
            "UPDATE outbox SET attempts = attempts + 1, not_before = ? WHERE id = ?",
            (text_of(not_before), message_id),
        )

    def delayed(self) -> list[tuple[Queued, datetime]]:
        """Return the messages that were sent in vain, and until when each waits, oldest first."""
        rows = self._database.execute(
            f"SELECT {COLUMNS}, not_before FROM outbox WHERE not_before IS NOT NULL ORDER BY id"  # noqa: S608
        )
        return [(_queued(row[:-1]), instant_of(row[-1])) for row in rows]

    def mark_all_offline(self) -> None:
        """Mark all that waits: it will arrive late."""
        self._database.execute("UPDATE outbox SET offline = 1 WHERE offline = 0")

    def bury(self, message_id: int, reason: str, at: datetime) -> None:
        """Give a message up: move it to the dead letters. One that is not there is no error."""
        with self._database.transaction():
            self._database.execute(
                f"INSERT INTO dead_letters ({COLUMNS}, reason, buried_at)"  # noqa: S608
                f" SELECT {COLUMNS}, ?, ? FROM outbox WHERE id = ?",
                (reason, text_of(at), message_id),
            )
            self._database.execute("DELETE FROM outbox WHERE id = ?", (message_id,))

    def dead_letters(self) -> list[DeadLetter]:
        """Return what was given up, oldest first."""
        return self._letters()

    def dead_letter(self, letter_id: int) -> DeadLetter | None:
        """Return one message that was given up; it has the id that it had in the queue."""
        return next(iter(self._letters("WHERE id = ?", (letter_id,))), None)

    def dead_count(self) -> int:
        """Return how many messages were given up."""
        return self._count("dead_letters")

    def revive(self, letter_id: int) -> None:
        """Put a dead letter back into the queue, late, with all its attempts, where it was; or do nothing."""
        with self._database.transaction():
            self._database.execute(
                f"INSERT INTO outbox ({COLUMNS})"  # noqa: S608
                " SELECT id, kind, body, transaction_id, seq_no, created_at, 0, 1 FROM dead_letters WHERE id = ?",
                (letter_id,),
            )
            self.forget(letter_id)

    def forget(self, letter_id: int) -> None:
        """Delete a dead letter for good; one that is not there is no error."""
        self._database.execute("DELETE FROM dead_letters WHERE id = ?", (letter_id,))

    def _letters(self, where: str = "", parameters: tuple[Any, ...] = ()) -> list[DeadLetter]:
        rows = self._database.execute(
            f"SELECT {COLUMNS}, reason, buried_at FROM dead_letters {where} ORDER BY id",  # noqa: S608
            parameters,
        )
        return [DeadLetter(_queued(row[:-2]), row[-2], instant_of(row[-1])) for row in rows]

    def pending_of(self, transaction_id: str | None) -> int:
        """Return how many messages of a transaction wait, of all transactions if it is None (E14)."""
        if transaction_id is None:
            return self._count("outbox WHERE transaction_id IS NOT NULL")
        return self._count("outbox WHERE transaction_id = ?", (transaction_id,))

    def size(self) -> int:
        """Return how many messages wait."""
        return self._count("outbox")

    def _count(self, what: str, parameters: tuple[Any, ...] = ()) -> int:
        row = self._database.execute(f"SELECT count(*) FROM {what}", parameters).fetchone()  # noqa: S608
        return int(row[0])


def _queued(row: tuple[Any, ...]) -> Queued:
    message_id, kind, body, transaction_id, seq_no, created_at, attempts, offline = row
    return Queued(message_id, kind, body, transaction_id, seq_no, instant_of(created_at), attempts, bool(offline))
