"""What commands do with the operators' password and the tokens of programs."""

import re
from datetime import datetime
from pathlib import Path
from typing import Final

from station.errors import StationError
from station.web.access_file import AccessFile, Token
from station.web.hashing import check_strength, hash_password, hash_token, make_token

TOKEN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def set_password(state_dir: Path, password: str) -> None:
    """Let operators log in with this password, and end the sessions of the one before.

    Raises WeakPasswordError if it is too easy to guess, StorageError if it cannot be kept.
    """
    check_strength(password)
    AccessFile(state_dir).set_password(hash_password(password))


def add_token(state_dir: Path, name: str, now: datetime, *, read_only: bool = False) -> str:
    """Return a new token, which is kept nowhere; StationError if the name cannot be used."""
    if TOKEN_NAME.fullmatch(name) is None:
        raise StationError(f"{name!r} cannot be the name of a token; 1 to 40 letters, digits and . _ - are allowed")
    token = make_token()
    AccessFile(state_dir).add_token(name, Token(hash_token(token), now, read_only))
    return token
