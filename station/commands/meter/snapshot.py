"""`station meter snapshot`: have the meter sign, and keep what it signed."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from station.commands.meter import words
from station.commands.meter.connection import Connection, with_meter
from station.commands.meter.options import SWITCHING_KINDS
from station.commands.meter.progress import progress
from station.commands.meter.write_metadata import refuse
from station.core.records import Metadata, RecordKind
from station.errors import RecordInvalidError, StationError
from station.meter.evidence.verdict import Verdict, examine
from station.meter.ocmf import Ocmf

INVALID, DOUBTFUL = 1, 2
LONGEST_S: Final = {RecordKind.TURN_ON: 10, RecordKind.TURN_OFF: 8}
USUAL_S: Final = 6
"""METER.md section 5, times at most."""
SWITCHES: Final = {
    "turn-on": "resets the session register and closes the contactor's path: the outlet may become live, and it stays"
    " so when this command has ended",
    "turn-off": "opens the contactor: whoever charges there is cut off",
}


def run(options: argparse.Namespace) -> int:
    """Take a snapshot, its text to a file or standard output, its verdict to standard error."""
    if options.kind in SWITCHING_KINDS and not options.switch:
        options.misuse(f"{options.kind} {SWITCHES[options.kind]}. If that is meant, add --switch")
    given = (options.meta1, options.meta2, options.meta3)
    metadata = Metadata(*(text or "" for text in given)) if any(text is not None for text in given) else None
    if metadata is not None:
        refuse(options, metadata)
    kind = RecordKind(options.kind.replace("-", "_"))
    output = Output(options.output)
    return with_meter(options, partial(take, kind=kind, metadata=metadata, output=output, err=sys.stderr))


class Output:
    """Where the signed text goes, byte for byte: to a file, else to standard output."""

    def __init__(self, path: Path | None, stdout: BinaryIO | None = None) -> None:
        self._path = path
        self._stdout = stdout or sys.stdout.buffer

    def write(self, ocmf: bytes) -> None:
        """Keep a text; if the file cannot be written it goes to standard output, and StationError says so."""
        if self._path is not None:
            try:
                self._path.write_bytes(ocmf)
                return
            except OSError as error:
                self._print(ocmf)
                raise StationError(f"{self._path} cannot be written, see above: {error.strerror}") from error
        self._print(ocmf)

    def _print(self, ocmf: bytes) -> None:
        # A terminal is for eyes: what comes next begins on a line of its own.
        self._stdout.write(ocmf + b"\n" * self._stdout.isatty())
        self._stdout.flush()


async def take(
    connection: Connection, *, kind: RecordKind, output: Output, err: TextIO, metadata: Metadata | None = None
) -> int:
    """Write the metadata if there is any, take the snapshot and return what `station ocmf verify` would."""
    identity = await connection.meter.identify()
    if metadata is not None:
        await connection.meter.write_metadata(metadata)
    name = kind.value.replace("_", "-")
    what = f"{name} snapshot of meter {identity.serial}, which takes up to {LONGEST_S.get(kind, USUAL_S)} s or so"
    try:
        async with progress(what, err):
            record = await connection.meter.snapshot(kind)
    except RecordInvalidError as error:
        output.write(error.ocmf)
        print(words.lines([("result", f"INVALID: {error}")]), file=err)
        return INVALID
    output.write(record.ocmf)
    verdict = examine(record.ocmf, record.public_key)
    doubts = [doubt.sentence for doubt in verdict.doubts]
    if connection.place.public_key not in (None, record.public_key):
        doubts.append("The meter's key is not the one in the settings.")
    print(words.lines(_facts(verdict, kind, doubts)), file=err)
    return max(verdict.exit_status, DOUBTFUL if doubts else 0)


def _facts(verdict: Verdict, kind: RecordKind, doubts: Sequence[str]) -> list[tuple[str, str]]:
    record = verdict.record
    assert record is not None
    facts = [
        ("result", f"VALID by the meter's own key{', but doubtful' if doubts else ''}"),
        *(("doubtful", sentence) for sentence in doubts),
        ("record", f"meter {record.meter_serial}, counter {record.pagination}"),
        ("time", f"{record.taken_at.isoformat(sep=' ')} ({record.time_flag})"),
        (
            "energy",
            f"{record.session_energy_wh / 1000:.2f} kWh in this session, {record.energy_wh / 1000:.2f} kWh in total",
        ),
        *((name, words.printable(text)) for name, text in _metadata(record) if text),
    ]
    if kind is RecordKind.TURN_ON:
        facts.append(("output", "on, and it stays so: station meter snapshot turn-off --switch turns it off"))
    return facts


def _metadata(record: Ocmf) -> list[tuple[str, str]]:
    return [("Meta1", record.id_data), ("Meta2", record.meta2), ("Meta3", record.meta3)]
