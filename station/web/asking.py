"""A request, read and checked, and the row of the table that says what may be asked for."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from station.web.access import Operator
from station.web.answers import Nothing
from station.web.problems import bad, not_found

if TYPE_CHECKING:
    from aiohttp import web

    from station.web.site import Site

API: Final = "/api/v1/"
JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"
BODY_S: Final = 10.0


class May(StrEnum):
    """Who may ask."""

    ANYBODY = "anybody"
    OPERATOR = "operator"
    LOCAL = "local"
    """Whoever is on this computer, and operators."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the path or the query: a number within bounds, or a text of a form."""

    name: str
    type: type[int] | type[str]
    about: str
    pattern: str = ".*"
    """Of a text."""
    least: int = 0
    most: int = 2**53 - 1
    default: int | str | None = None

    def read(self, text: str) -> int | str:
        """Return its value; ValueError says what is allowed."""
        if self.type is str:
            if re.fullmatch(self.pattern, text) is None:
                raise ValueError(f"{self.name}: {text!r} is not allowed; it has to match {self.pattern}")
            return text
        if not (text.isascii() and text.isdecimal() and len(text) < 17 and self.least <= int(text) <= self.most):
            raise ValueError(
                f"{self.name}: {text!r} is not allowed; it is a whole number from {self.least} to {self.most}"
            )
        return int(text)


@dataclass(frozen=True, slots=True)
class File:
    """Bytes as they are, and how browsers keep them."""

    content: bytes
    media: str
    name: str = ""
    """To save it as; empty: it is shown."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request after all checks."""

    request: "web.Request" = field(repr=False)
    address: str
    """Who asks."""
    operator: Operator | None
    values: Mapping[str, Any]
    """Parameters of path and query by name."""
    body: Any
    local: bool = False
    """A program on this computer asks, and nobody through it."""
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    """Of the answer, beside the usual ones."""

    @property
    def near(self) -> bool:
        """Who asks may be told what is meant for who stands before the station."""
        return self.local or self.operator is not None


Handler = Callable[["Site", Ask], Any | Awaitable[Any]]
"""Returns a value that is answered as JSON, a File, or a response that is under way."""


@dataclass(frozen=True, slots=True)
class Route:
    """What may be asked for. The type that its handler says it returns is the schema of the answer."""

    method: str
    path: str
    """With names of parameters in braces."""
    handler: Handler
    about: str
    may: May = May.OPERATOR
    path_parameters: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    body: type = Nothing
    """The dataclass that the body of an unsafe request has to be."""
    media: str = JSON
    """Of an answer that is no error."""
    answer: Any = None
    """The type of the answer, if it is another one than that of the handler."""
    events: Mapping[str, Any] = field(default_factory=dict)
    """Of an event stream: the type of each event's data."""
    long: bool = False
    """Its answer is so long that it is written beside the loop."""
    costly: bool = False
    """It takes long on a small computer, and is answered less often than the rest."""
    body_s: float = BODY_S
    """How long the body of an unsafe request is waited for."""

    @property
    def unsafe(self) -> bool:
        """It changes something."""
        return self.method != "GET"

    @property
    def pattern(self) -> str:
        """The path as the router wants it."""
        pattern = self.path
        for parameter in self.path_parameters:
            digits = r"\d+" if parameter.type is int else parameter.pattern
            pattern = pattern.replace(f"{{{parameter.name}}}", f"{{{parameter.name}:{digits}}}")
        return pattern

    def read(self, path: Mapping[str, str], query: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of all parameters; ProblemError if one is wrong, or unknown to the API."""
        known = [parameter.name for parameter in self.query]
        if (unknown := set(query) - set(known)) and self.path.startswith(API):
            told = ", ".join(known) or "none"
            raise bad(f"{min(unknown)} is no parameter of {self.path}; there are: {told}")
        values: dict[str, Any] = {}
        try:
            for parameter in self.query:
                given = query.get(parameter.name)
                values[parameter.name] = parameter.default if given is None else parameter.read(given)
        except ValueError as error:
            raise bad(str(error)) from error
        try:
            return values | {each.name: each.read(path[each.name]) for each in self.path_parameters}
        except ValueError as error:
            raise not_found(str(error)) from error
