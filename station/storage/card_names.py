"""What operators call cards; found by a hash, so that no number of a card stands here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from station.core.tokens import IdToken
from station.errors import StationError
from station.storage.database import Database, instant_of, text_of
from station.storage.token_hash import TokenHash

LONGEST: Final = 60


class NameRefusedError(StationError):
    """A card cannot be called that; the text says why."""


@dataclass(frozen=True, slots=True)
class CardName:
    """What a card is called; its number cannot be told from here."""

    name: str
    named_at: datetime


class CardNames:
    """Keeps the names; each stands for one card."""

    def __init__(self, database: Database) -> None:
        """Raises StorageError if the database has lost its salt."""
        self._database = database
        self._hash = TokenHash(database)

    def of(self, token: IdToken | None) -> str:
        """Return what a card is called; empty if nobody called it anything."""
        if token is None:
            return ""
        row = self._database.execute("SELECT name FROM card_names WHERE hash = ?", (self._hash(token),)).fetchone()
        return str(row[0]) if row else ""

    def give(self, token: IdToken, name: str, *, at: datetime) -> None:
        """Call a card by a name, instead of what it was called before.

        NameRefusedError if it is no name (`fit_name`), or if another card is called so, whatever the case of its
        letters.
        """
        name, hashed = fit_name(name), self._hash(token)
        with self._database.together():
            row = self._database.execute("SELECT hash FROM card_names WHERE name = ?", (name,)).fetchone()
            if row is not None and row[0] != hashed:
                raise NameRefusedError(
                    f"another card is called {name}; choose another name, or forget that one first"
                )
            self._database.execute(
                "INSERT INTO card_names VALUES (?, ?, ?)"
                " ON CONFLICT (hash) DO UPDATE SET name = excluded.name, named_at = excluded.named_at",
                (hashed, name, text_of(at)),
            )

    def forget(self, name: str) -> bool:
        """Forget a name, whatever the case of its letters; return whether there was one."""
        return self._database.execute("DELETE FROM card_names WHERE name = ?", (name.strip(),)).rowcount > 0

    def all(self) -> tuple[CardName, ...]:
        """Return all names in their order."""
        rows = self._database.execute("SELECT name, named_at FROM card_names ORDER BY name")
        return tuple(CardName(name, instant_of(at)) for name, at in rows)


def fit_name(name: str) -> str:
    """Return a name as it is kept, without blanks around it; NameRefusedError if it cannot be one."""
    name = name.strip()
    if not name:
        raise NameRefusedError("a card's name may not be empty")
    if len(name) > LONGEST:
        raise NameRefusedError(f"a card's name may have {LONGEST} characters, this one has {len(name)}")
    if not name.isprintable():
        raise NameRefusedError("a card's name may have characters that can be printed only")
    return name
