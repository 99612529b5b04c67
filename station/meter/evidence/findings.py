"""Findings: what was checked of signed records and what came out, one named check after the other; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

INVALID, DOUBTFUL = 1, 2
"""Exit codes beside 0."""


class Outcome(StrEnum):
    """What a check came to."""

    OK = "ok"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


class Weight(StrEnum):
    """What it means if a check fails."""

    NOTE = "note"
    """Worth knowing, but it says nothing against the records."""
    DOUBT = "doubt"
    """The records are what the meter signed, and something about them has to be looked at."""
    DECISIVE = "decisive"
    """This is not what the meter signed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to."""

    check: str
    """Stable, for programs: `signature`, `counters_consecutive` ..."""
    outcome: Outcome
    sentence: str
    """For people."""
    weight: Weight = Weight.DOUBT

    @property
    def exit_status(self) -> int:
        """0 nothing against the records, 1 not what the meter signed, 2 doubtful."""
        if self.outcome is Outcome.OK or self.weight is Weight.NOTE:
            return 0
        if self.outcome is Outcome.FAILED:
            return INVALID if self.weight is Weight.DECISIVE else DOUBTFUL
        # What decides and could not be checked leaves a doubt.
        return DOUBTFUL if self.weight is Weight.DECISIVE else 0


def worst(findings: Iterable[Finding]) -> int:
    """Return the exit code for all of them together: 1 before 2 before 0."""
    return worst_code(finding.exit_status for finding in findings)


def worst_code(codes: Iterable[int]) -> int:
    """Return the exit code that stands for several: 1 before 2 before 0."""
    found = set(codes)
    return next((code for code in (INVALID, DOUBTFUL) if code in found), 0)


def checked(check: str, passed: bool, *, ok: str, failed: str, weight: Weight = Weight.DOUBT) -> Finding:
    """Return the finding of a check that could be made."""
    return Finding(check, Outcome.OK if passed else Outcome.FAILED, ok if passed else failed, weight)


def not_applicable(check: str, sentence: str, *, weight: Weight = Weight.DOUBT) -> Finding:
    """Return the finding of a check that could not be made."""
    return Finding(check, Outcome.NOT_APPLICABLE, sentence, weight)


def failed(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the names of the checks that failed, notes apart, each once."""
    names = [one.check for one in findings if one.outcome is Outcome.FAILED and one.weight is not Weight.NOTE]
    return tuple(dict.fromkeys(names))
