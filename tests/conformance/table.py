"""Table: the cases and how they went, printed for people."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from tests.conformance.cases import Case

PASSED, FAILED, SKIPPED, MISSING = "passed", "failed", "skipped", "missing"
PROPERTY = "conformance"
"""Of a test and its reports, also those of other processes: the case that it is."""
WORST_FIRST = (FAILED, SKIPPED, PASSED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case went."""

    word: str
    reason: str = ""


class Recorder:
    """A plugin of pytest that keeps the verdict of each case."""

    def __init__(self) -> None:
        self.verdicts: dict[str, Verdict] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        case = dict(report.user_properties).get(PROPERTY)
        if case is None or (report.passed and report.when != "call"):
            return
        verdict = Verdict(FAILED) if report.failed else Verdict(SKIPPED, _reason(report))
        if report.passed:
            verdict = Verdict(PASSED)
        known = self.verdicts.get(str(case), verdict)
        self.verdicts[str(case)] = min(known, verdict, key=lambda verdict: WORST_FIRST.index(verdict.word))


def rows(cases: Sequence[Case], verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    """Yield the lines of the table, the totals last."""
    counts: Counter[str] = Counter()
    for case in cases:
        verdict = verdicts.get(case.id, Verdict(MISSING))
        counts[verdict.word] += 1
        reason = f" ({verdict.reason})" if verdict.reason else ""
        yield f"{case.id}  {verdict.word:7}  {case.title}{reason}"
    yield ""
    yield f"{len(cases)} cases: " + ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))


def _reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped; pytest keeps file, line and text."""
    return str(report.longrepr[2]).removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
