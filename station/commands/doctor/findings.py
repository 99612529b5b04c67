"""What a look at one thing came to, and what all of them mean together."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Result(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    WARNING = "warning"
    """The station charges all the same, but somebody should look after it."""
    FAILURE = "failure"
    """Something that the station is for does not work like this."""
    SKIPPED = "skipped"
    """Nobody could look; `found` says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    group: str
    """What it belongs to, such as `computer`."""
    name: str
    result: Result
    found: str
    """What is there, for people."""
    remedy: str = ""
    """What to do; empty if nothing is to be done."""


def reason(error: OSError) -> str:
    """Return why something could not be reached, in the words of the operating system rather than of asyncio."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)


ALL_OK: Final = 0
SOME_FAILED: Final = 1
SOME_WARNED: Final = 2
"""Exit codes."""


def exit_code(findings: Iterable[Finding]) -> int:
    """Return what a program is to be told; what was skipped counts as nothing."""
    results = {finding.result for finding in findings}
    if Result.FAILURE in results:
        return SOME_FAILED
    return SOME_WARNED if Result.WARNING in results else ALL_OK


@dataclass(frozen=True, slots=True)
class Group:
    """Makes the findings of one group."""

    name: str

    def ok(self, name: str, found: str) -> Finding:
        """It is as it should be."""
        return Finding(self.name, name, Result.OK, found)

    def warning(self, name: str, found: str, remedy: str) -> Finding:
        """It works, but should not stay so."""
        return Finding(self.name, name, Result.WARNING, found, remedy)

    def failure(self, name: str, found: str, remedy: str) -> Finding:
        """It does not work."""
        return Finding(self.name, name, Result.FAILURE, found, remedy)

    def skipped(self, name: str, found: str) -> Finding:
        """Nobody could look; `found` says why."""
        return Finding(self.name, name, Result.SKIPPED, found)
