"""`station ocmf verify`: is what a file holds genuine, and what else should its reader know."""

import argparse
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from station.errors import StationError
from station.meter.evidence.chargy_law import judge_entries, judge_entry
from station.meter.evidence.chargy_reader import Entry, looks_like_chargy, read_chargy
from station.meter.evidence.findings import INVALID, Finding, Outcome, Weight, worst
from station.meter.evidence.law import Judged, judge_record, judge_together
from station.meter.evidence.pair import Statement, find_pairs
from station.meter.evidence.safe_xml import Evidence, ReceiptError, read_evidence
from station.meter.keys import KeyFormatError, parse_key

WIDTH = 110
LONGEST_PATH = 100
"""What is longer on the command line is a key, not the name of a file."""
FAILED = {Weight.NOTE: "note", Weight.DOUBT: "DOUBTFUL", Weight.DECISIVE: "INVALID"}
RESULTS = {0: "VALID, nothing doubtful", 1: "INVALID", 2: "DOUBTFUL, see above"}


@dataclass(frozen=True, slots=True)
class Block:
    """One part of the report: what a record says, or two together, and what was found."""

    title: str
    facts: Sequence[tuple[str, str]]
    findings: Sequence[Finding]


def verify(options: argparse.Namespace) -> int:
    """Judge every record in the file, and begins and ends together; return the worst exit code."""
    known = {"given": _key(options.key)} if options.key else {}
    data = _bytes(options.file)
    try:
        blocks = _chargy_blocks(data, known) if looks_like_chargy(data) else _ocmf_blocks(data, known)
    except ReceiptError as error:
        print(_printable(f"{options.file}: {error}"))
        return INVALID
    for block in blocks:
        print(*_lines(block), "", sep="\n")
    status = worst(finding for block in blocks for finding in block.findings)
    print(f"result: {RESULTS[status]}")
    return status


def _ocmf_blocks(data: bytes, known: Mapping[str, bytes]) -> list[Block]:
    found = read_evidence(data)
    judged = [judge_record(evidence, known=known) for evidence in found]
    blocks = [
        Block(f"record {number} of {len(found)}", list(_ocmf_facts(evidence, one)), one.findings)
        for number, (evidence, one) in enumerate(zip(found, judged, strict=True), 1)
    ]
    transactions = [evidence.transaction_id for evidence in found]
    for begin, end in find_pairs(list(zip(transactions, map(_kind, judged), strict=True))):
        findings = judge_together(judged[begin], judged[end], between=_counters(judged, judged[begin]))
        blocks.append(Block(_together(begin, end), [], findings))
    return blocks


def _chargy_blocks(data: bytes, known: Mapping[str, bytes]) -> list[Block]:
    entries = read_chargy(data)
    judged = [judge_entry(entry, known=known) for entry in entries]
    blocks = [
        Block(f"record {number} of {len(entries)}", _entry_facts(entry, one.statement), one.findings)
        for number, (entry, one) in enumerate(zip(entries, judged, strict=True), 1)
    ]
    for begin, end in find_pairs([(None, _kind(one)) for one in judged]):
        judgement = judge_entries(entries[begin], entries[end], known=known)
        blocks.append(Block(_together(begin, end), [], judgement.together))
    return blocks


def _kind(judged: Judged) -> str:
    return judged.statement.transaction if judged.statement else ""


def _counters(judged: Sequence[Judged], begin: Judged) -> set[int]:
    """Return the counters of all records of the begin's meter."""
    statements = [one.statement for one in judged if one.statement]
    serial = begin.statement.meter_serial if begin.statement else None
    return {statement.pagination for statement in statements if statement.meter_serial == serial}


def _together(begin: int, end: int) -> str:
    return f"begin and end together: records {begin + 1} and {end + 1}"


def _ocmf_facts(evidence: Evidence, judged: Judged) -> Iterator[tuple[str, str]]:
    record = judged.verdict.record if judged.verdict else None
    if record and judged.statement:
        yield from _facts(judged.statement, f"{record.taken_at.isoformat()} ({record.time_flag})")
    if evidence.context:
        yield "context", f"{evidence.context} (not signed)"


def _entry_facts(entry: Entry, statement: Statement | None) -> list[tuple[str, str]]:
    time = entry.taken_at.isoformat() if entry.taken_at else "unknown, the meter's clock was not set"
    shown = ", ".join(
        f"{name} {entry.meter[name]}" for name in ("manufacturer", "type", "firmwareVersion") if name in entry.meter
    )
    facts = _facts(statement, time) if statement else []
    return [*facts, ("meter info", f"{shown or 'none'} (not signed)")]


def _facts(statement: Statement, time: str) -> list[tuple[str, str]]:
    return [
        ("meter", f"{statement.meter_serial}, counter {statement.pagination}"),
        ("time", time),
        (
            "energy",
            f"{statement.session_energy_wh / 1000:.2f} kWh in this session, "
            f"{statement.energy_wh / 1000:.2f} kWh in total",
        ),
        ("assigned to", statement.metadata[0] or "nobody"),
    ]


def _lines(block: Block) -> list[str]:
    told = [*block.facts, *((_answer(one), f"{one.check}: {one.sentence}") for one in block.findings)]
    return [block.title, *(_indented(f"  {name:11}  {text}") for name, text in told)]


def _indented(line: str) -> str:
    line = _printable(line)
    return textwrap.fill(line, WIDTH, subsequent_indent=" " * 15, break_long_words=False, break_on_hyphens=False)


def _printable(text: str) -> str:
    # What stands in a file may not command the terminal it is shown on.
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _answer(finding: Finding) -> str:
    decisive = finding.weight is Weight.DECISIVE
    match finding.outcome:
        case Outcome.OK:
            return "VALID" if finding.check == "signature" else "ok"
        case Outcome.FAILED:
            return FAILED[finding.weight]
        case Outcome.NOT_APPLICABLE:
            return "not checked" if decisive else "-"


def _bytes(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise StationError(f"{file} cannot be read: {error.strerror}") from error


def _key(argument: str) -> bytes:
    """Take a key as it stands on the command line, or from a file of that name."""
    path = Path(argument)
    is_file = len(argument) < LONGEST_PATH and path.is_file()
    try:
        return parse_key(path.read_text(encoding="ascii") if is_file else argument)
    except (KeyFormatError, UnicodeDecodeError) as error:
        what = "this file holds no key" if is_file else "there is no such file, and it is no key"
        raise StationError(f"--key {argument}: {what}: {error}") from error
    except OSError as error:
        raise StationError(f"--key {argument}: cannot be read: {error.strerror}") from error
