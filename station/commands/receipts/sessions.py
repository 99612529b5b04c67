"""`station receipts list`, `show` and `rejected`: what was charged and signed, read beside a running station."""

import argparse
from collections.abc import Iterator

from station.commands.receipts.store import NOT_FOUND, end_of, find, looking, signed, told
from station.core.powermeter import TransactionReq
from station.core.records import SignedRecord
from station.errors import StationError
from station.meter.evidence.safe_xml import ReceiptError, compose
from station.meter.evidence.verdict import Verdict, examine
from station.storage.receipts import BYTES_CHANGED, Kept, Receipt, Receipts, RejectedRecord, sha256_of

SENTENCES = {
    "id_differs": "The meter forgot for whom it measured, as it does when its power fails; the begin names them.",
    BYTES_CHANGED: "These are not the bytes that were stored: the storage fails, or somebody wrote to it.",
}
"""For doubts that the bytes of a record do not show by themselves."""


def list_(options: argparse.Namespace) -> int:
    """Print one line a session."""
    with looking(options) as database:
        found = Receipts(database).list()
    if not found:
        print("there is no session yet")
        return 0
    print(
        f"{'no':>4}  {'evse':>4}  {'started (UTC)':19}  {'ended (UTC)':19}  {'kWh':>8}  {'records':12}  transaction"
    )
    for receipt in found:
        started = receipt.started_at.strftime("%Y-%m-%d %H:%M:%S")
        ended = receipt.ended_at.strftime("%Y-%m-%d %H:%M:%S") if receipt.ended_at else "runs"
        energy = energy_wh(receipt)
        shown = f"{energy / 1000:8.2f}" if energy is not None else f"{'-':>8}"
        line = f"{receipt.number:>4}  {receipt.evse_id:>4}  {started}  {ended:19}  {shown}"
        print(f"{line}  {signed(receipt):12}  {receipt.id}")
    return 0


def show_(options: argparse.Namespace) -> int:
    """Print one session with its records and what is to be thought of them."""
    with looking(options) as database:
        receipt = find(Receipts(database), options.number)
    if receipt is None:
        return NOT_FOUND
    for line in described(receipt):
        print(line)
    return 0


def rejected_(options: argparse.Namespace) -> int:
    """Print the records that were kept as evidence and must not be reported."""
    with looking(options) as database:
        found = Receipts(database).rejected()
    if not found:
        print("no record was set aside")
    for number, rejected in enumerate(found, 1):
        for line in _rejected_lines(number, rejected):
            print(line)
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
    end = end_of(receipt)
    return end.session_energy_wh if end else None


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
        *_requested(receipt.request),
    ]
    for kept in receipt.kept:
        lines += _record_lines(kept)
    return lines


def _requested(request: TransactionReq | None) -> Iterator[str]:
    if request is None:
        yield "request      not kept"
        return
    who = (
        request.identification_status,
        request.identification_data,
        request.identification_type,
        request.identification_level,
        *request.identification_flags,
    )
    yield f"request      {told(who)}"
    tariff = f"tariff {request.tariff_text}" if request.tariff_text else None
    yield f"             {told((f'EVSE {request.evse_id}', f'transaction {request.transaction_id}', tariff))}"


def _record_lines(kept: Kept) -> list[str]:
    record = kept.record
    verdict = examine(record.ocmf, record.public_key)
    answer = "VALID" if verdict.valid else "INVALID"
    return [
        "",
        f"{record.kind.value:12} signature {answer}; meter {record.meter_serial}, counter {record.pagination}",
        f"             taken {record.taken_at.isoformat(timespec='seconds')}, "
        f"{record.session_energy_wh / 1000:.2f} kWh in this session, {record.energy_wh / 1000:.2f} kWh in total",
        f"             the CSMS {_sent(kept)}; snapshot {'kept' if record.snapshot else 'not kept'}",
        f"             {_shown(record.ocmf)}",
        *(f"             doubtful: {sentence}" for sentence in _doubts(record, verdict)),
    ]


def _sent(kept: Kept) -> str:
    if kept.sent_at is not None:
        return f"has it since {kept.sent_at.isoformat(timespec='seconds')}"
    if kept.told_at is not None:
        return f"has its energy since {kept.told_at.isoformat(timespec='seconds')}, but not its signature"
    return "has not confirmed it"


def _doubts(record: SignedRecord, verdict: Verdict) -> list[str]:
    """Return what the record itself shows, and what was known of it when it was taken or read."""
    known = [SENTENCES.get(name, name) for name in record.doubts if name not in verdict.names]
    return [doubt.sentence for doubt in verdict.doubts] + known


def _rejected_lines(number: int, rejected: RejectedRecord) -> Iterator[str]:
    at = rejected.stored_at.isoformat(timespec="seconds")
    yield f"{number}  {at}, EVSE {rejected.evse_id}: {rejected.reason}"
    if rejected.meter_serial is not None:
        yield f"    genuine; meter {rejected.meter_serial}, counter {rejected.pagination}"
    yield f"    sha256 {sha256_of(rejected.ocmf)}"
    yield f"    {_shown(rejected.ocmf)}"


def _shown(ocmf: bytes) -> str:
    return ocmf.decode("ascii", "backslashreplace")
