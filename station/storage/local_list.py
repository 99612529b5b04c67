"""The local authorization list on disk. It keeps no token in clear."""

from collections.abc import Iterable

from station.core.tokens import IdToken
from station.errors import StorageError
from station.storage.database import Database
from station.storage.facts import Facts
from station.storage.token_hash import TokenHash

VERSION = "local_list_version"
"""The name of the fact."""
NO_VERSION = 0
"""No list was ever sent (D02.FR.02)."""

Entry = tuple[IdToken, str | None]
"""A token and what is said about it, as JSON; None takes the token off the list."""


class ListFullError(StorageError):
    """The list would hold more than it can."""


class LocalList:
    """What the CSMS wants to be known about tokens; changed as a whole or not at all (D01)."""

    def __init__(self, database: Database, *, most_entries: int, most_bytes: int) -> None:
        self._database = database
        self._facts = Facts(database)
        self._hash = TokenHash(database)
        self._most_entries = most_entries
        self._most_bytes = most_bytes

    @property
    def version(self) -> int:
        """Return the version that the CSMS gave the list; NO_VERSION if it gave none yet."""
        return int(self._facts.get(VERSION) or NO_VERSION)

    def get(self, token: IdToken) -> str | None:
        """Return what the list says about a token; None if it is not listed."""
        row = self._database.execute("SELECT info FROM local_list WHERE hash = ?", (self._hash(token),)).fetchone()
        return row[0] if row else None

    def replace(self, entries: Iterable[Entry], *, version: int) -> None:
        """Let these be all (D01.FR.04, D01.FR.15); raises ListFullError, StorageError, and then nothing changed."""
        with self._database.transaction():
            self._database.execute("DELETE FROM local_list")
            self._take(entries, version)

    def update(self, entries: Iterable[Entry], *, version: int) -> None:
        """Add, change and remove these (D01.FR.05, D01.FR.16, D01.FR.17); raises like `replace`."""
        with self._database.transaction():
            self._take(entries, version)

    def count(self) -> int:
        """Return how many tokens are listed."""
        return int(self._database.execute("SELECT count(*) FROM local_list").fetchone()[0])

    def size_bytes(self) -> int:
        """Return how many bytes the list takes."""
        row = self._database.execute(
            "SELECT coalesce(sum(length(hash) + length(info)), 0) FROM local_list"
        ).fetchone()
        return int(row[0])

    def _take(self, entries: Iterable[Entry], version: int) -> None:
        for token, info in entries:
            if info is None:
                self._database.execute("DELETE FROM local_list WHERE hash = ?", (self._hash(token),))
            else:
                self._database.execute(
                    "INSERT INTO local_list VALUES (?, ?) ON CONFLICT (hash) DO UPDATE SET info = excluded.info",
                    (self._hash(token), info),
                )
        if (count := self.count()) > self._most_entries:
            raise ListFullError(f"the list would have {count} entries; {self._most_entries} are possible")
        if (size := self.size_bytes()) > self._most_bytes:
            raise ListFullError(f"the list would take {size} bytes; {self._most_bytes} are possible")
        self._facts.put(VERSION, str(version))
