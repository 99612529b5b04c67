"""The authorization cache on disk. It keeps no token in clear.

A token is found by its hash with this database's own salt. That keeps tokens out of backups and of sight; it
does not stop somebody who has the file and the time to try all card numbers.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from station.core.tokens import IdToken
from station.errors import StorageError
from station.storage.database import Database, instant_of, text_of


@dataclass(frozen=True, slots=True)
class CachedToken:
    """What was said about a token."""

    info: str
    """JSON; what is in it is not this layer's business."""
    updated_at: datetime
    expires: datetime | None


class Tokens:
    """Answers of the CSMS by token, whatever the case of its letters (C01.FR.25)."""

    def __init__(self, database: Database) -> None:
        """Read the salt once; raises StorageError if it is missing."""
        self._database = database
        row = database.execute("SELECT salt FROM token_salt").fetchone()
        if row is None:
            raise StorageError(f"{database.path} has lost the salt of its token cache")
        self._salt: bytes = row[0]

    def put(self, token: IdToken, info: str, *, updated_at: datetime, expires: datetime | None = None) -> None:
        """Keep an answer, instead of the one before."""
        self._database.execute(
            "INSERT INTO tokens (hash, info, updated_at, expires) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE"
            " SET info = excluded.info, updated_at = excluded.updated_at, expires = excluded.expires",
            (self._hash(token), info, text_of(updated_at), text_of(expires) if expires else None),
        )

    def get(self, token: IdToken) -> CachedToken | None:
        """Return the last answer about a token, expired or not."""
        row = self._database.execute(
            "SELECT info, updated_at, expires FROM tokens WHERE hash = ?", (self._hash(token),)
        ).fetchone()
        if row is None:
            return None
        info, updated_at, expires = row
        return CachedToken(info, instant_of(updated_at), instant_of(expires) if expires else None)

    def forget(self, token: IdToken) -> None:
        """Forget the answer about a token; one that is not there is no error (N10)."""
        self._database.execute("DELETE FROM tokens WHERE hash = ?", (self._hash(token),))

    def clear(self) -> None:
        """Forget all answers (C11)."""
        self._database.execute("DELETE FROM tokens")

    def evict(self, *, keep: int, now: datetime) -> None:
        """Forget what has expired, and of the rest all but the `keep` that were updated last."""
        self._database.execute("DELETE FROM tokens WHERE expires <= ?", (text_of(now),))
        self._database.execute(
            "DELETE FROM tokens WHERE hash NOT IN (SELECT hash FROM tokens ORDER BY updated_at DESC LIMIT ?)", (keep,)
        )

    def size(self) -> int:
        """Return how many tokens are known."""
        return int(self._database.execute("SELECT count(*) FROM tokens").fetchone()[0])

    def _hash(self, token: IdToken) -> bytes:
        return hashlib.sha256(b"\0".join((self._salt, token.type.encode(), token.value.lower().encode()))).digest()
