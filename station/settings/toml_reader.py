"""Reads a TOML document strictly: every key by name and type, every problem collected and told with a remedy."""

import difflib
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, Final, TypeVar


class _Required(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED
"""Instead of a default: the key must be there."""
MISSING: Final = -1
"""The number that stands for one that is missing, where none below zero is allowed."""

T = TypeVar("T")

TYPES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}


class Problems:
    """What is wrong in one document, in the order it was found."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, key: str, text: str) -> None:
        """Note that the value at `key` is wrong; `text` says what is allowed."""
        self.lines.append(f"{key}: {text}")


class Table:
    """One table of the document. Getters return a value of the right type even where they note a problem.

    `close` has to be called when all keys were asked for: it finds those that nobody asked for.
    """

    def __init__(self, data: dict[str, Any], path: str, problems: Problems) -> None:
        self._data = data
        self._known: list[str] = []
        self.path = path
        self.problems = problems

    def key(self, name: str) -> str:
        """Return the full name of a key, as problems are told."""
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, text: str) -> None:
        """Note a problem with a key of this table."""
        self.problems.add(self.key(name), text)

    def has(self, name: str) -> bool:
        """Tell whether the document has this key."""
        return name in self._data

    def text(
        self,
        name: str,
        default: str | _Required = REQUIRED,
        *,
        choices: Iterable[str] = (),
        shortest: int = 1,
        longest: int = 1000,
        pattern: str = ".*",
        allowed: str = "",
    ) -> str:
        """Return a text. `pattern` must match the whole of it; `allowed` says in words what that means."""
        value = self._get(name, str, required=default is REQUIRED)
        if value is None:
            return "" if default is REQUIRED else default
        if choices and value not in choices:
            self.wrong(name, f"{value!r} is not one of {listed(choices)}{meant(value, choices)}")
        elif not shortest <= len(value) <= longest:
            self.wrong(name, f"has {len(value)} characters; {shortest} to {longest} are allowed")
        elif not re.fullmatch(pattern, value, re.DOTALL):
            self.wrong(name, f"{value!r} is not allowed; {allowed}")
        return value

    def integer(
        self,
        name: str,
        default: int | _Required = REQUIRED,
        *,
        lowest: int = 0,
        highest: int = 2**31 - 1,
        choices: Sequence[int] = (),
    ) -> int:
        """Return a whole number."""
        value = self._get(name, int, required=default is REQUIRED)
        if value is None:
            return MISSING if default is REQUIRED else default
        if choices and value not in choices:
            self.wrong(name, f"{value} is not one of {listed(choices)}")
        elif not lowest <= value <= highest:
            self.wrong(name, f"{value} is out of range; {lowest} to {highest} is allowed")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._get(name, bool, required=False)
        return default if value is None else value

    def texts(self, name: str, *, pattern: str = ".*", allowed: str = "") -> tuple[str, ...]:
        """Return a list of texts, which need not be there; each must match `pattern`."""
        items = self._get(name, list, required=False) or []
        if not all(isinstance(item, str) for item in items):
            self.wrong(name, f'{items!r} is not allowed; write a list of texts such as ["a", "b"]')
            return ()
        for item in items:
            if not re.fullmatch(pattern, item):
                self.wrong(name, f"{item!r} is not allowed; {allowed}")
        return tuple(items)

    def integers(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers, which must be there and hold one at least."""
        items = self._get(name, list, required=True)
        if items is None:
            return ()
        if not items or not all(type(item) is int for item in items):
            self.wrong(name, f"{items!r} is not allowed; write a list of whole numbers such as [1, 2]")
            return ()
        return tuple(items)

    def table(self, name: str, *, required: bool = False) -> "Table":
        """Return a table inside this one; an empty one if it is missing."""
        data = self._get(name, dict, required=required)
        return Table(data or {}, self.key(name), self.problems)

    def tables(self, name: str, *, at_least: int = 0) -> "list[Table]":
        """Return the tables `[[name]]`, which are called `name[1]`, `name[2]` in problems."""
        items = self._get(name, list, required=at_least > 0) or []
        if not all(isinstance(item, dict) for item in items):
            self.wrong(name, f"is a list of values; begin each entry with [[{self.key(name)}]]")
            return []
        return [Table(item, f"{self.key(name)}[{number}]", self.problems) for number, item in enumerate(items, 1)]

    def rest(self) -> dict[str, Any]:
        """Return all keys that were not asked for, and let them count as asked for."""
        rest = {name: value for name, value in self._data.items() if name not in self._known}
        self._known += rest
        return rest

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for name in self._data:
            if name not in self._known:
                self.wrong(name, f"is unknown{meant(name, self._known)}; known here: {listed(self._known)}")

    def _get(self, name: str, kind: type[T], *, required: bool) -> T | None:
        """Return the value of a key, or None if it is missing or, which is noted, of another type."""
        self._known.append(name)
        if name not in self._data:
            if required:
                self.wrong(name, f"is missing; write {TYPES[kind]}")
            return None
        value = self._data[name]
        if type(value) is kind:
            return value
        self.wrong(name, f"is {TYPES.get(type(value), 'a date or time')}; write {TYPES[kind]}")
        return None


def meant(word: str, words: Iterable[str]) -> str:
    """Return `; did you mean ...?` if one of the words is close, else nothing."""
    by_form = {known.lower(): known for known in words}
    close = difflib.get_close_matches(word.lower(), by_form, n=1)
    return f"; did you mean {by_form[close[0]]}?" if close else ""


def listed(items: Iterable[object]) -> str:
    """Return the items as a text for people."""
    return ", ".join(str(item) for item in items) or "none"


def remedy(error: OSError) -> str:
    """Return what to do about a file that cannot be read, to be put behind the words of the error."""
    return "; be root, or the station's user" if isinstance(error, PermissionError) else ""
