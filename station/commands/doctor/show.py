"""Findings for people, one a line, and for programs."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from station.commands import terminal
from station.commands.doctor.findings import Finding, Result
from station.commands.terminal import Styled

MARKS: Final[Mapping[Result, Styled]] = {
    Result.OK: Styled("ok     ", "good"),
    Result.WARNING: Styled("WARNING", "warn"),
    Result.FAILURE: Styled("FAILURE", "bad"),
    Result.SKIPPED: Styled("skipped", "dim"),
}
INDENT: Final = 10


def line(finding: Finding) -> None:
    """Print what was found, and below it what to do."""
    mark = MARKS[finding.result]
    for number, text in enumerate(finding.found.splitlines() or [""]):
        if number == 0:
            terminal.say(mark, f"{finding.group}, {finding.name}:", text)
        else:
            terminal.say(" " * INDENT, text)
    if finding.remedy:
        terminal.below(f"-> {finding.remedy}", indent=INDENT)


def summary(findings: Iterable[Finding]) -> None:
    """Print how it stands altogether, and what is to be looked for in the lines above."""
    every = list(findings)
    failed, warned = _names(every, Result.FAILURE), _names(every, Result.WARNING)
    if failed:
        terminal.say(Styled(f"{len(failed)} of {len(every)} failed: {'; '.join(failed)}", "bad"))
    if warned:
        count = f"{len(warned)} of {len(every)} with a warning" if not failed else f"{len(warned)} with a warning"
        terminal.say(Styled(f"{count}: {'; '.join(warned)}", "warn"))
    if not failed and not warned:
        terminal.say(Styled(f"all is well: {len(every)} looked at", "good"))


def _names(findings: Iterable[Finding], result: Result) -> list[str]:
    return [f"{finding.group}, {finding.name}" for finding in findings if finding.result is result]


def document(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON data."""
    return {
        "group": finding.group,
        "name": finding.name,
        "result": finding.result.value,
        "found": finding.found,
        "remedy": finding.remedy,
    }
