"""What a request over the socket says beside its action, read strictly."""

from collections.abc import Mapping
from typing import Any

from station.errors import StationError


class DeskError(StationError):
    """A request cannot be understood or done; the text says what is allowed."""


class Arguments:
    """The members of a request; whatever is not of the wanted type raises DeskError. null stands for absent."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def text(self, name: str, default: str | None = "") -> str:
        """Return a text; if `default` is None it has to be there."""
        return str(self._of(name, str, default, "a text"))

    def number(self, name: str, default: int | None = None) -> int:
        """Return an integer; if `default` is None it has to be there."""
        return int(self._of(name, int, default, "an integer"))

    def flag(self, name: str) -> bool:
        """Return a truth value; false if it is not there."""
        return bool(self._of(name, bool, False, "true or false"))

    def seconds(self, name: str, default: float, *, longest: float) -> float:
        """Return a duration, `longest` at most."""
        return float(min(max(self._of(name, int | float, default, "a number of seconds"), 0), longest))

    def evse(self) -> int | None:
        """Return the id of an EVSE, or None if none is named."""
        return None if self._given.get("evse") is None else self.number("evse")

    def _of(self, name: str, kind: Any, default: Any, wanted: str) -> Any:
        value = self._given.get(name)
        value = default if value is None else value
        # A truth value is an integer to Python, and to nobody else.
        if value is None or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise DeskError(f"{name}: {wanted} is wanted")
        return value
