"""`station receipts list`, `show` and `rejected`: what was charged and signed, read beside a running station."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from station.commands import terminal
from station.commands.receipts.store import NOT_FOUND, find, looking, told
from station.core.powermeter import TransactionReq
from station.core.records import SignedRecord
from station.meter.evidence.verdict import Verdict, examine
from station.receipts.judged import SENTENCES
from station.receipts.pair import energy_of, energy_text, energy_wh, signed
from station.storage.card_names import CardNames
from station.storage.receipts import Kept, Receipt, Receipts, RejectedRecord, sha256_of

SECOND: Final = "%Y-%m-%d %H:%M:%S"
COLUMNS: Final = (
    terminal.Column("no", right=True),
    terminal.Column("EVSE", right=True),
    terminal.Column("started (UTC)", whole=True),
    terminal.Column("ended (UTC)", whole=True),
    terminal.Column("kWh", right=True),
    terminal.Column("records"),
    terminal.Column("transaction", whole=True),
    terminal.Column("card"),
)


def list_(options: argparse.Namespace) -> int:
    """Print one line a session."""
    with looking(options) as database:
        names = CardNames(database)
        found = [(receipt, names.of(receipt.token)) for receipt in Receipts(database).list()]
    if not found:
        print("there is no session yet")
        return 0
    terminal.table(COLUMNS, [_row(receipt, name) for receipt, name in found])
    return 0


def show_(options: argparse.Namespace) -> int:
    """Print one session with its records and what is to be thought of them."""
    with looking(options) as database:
        receipt = find(Receipts(database), options.number)
        name = CardNames(database).of(receipt.token) if receipt else ""
    if receipt is None:
        return NOT_FOUND
    for line in described(receipt, card_name=name):
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


def described(receipt: Receipt, *, card_name: str = "") -> list[str]:
    """Return a receipt as lines for people: who, when, how much, and each record with its verdict."""
    lines = [
        f"session      {receipt.number}, transaction {receipt.id}, EVSE {receipt.evse_id}",
        f"driver       {_driver(receipt, card_name)}",
        f"started      {_at(receipt.started_at)}",
        f"ended        {_at(receipt.ended_at) if receipt.ended_at else 'runs'}"
        + (f", {receipt.stopped_reason}" if receipt.stopped_reason else ""),
        f"energy       {energy_text(*energy_of(receipt, verify=True))}",
        *_requested(receipt.request),
    ]
    for kept in receipt.kept:
        lines += _record_lines(kept)
    return lines


def _row(receipt: Receipt, card_name: str) -> tuple[terminal.Cell, ...]:
    energy, records = energy_wh(receipt), signed(receipt)
    whole = records == "begin+end" or receipt.ended_at is None
    return (
        str(receipt.number),
        str(receipt.evse_id),
        receipt.started_at.strftime(SECOND),
        receipt.ended_at.strftime(SECOND) if receipt.ended_at else terminal.Styled("runs", "good"),
        f"{energy / 1000:.2f}" if energy is not None else "-",
        records if whole else terminal.Styled(records, "warn"),
        receipt.id,
        card_name,
    )


def _driver(receipt: Receipt, card_name: str) -> str:
    if receipt.token is None:
        return "nobody"
    number = f"{receipt.token.value} ({receipt.token.type})"
    return f"{card_name}, {number}" if card_name else number


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
        f"             taken {_at(record.taken_at)}, "
        f"{record.session_energy_wh / 1000:.2f} kWh in this session, {record.energy_wh / 1000:.2f} kWh in total",
        f"             the CSMS {_sent(kept)}; snapshot {'kept' if record.snapshot else 'not kept'}",
        f"             {_shown(record.ocmf)}",
        *(f"             doubtful: {sentence}" for sentence in _doubts(record, verdict)),
    ]


def _sent(kept: Kept) -> str:
    if kept.sent_at is not None:
        return f"has it since {_at(kept.sent_at)}"
    if kept.told_at is not None:
        return f"has its energy since {_at(kept.told_at)}, but not its signature"
    return "has not confirmed it"


def _doubts(record: SignedRecord, verdict: Verdict) -> list[str]:
    """Return what the record itself shows, and what was known of it when it was taken or read."""
    known = [SENTENCES.get(name, name) for name in record.doubts if name not in verdict.names]
    return [doubt.sentence for doubt in verdict.doubts] + known


def _rejected_lines(number: int, rejected: RejectedRecord) -> Iterator[str]:
    yield f"{number}  {_at(rejected.stored_at)}, EVSE {rejected.evse_id}: {rejected.reason}"
    if rejected.meter_serial is not None:
        yield f"    genuine; meter {rejected.meter_serial}, counter {rejected.pagination}"
    yield f"    sha256 {sha256_of(rejected.ocmf)}"
    yield f"    {_shown(rejected.ocmf)}"


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):{SECOND}} UTC"


def _shown(ocmf: bytes) -> str:
    return ocmf.decode("ascii", "backslashreplace")
