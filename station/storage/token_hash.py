"""Tokens on disk: found by a hash with this database's own salt, never stored in clear.

That keeps tokens out of backups and of sight; it does not stop somebody who has the file and the time to try all
card numbers.
"""

import hashlib

from station.core.tokens import IdToken
from station.errors import StorageError
from station.storage.database import Database


class TokenHash:
    """Hashes tokens, whatever the case of their letters (C01.FR.25)."""

    def __init__(self, database: Database) -> None:
        """Read the salt once; raises StorageError if it is missing."""
        row = database.execute("SELECT salt FROM token_salt").fetchone()
        if row is None:
            raise StorageError(f"{database.path} has lost the salt of its tokens")
        self._salt: bytes = row[0]

    def __call__(self, token: IdToken) -> bytes:
        return hashlib.sha256(b"\0".join((self._salt, token.type.encode(), token.value.lower().encode()))).digest()
