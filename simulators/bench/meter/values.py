"""Values of registers by point name, before they become words."""

from collections.abc import Mapping
from typing import TypeAlias

from station.meter.codec import Value

Values: TypeAlias = Mapping[str, Value]


def number(values: Values, name: str) -> int:
    """Return a number that must be there; TypeError if it is none."""
    value = values[name]
    if not isinstance(value, int):
        raise TypeError(f"{name}: a number expected, got {value!r}")
    return value


def text(values: Values, name: str) -> str:
    """Return a string that must be there; TypeError if it is none."""
    value = values[name]
    if not isinstance(value, str):
        raise TypeError(f"{name}: a string expected, got {value!r}")
    return value
