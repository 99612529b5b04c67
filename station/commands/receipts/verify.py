"""`station receipts verify`: is everything that is stored genuine, whole, and what a bill may rest on."""

import argparse
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from station.commands.ocmf import RESULTS, WIDTH
from station.commands.receipts.store import NOT_FOUND, counted, find, looking
from station.errors import StorageError
from station.meter.evidence.findings import DOUBTFUL, INVALID, Finding, Outcome, worst_code
from station.meter.evidence.sequence import Gap, find_gaps
from station.receipts.judged import Examiner, JudgedSession
from station.receipts.verdicts import ANSWERS, SOFTWARE, grade_of
from station.receipts.views import Grade
from station.storage.database import Database
from station.storage.receipts import Receipts

SHOWN: Final = {
    Grade.OK: "ok",
    Grade.NOTE: "note",
    Grade.DOUBT: "DOUBTFUL",
    Grade.FAIL: "INVALID",
    Grade.UNCHECKED: "not checked",
}


def verify_(options: argparse.Namespace) -> int:
    """Judge one session, or all of them and the gaps between their records; return the worst exit code."""
    with looking(options) as database:
        status = _verify_all(database) if options.number is None else _verify_one(database, options.number)
    if status is None:
        return NOT_FOUND
    print(f"result: {RESULTS[status]}")
    return status


def _verify_one(database: Database, wanted: str) -> int | None:
    """Print every check of a session."""
    receipt = find(Receipts(database), wanted)
    if receipt is None:
        return None
    judged = Examiner(database).judge(receipt)
    _tell(judged, everything=True)
    return judged.exit_status


def _verify_all(database: Database) -> int:
    """Print what is not as it should be, and how many sessions are."""
    receipts, bench = Receipts(database), Examiner(database)
    codes: list[int] = []
    notable: list[JudgedSession] = []
    software: list[Finding] = []
    unreadable: list[str] = []
    numbers = receipts.numbers()
    for number in counted(numbers, "sessions"):
        try:
            receipt = receipts.get(number)
        except StorageError as error:
            unreadable.append(str(error))
            codes.append(INVALID)
            continue
        if receipt is None:  # it was deleted meanwhile
            continue
        judged = bench.judge(receipt)
        codes.append(judged.exit_status)
        software += [finding for finding in judged.together if finding.check in SOFTWARE]
        if judged.exit_status:
            notable.append(judged)
    for judged in notable:
        _tell(judged, everything=False)
    print(*unreadable, sep="\n", end="\n" if unreadable else "")
    gaps = find_gaps(receipts.counters())
    for line in (*_gap_lines(gaps), *_software_lines(software), *_summary(codes)):
        print(line)
    if set_aside := len(receipts.rejected()):
        print(f"set aside and not judged: {set_aside}; see: station receipts rejected")
    return worst_code([*codes, DOUBTFUL if gaps else 0])


def _tell(judged: JudgedSession, *, everything: bool) -> None:
    receipt = judged.receipt
    runs = "" if receipt.ended_at else ", runs"
    print(f"session {receipt.number}, transaction {receipt.id}{runs}: {ANSWERS[judged.exit_status].upper()}")
    names = [f"{record.kind.value} {record.pagination}" for record in receipt.records]
    for name, findings in zip((*names, "together"), (*judged.records, judged.together), strict=True):
        for finding in findings:
            if everything or finding.exit_status:
                print(_line(name, finding))


def _line(name: str, finding: Finding) -> str:
    text = f"  {name:14}  {SHOWN[grade_of(finding)]:11}  {finding.check}: {finding.sentence}"
    return textwrap.fill(text, WIDTH, subsequent_indent=" " * 31, break_long_words=False, break_on_hyphens=False)


def _gap_lines(gaps: Sequence[Gap]) -> Iterator[str]:
    for gap in gaps:
        yield (
            f"meter {gap.meter_serial}: {gap.missing} taken between counters {gap.after} and {gap.before}"
            f" {'is' if gap.missing == 1 else 'are'} not here"
        )
    if gaps:
        yield "  The meter counts every snapshot, those of other tools too, and with older firmware every power-up."


def _software_lines(software: Sequence[Finding]) -> Iterator[str]:
    for check, name in SOFTWARE.items():
        asked = [finding for finding in software if finding.check == check]
        if asked:
            accepted = sum(finding.outcome is Outcome.OK for finding in asked)
            yield f"{name} accepts {accepted} of {len(asked)} sessions with begin and end"
        refusals = dict.fromkeys(finding.sentence for finding in asked if finding.outcome is not Outcome.OK)
        for sentence in refusals:
            yield textwrap.fill(sentence, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _summary(codes: Sequence[int]) -> Iterator[str]:
    counts = ", ".join(f"{codes.count(code)} {answer.upper()}" for code, answer in ANSWERS.items() if code in codes)
    yield f"{len(codes)} session{'' if len(codes) == 1 else 's'}{': ' if counts else ''}{counts}"
