"""Passwords and tokens, and what is kept of them; pure.

A password is stretched with scrypt (RFC 7914), because people choose it; a token is random and needs no more than a
hash.
"""

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from station.errors import StationError

SHORTEST, LONGEST = 10, 128
"""Characters of a password."""

_SALT_BYTES, _HASH_BYTES, _TOKEN_BYTES = 16, 32, 32
_BEGINNING: Final = "station_"
"""Of a token, so that it is known for what it is wherever it is found."""
_MOST_WORK: Final = 2**20
"""n * r * p that is put up with; a file that nobody here wrote must not take all memory."""
_FORM: Final = re.compile(r"scrypt\$(\d{1,6})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)")


class WeakPasswordError(StationError):
    """A password that cannot be taken; the text says which can."""


@dataclass(frozen=True, slots=True)
class Cost:
    """How hard it is to try one password: memory is 128 * n * r bytes, and the time is in proportion to it."""

    n: int = 2**14  # 16 MiB for 65 ms on a PC, and for most of a second on a Cortex-A7
    r: int = 8
    p: int = 1


def check_strength(password: str) -> None:
    """Raise WeakPasswordError if a password is too easy to guess, or too long."""
    plain = _normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise WeakPasswordError(f"a password has {SHORTEST} to {LONGEST} characters, this one {len(plain)}")
    if len(set(plain)) < SHORTEST // 2:
        raise WeakPasswordError(f"a password has at least {SHORTEST // 2} different characters")


def hash_password(password: str, cost: Cost = Cost()) -> str:
    """Return what is kept of a password."""
    salt = secrets.token_bytes(_SALT_BYTES)
    stretched = _stretched(password, salt, cost)
    return "$".join(("scrypt", str(cost.n), str(cost.r), str(cost.p), _text(salt), _text(stretched)))


def is_password(password: str, kept: str) -> bool:
    """Tell whether this is the password that `kept` was made of; takes its time."""
    parts = _parts(kept)
    if parts is None:
        return False
    cost, salt, expected = parts
    return hmac.compare_digest(_stretched(password, salt, cost), expected)


def is_kept_password(kept: str) -> bool:
    """Tell whether a text can be what `hash_password` returned."""
    return _parts(kept) is not None


def make_token() -> str:
    """Return a token that nobody guesses."""
    return _BEGINNING + secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is kept of a token, and by what it is found."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _parts(kept: str) -> tuple[Cost, bytes, bytes] | None:
    found = _FORM.fullmatch(kept)
    if found is None:
        return None
    cost = Cost(*map(int, found.group(1, 2, 3)))
    if cost.n < 2 or cost.n & (cost.n - 1) or not 0 < cost.n * cost.r * cost.p <= _MOST_WORK:
        return None
    try:
        return cost, base64.b64decode(found[4], validate=True), base64.b64decode(found[5], validate=True)
    except ValueError:
        return None


def _stretched(password: str, salt: bytes, cost: Cost) -> bytes:
    plain = _normal(password).encode("utf-8", "surrogatepass")
    limit = 2 * 128 * cost.n * cost.r
    return hashlib.scrypt(plain, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=limit, dklen=_HASH_BYTES)


def _normal(password: str) -> str:
    """Return the one form of what looks the same: keyboards differ in how they write a letter with an accent."""
    return unicodedata.normalize("NFKC", password)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
