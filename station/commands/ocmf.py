"""`station ocmf verify`: is a signed record genuine, and what else should its reader know."""

import argparse
import sys
from pathlib import Path

from station.errors import StationError
from station.meter.keys import KeyFormatError, parse_key
from station.meter.receipts import Evidence, ReceiptError, read_evidence
from station.meter.verdict import Verdict, examine

MALFORMED = 1


def verify(options: argparse.Namespace) -> int:
    """Judge every record in the file and return the worst of their exit codes."""
    key = _key(options.key) if options.key else None
    try:
        found = read_evidence(_bytes(options.file))
    except ReceiptError as error:
        print(f"{options.file}: {error}")
        return MALFORMED
    verdicts = [examine(evidence.ocmf, key or evidence.key) for evidence in found]
    for number, (evidence, verdict) in enumerate(zip(found, verdicts, strict=True), 1):
        print(f"record {number} of {len(found)}")
        for line in _lines(evidence, verdict):
            print(f"  {line}")
    codes = {verdict.exit_status for verdict in verdicts}
    return next(code for code in (1, 2, 0) if code in codes)


def _lines(evidence: Evidence, verdict: Verdict) -> list[str]:
    answers = {True: "VALID", False: "INVALID", None: "not checked"}
    lines = [f"signature   {answers[verdict.valid]}"]
    if record := verdict.record:
        lines += [
            f"meter       {record.meter_serial}, counter {record.pagination}",
            f"time        {record.taken_at.isoformat()} ({record.time_flag})",
            f"energy      {record.session_energy_wh / 1000:.2f} kWh in this session, "
            f"{record.energy_wh / 1000:.2f} kWh in total",
            f"assigned to {record.id_data or 'nobody'}",
        ]
    if evidence.context:
        lines.append(f"context     {evidence.context} (not signed)")
    return lines + [f"doubtful    {doubt.sentence}" for doubt in verdict.doubts]


def _bytes(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise StationError(f"{file} cannot be read: {error.strerror}") from error


def _key(argument: str) -> bytes:
    """Take a key as it stands on the command line, or from a file of that name."""
    path = Path(argument)
    try:
        return parse_key(path.read_text(encoding="ascii") if len(argument) < 100 and path.is_file() else argument)
    except (KeyFormatError, UnicodeDecodeError) as error:
        raise StationError(f"--key {argument}: {error}") from error
