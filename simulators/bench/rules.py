"""What a value in a settings file may be, and how an error says so."""

import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from simulators.bench import place
from simulators.bench.errors import SettingsError

_Any = TypeVar("_Any")


@dataclass(frozen=True, slots=True)
class Rule:
    """Turns what TOML gave into a setting; raises ValueError or TypeError for what is not allowed."""

    allowed: str
    convert: Callable[[Any], Any]


Rules: TypeAlias = dict[str, Rule]


def integer(least: int, most: int) -> Rule:
    """A whole number between two limits."""

    def convert(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise ValueError
        return value

    return Rule(f"a whole number from {least} to {most}", convert)


def number(least: float, most: float) -> Rule:
    """A number between two limits."""

    def convert(value: Any) -> float:
        if type(value) not in (int, float) or not least <= value <= most:
            raise ValueError
        return float(value)

    return Rule(f"a number from {least:g} to {most:g}", convert)


def choice(*values: str | int) -> Rule:
    """One of some values."""

    def convert(value: Any) -> str | int:
        if type(value) not in (str, int) or value not in values:
            raise ValueError
        return value  # type: ignore[no-any-return]

    return Rule("one of " + ", ".join(str(value) for value in values), convert)


def flag() -> Rule:
    """True or false."""

    def convert(value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError
        return value

    return Rule("true or false", convert)


def text(pattern: str, *, meaning: str) -> Rule:
    """A string of some form."""

    def convert(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError
        return value

    return Rule(meaning, convert)


def texts(pattern: str, *, meaning: str) -> Rule:
    """A list of strings of some form, each there once."""

    def convert(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len({*value}) < len(value):
            raise ValueError
        if not all(isinstance(one, str) and re.fullmatch(pattern, one) for one in value):
            raise ValueError
        return tuple(value)

    return Rule(meaning, convert)


def path(base: Path) -> Rule:
    """A path; a relative one stands in `base`."""

    def convert(value: Any) -> Path:
        if not isinstance(value, str) or not value or "://" in value:
            raise ValueError
        return base / value

    return Rule("a path", convert)


def port(base: Path) -> Rule:
    """Where a line is found; a relative path stands in `base`."""

    def convert(value: Any) -> place.Place:
        if not isinstance(value, str) or not value:
            raise ValueError
        return place.parse(value, base=base)

    return Rule(place.ALLOWED, convert)


def build(made: type[_Any], table: object, rules: Rules, *, where: str, **parts: Any) -> _Any:
    """Return a dataclass out of a table by rules; `parts` are fields that were built already.

    SettingsError names `where` (file and table), the key and what is allowed: for a table that is none, unknown
    keys, keys that are missing and values that are not allowed.
    """
    if not isinstance(table, dict):
        raise SettingsError(f"{where} is not a table")
    for key in table:
        if key not in rules:
            raise SettingsError(f"{where}.{key} is unknown, allowed are {', '.join(rules)}")
    values = dict(parts)
    for key, value in table.items():
        values[key] = apply(rules[key], value, where=f"{where}.{key}")
    for row in fields(made):  # type: ignore[arg-type]
        if row.name not in values and row.default is MISSING and row.default_factory is MISSING:
            raise SettingsError(f"{where}.{row.name} is missing, {rules[row.name].allowed} is expected")
    return made(**values)


def apply(rule: Rule, value: object, *, where: str) -> Any:
    """Return a value as its rule makes it; SettingsError if it is not allowed."""
    try:
        return rule.convert(value)
    except (ValueError, TypeError):
        raise SettingsError(f"{where}: {value!r} is not allowed, {rule.allowed} is") from None
