"""Where answers come from: options first, then a person, or what is usual if nobody is asked."""

import argparse
from collections.abc import Callable
from typing import Any, Final, Protocol

from station.commands import terminal
from station.commands.terminal import Styled
from station.errors import StationError

Check = Callable[[str], str]
"""Says what is wrong with an answer; empty if it can be taken."""
YES: Final = ("y", "yes")
NO: Final = ("n", "no")


class MissingError(StationError):
    """Answers are missing that only a person can give."""


def anything(_answer: str) -> str:
    """Take every answer."""
    return ""


class Asker(Protocol):
    """Gets what no option says."""

    def ask(self, option: str, text: str, *, default: str | None, check: Check) -> str:
        """Return an answer that passes the check, MissingError if none comes; `option` could have said it."""


class Person:
    """Asks at the terminal; an empty line takes what is offered."""

    def __init__(self, read: Callable[[str], str] = input) -> None:
        self._read = read

    def ask(self, option: str, text: str, *, default: str | None, check: Check) -> str:
        offer = f" [{default}]" if default else ""
        while True:
            try:
                answer = self._read(f"{text}{offer}: ").strip() or default
            except EOFError as error:
                print()
                raise MissingError(f"nobody answers any more; nothing was written. {option} says it too") from error
            if answer is None:
                terminal.say(Styled("an answer is needed", "warn"))
            elif problem := check(answer):
                terminal.say(Styled(problem, "warn"))
            else:
                return answer


class Nobody:
    """Takes what is usual, and remembers what only a person knows."""

    def __init__(self) -> None:
        self.missing: list[str] = []

    def ask(self, option: str, text: str, *, default: str | None, check: Check) -> str:  # noqa: ARG002
        if default is None:
            self.missing.append(f"{option} ({text})")
        return default or ""

    def all_there(self) -> None:
        """Raise MissingError if something is missing."""
        if self.missing:
            raise MissingError(f"these have to be said: {'; '.join(self.missing)}")


class Answers:
    """Options and whom to ask beside them."""

    def __init__(self, options: argparse.Namespace, asker: Asker) -> None:
        self._options = options
        self._asker = asker

    def text(self, name: str, text: str, *, default: str | None = None, check: Check = anything) -> str:
        """Return an answer; StationError for an option that cannot be taken."""
        option = f"--{name.replace('_', '-')}"
        given = getattr(self._options, name)
        if given is None:
            return self._asker.ask(option, text, default=default, check=check)
        if problem := check(str(given)):
            raise StationError(f"{option} {given}: {problem}")
        return str(given)

    def option(self, name: str, default: str) -> str:
        """Return what an option says; nobody is asked."""
        given = getattr(self._options, name)
        return default if given is None else str(given)

    def switch(self, name: str) -> bool:
        """Return whether an option was given that takes no value."""
        return bool(getattr(self._options, name))

    def given(self, name: str) -> list[str]:
        """Return what an option says that may be repeated."""
        return [str(value) for value in getattr(self._options, name) or []]

    def each(self, name: str, number: int, text: str, *, default: str | None = None, check: Check = anything) -> str:
        """Return the answer for one of several EVSEs (from 1 on); an option that was given once is for all."""
        given: list[Any] = getattr(self._options, name) or []
        if not given:
            option = f"--{name.replace('_', '-')}"
            return self._asker.ask(option, f"EVSE {number}: {text}", default=default, check=check)
        value = str(given[min(number, len(given)) - 1])
        if problem := check(value):
            raise StationError(f"--{name.replace('_', '-')} {value}: {problem}")
        return value

    def flag(self, name: str, text: str, *, default: bool) -> bool:
        """Return yes or no."""
        given = getattr(self._options, name)
        if given is not None:
            return bool(given)
        usual = YES[0] if default else NO[0]
        return self._asker.ask(f"--{name}", f"{text} (y/n)", default=usual, check=_yes_or_no).lower() in YES


def _yes_or_no(answer: str) -> str:
    return "" if answer.lower() in (*YES, *NO) else "write y or n"
