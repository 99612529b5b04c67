"""What is kept of the operators' password and tokens: a file, written by commands, read by the server."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from station.errors import StorageError
from station.pki import files
from station.web.hashing import is_kept_password

NAME: Final = "web-access.json"
MOST_TOKENS: Final = 32
REMEDY: Final = "set a new password with `station web password`"


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token."""

    hash: str = field(repr=False)
    created_at: datetime
    read_only: bool = False
    """It may look, and change nothing."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file holds."""

    password: str = field(default="", repr=False)
    """As passwords.hash_password returns it; empty: nobody can log in."""
    tokens: Mapping[str, Token] = field(default_factory=dict)
    """By name."""


NOTHING: Final = Kept()


class AccessFile:
    """Reads the file again when it is another one than before."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / NAME
        self._seen: tuple[int, ...] | None = None
        self._kept = NOTHING

    def read(self) -> Kept:
        """Return what is kept now, nothing if there is no file; StorageError if it cannot be used."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self._seen, self._kept = None, NOTHING
            return NOTHING
        except OSError as error:
            raise self._unreadable(error) from error
        mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if mark != self._seen:
            self._kept = self._load()
            self._seen = mark
        return self._kept

    def set_password(self, kept_password: str) -> None:
        """Keep what is kept of another password; a file that cannot be read is replaced, and its tokens are lost."""
        before = NOTHING
        with contextlib.suppress(StorageError):
            before = self.read()
        self._write(replace(before, password=kept_password))

    def add_token(self, name: str, token: Token) -> None:
        """Keep one more token; StorageError if the name is taken, or there are too many."""
        kept = self.read()
        if name in kept.tokens:
            raise StorageError(f"there is a token {name} already; take another name, or revoke that one first")
        if len(kept.tokens) >= MOST_TOKENS:
            raise StorageError(f"there are {MOST_TOKENS} tokens already; revoke one that nobody uses")
        self._write(replace(kept, tokens={**kept.tokens, name: token}))

    def revoke_token(self, name: str) -> None:
        """Forget a token; StorageError if there is none of that name."""
        kept = self.read()
        if name not in kept.tokens:
            raise StorageError(f"there is no token {name}; there are: {', '.join(sorted(kept.tokens)) or 'none'}")
        self._write(replace(kept, tokens={key: token for key, token in kept.tokens.items() if key != name}))

    def _load(self) -> Kept:
        try:
            return _parsed(json.loads(self.path.read_text("ascii")))
        except OSError as error:
            raise self._unreadable(error) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StorageError(f"{self.path} is damaged; {REMEDY}") from error

    def _write(self, kept: Kept) -> None:
        tokens = {
            name: {
                "hash": token.hash,
                "created_at": token.created_at.astimezone(UTC).isoformat(),
                "read_only": token.read_only,
            }
            for name, token in kept.tokens.items()
        }
        folder = self.path.parent
        if not folder.is_dir():
            raise StorageError(f"there is no folder {folder}; start the station once, it makes its state_dir")
        try:
            files.write(self.path, json.dumps({"password": kept.password, "tokens": tokens}, indent=2) + "\n")
            self._give_to_owner()
        except OSError as error:
            raise StorageError(
                f"{self.path} cannot be written: {error.strerror}; be root, or the station's user"
            ) from error

    def _give_to_owner(self) -> None:
        """Root writes for the user whose folder it is, who has to read it."""
        if os.geteuid() == 0:
            owner = self.path.parent.stat()
            os.chown(self.path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def _unreadable(self, error: OSError) -> StorageError:
        return StorageError(f"{self.path} cannot be read: {error.strerror}; be root, or the station's user")


def _parsed(document: Any) -> Kept:
    password = document["password"]
    if password and not is_kept_password(password):
        raise ValueError("the password is in no known form")
    tokens = {
        str(name): Token(
            str(token["hash"]), datetime.fromisoformat(token["created_at"]), read_only=token["read_only"] is not False
        )
        for name, token in document["tokens"].items()
    }
    return Kept(password, tokens)
