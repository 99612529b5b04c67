"""`station receipts`: sessions and their signed records, read beside a running station."""

import argparse
import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from station.core.records import RecordKind, SignedRecord
from station.errors import StationError
from station.meter.receipts import ReceiptError, compose
from station.meter.verdict import Verdict, examine
from station.storage.database import Database
from station.storage.receipts import BYTES_CHANGED, Receipt, Receipts

NOT_FOUND = 1
BEGINS = (RecordKind.TURN_ON, RecordKind.START)
ENDS = (RecordKind.TURN_OFF, RecordKind.END)
NUMBER = re.compile("[0-9]{1,18}")
SENTENCES = {
    "id_differs": "The meter forgot for whom it measured, as it does when its power fails; the begin names them.",
    BYTES_CHANGED: "These are not the bytes that were stored: the storage fails, or somebody wrote to it.",
}
"""For doubts that the bytes of a record do not show by themselves."""


def list_(options: argparse.Namespace) -> int:
    """Print one line a session."""
    with _open(options) as receipts:
        found = receipts.list()
    print(
        f"{'no':>4}  {'evse':>4}  {'started (UTC)':19}  {'ended (UTC)':19}  {'kWh':>8}  {'records':12}  transaction"
    )
    for receipt in found:
        started = receipt.started_at.strftime("%Y-%m-%d %H:%M:%S")
        ended = receipt.ended_at.strftime("%Y-%m-%d %H:%M:%S") if receipt.ended_at else "runs"
        energy = energy_wh(receipt)
        shown = f"{energy / 1000:8.2f}" if energy is not None else f"{'-':>8}"
        line = f"{receipt.number:>4}  {receipt.evse_id:>4}  {started}  {ended:19}  {shown}"
        print(f"{line}  {_signed(receipt):12}  {receipt.id}")
    return 0


def show_(options: argparse.Namespace) -> int:
    """Print one session with its records and what is to be thought of them."""
    receipt = _find(options)
    if receipt is None:
        return NOT_FOUND
    for line in described(receipt):
        print(line)
    return 0


def export_(options: argparse.Namespace) -> int:
    """Write one session as the XML that transparency software reads."""
    receipt = _find(options)
    if receipt is None:
        return NOT_FOUND
    xml = xml_of(receipt)
    if options.output is None:
        sys.stdout.buffer.write(xml)
        return 0
    try:
        options.output.write_bytes(xml)
    except OSError as error:
        raise StationError(f"{options.output} cannot be written: {error.strerror}") from error
    return 0


def xml_of(receipt: Receipt) -> bytes:
    """Return the receipt as S.A.F.E. XML; its number is the transactionId, which has to be an integer there."""
    if not receipt.records:
        raise StationError(f"session {receipt.number} has no signed record to export")
    try:
        return compose(receipt.records, transaction_id=receipt.number)
    except ReceiptError as error:
        raise StationError(f"session {receipt.number} cannot be exported: {error}") from error


def energy_wh(receipt: Receipt) -> int | None:
    """Return what the end record says was charged, or None if there is none."""
    return next((record.session_energy_wh for record in reversed(receipt.records) if record.kind in ENDS), None)


def described(receipt: Receipt) -> list[str]:
    """Return a receipt as lines for people: who, when, how much, and each record with its verdict."""
    energy = energy_wh(receipt)
    lines = [
        f"session      {receipt.number}, transaction {receipt.id}, EVSE {receipt.evse_id}",
        f"driver       {receipt.token.value} ({receipt.token.type})" if receipt.token else "driver       nobody",
        f"started      {receipt.started_at.isoformat(timespec='seconds')}",
        f"ended        {receipt.ended_at.isoformat(timespec='seconds') if receipt.ended_at else 'runs'}"
        + (f", {receipt.stopped_reason}" if receipt.stopped_reason else ""),
        f"energy       {energy / 1000:.2f} kWh" if energy is not None else "energy       no signed end",
    ]
    for record in receipt.records:
        verdict = examine(record.ocmf, record.public_key)
        answer = "VALID" if verdict.valid else "INVALID"
        lines += [
            "",
            f"{record.kind.value:12} signature {answer}; meter {record.meter_serial}, counter {record.pagination}",
            f"             taken {record.taken_at.isoformat(timespec='seconds')}, "
            f"{record.session_energy_wh / 1000:.2f} kWh in this session, {record.energy_wh / 1000:.2f} kWh in total",
            f"             {record.ocmf.decode('ascii', 'backslashreplace')}",
            *(f"             doubtful: {sentence}" for sentence in _doubts(record, verdict)),
        ]
    return lines


def _doubts(record: SignedRecord, verdict: Verdict) -> list[str]:
    """Return what the record itself shows, and what was known of it when it was taken or read."""
    known = [SENTENCES.get(name, name) for name in record.doubts if name not in verdict.names]
    return [doubt.sentence for doubt in verdict.doubts] + known


def _signed(receipt: Receipt) -> str:
    kinds = {record.kind for record in receipt.records if record.verified}
    names = [name for name, wanted in (("begin", BEGINS), ("end", ENDS)) if kinds & set(wanted)]
    return "+".join(names) or "none"


def _find(options: argparse.Namespace) -> Receipt | None:
    wanted = options.number
    with _open(options) as receipts:
        receipt = receipts.get(int(wanted) if NUMBER.fullmatch(wanted) else wanted)
    if receipt is None:
        print(f"there is no session {wanted}; see: station receipts list", file=sys.stderr)
    return receipt


@contextlib.contextmanager
def _open(options: argparse.Namespace) -> Iterator[Receipts]:
    with Database.look(_state_dir(options)) as database:
        yield Receipts(database)


def _state_dir(options: argparse.Namespace) -> Path:
    if options.state_dir is not None:
        return Path(options.state_dir)
    from station.settings import load

    return load(options.config).station.state_dir
