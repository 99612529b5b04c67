"""The authorization cache on disk. It keeps no token in clear."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from station.core.tokens import IdToken
from station.storage.database import Database, instant_of, text_of
from station.storage.token_hash import TokenHash

SIZE = "length(hash) + length(info) + length(updated_at) + coalesce(length(expires), 0)"
"""Bytes of a row; all its texts are ASCII."""
EVICT = f"""
DELETE FROM tokens WHERE hash IN (
    SELECT hash FROM (
        SELECT hash, row_number() OVER worth AS place, sum({SIZE}) OVER worth AS bytes FROM tokens
        WINDOW worth AS (ORDER BY hash = :new DESC, accepted DESC, updated_at DESC ROWS UNBOUNDED PRECEDING)
    ) WHERE place > :most_tokens OR bytes > :most_bytes
)
"""  # noqa: S608 - only the size of a row is put in
"""C10.FR.07: of the others, those that were not accepted go first, then those that were updated longest ago."""


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
        self._hash = TokenHash(database)

    def put(
        self,
        token: IdToken,
        info: str,
        *,
        updated_at: datetime,
        expires: datetime | None = None,
        accepted: bool = True,
    ) -> None:
        """Keep an answer, instead of the one before."""
        self._database.execute(
            "INSERT INTO tokens (hash, info, updated_at, expires, accepted) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (hash) DO UPDATE SET info = excluded.info, updated_at = excluded.updated_at,"
            " expires = excluded.expires, accepted = excluded.accepted",
            (self._hash(token), info, text_of(updated_at), text_of(expires) if expires else None, accepted),
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

    def together(self) -> AbstractContextManager[None]:
        """Make what is done with the database meanwhile one commit, or nothing; it may be part of another."""
        return self._database.together()

    def expire(self, *, now: datetime, believed: tuple[datetime, datetime]) -> None:
        """Forget what has expired by now, and what has no expiry and was said before or after these instants."""
        earliest, latest = believed
        self._database.execute(
            "DELETE FROM tokens WHERE expires <= ? OR (expires IS NULL AND (updated_at < ? OR updated_at > ?))",
            (text_of(now), text_of(earliest), text_of(latest)),
        )

    def evict(self, new: IdToken, *, most_tokens: int, most_bytes: int) -> None:
        """Forget so many that the rest is within the bounds; `new` is the last to go."""
        if self.count() <= most_tokens and self.size_bytes() <= most_bytes:
            return
        bounds = {"new": self._hash(new), "most_tokens": most_tokens, "most_bytes": most_bytes}
        self._database.execute(EVICT, bounds)

    def count(self) -> int:
        """Return how many tokens are known."""
        return int(self._database.execute("SELECT count(*) FROM tokens").fetchone()[0])

    def size_bytes(self) -> int:
        """Return how many bytes the answers take."""
        return int(self._database.execute(f"SELECT coalesce(sum({SIZE}), 0) FROM tokens").fetchone()[0])  # noqa: S608
