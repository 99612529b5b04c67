"""`station receipts export`: sessions for transparency software and for spreadsheets."""

import argparse
from collections.abc import Iterator, Sequence

from station.commands.receipts.judged import Examiner, JudgedSession
from station.commands.receipts.sessions import energy_wh, xml_of
from station.commands.receipts.store import NOT_FOUND, begin_of, counted, end_of, find, looking, put, signed
from station.errors import StationError
from station.meter.evidence.chargy import Nameplate, compose_chargy
from station.meter.evidence.safe_xml import ReceiptError
from station.meter.evidence.sessions_csv import SessionRow, sessions_csv
from station.meter.ocmf import OcmfError, parse
from station.storage.database import Database
from station.storage.receipts import Receipt, Receipts


def export_(options: argparse.Namespace) -> int:
    """Write one session as the file that transparency software reads, or one or all as a table."""
    if options.number is None and options.format != "csv":
        options.misuse(f"--format {options.format} takes one session; say its NUMBER, see: station receipts list")
    with looking(options) as database:
        receipts = Receipts(database)
        if options.number is None:
            content = csv_of(database, receipts.numbers())
        elif receipt := find(receipts, options.number):
            content = _content(options.format, database, receipt)
        else:
            return NOT_FOUND
    put(content, options.output)
    return 0


def csv_of(database: Database, numbers: Sequence[int]) -> bytes:
    """Return sessions as a table."""
    return sessions_csv(_rows(database, numbers)).encode()


def chargy_of(receipt: Receipt) -> bytes:
    """Return a session as Chargy JSON; StationError if it has no begin, no end, or no registers of them."""
    begin, end = begin_of(receipt), end_of(receipt)
    try:
        if begin is None or end is None:
            raise ReceiptError(f"it has no signed {'end' if begin else 'begin'}")
        if begin.public_key != end.public_key:
            raise ReceiptError("begin and end have two different public keys")
        text = parse(begin.ocmf)
        return compose_chargy(
            begin.snapshot,
            end.snapshot,
            public_key=begin.public_key,
            meter=Nameplate(text.manufacturer, text.model, text.firmware),
            evse_id=receipt.request.evse_id if receipt.request else str(receipt.evse_id),
        )
    except (ReceiptError, OcmfError) as error:
        told = f"session {receipt.number} cannot be exported as Chargy JSON: {error}"
        raise StationError(f"{told}; --format safe-xml takes what there is") from error


def _content(form: str, database: Database, receipt: Receipt) -> bytes:
    match form:
        case "csv":
            return csv_of(database, (receipt.number,))
        case "chargy":
            return chargy_of(receipt)
    return xml_of(receipt)


def _rows(database: Database, numbers: Sequence[int]) -> Iterator[SessionRow]:
    receipts, bench = Receipts(database), Examiner(database)
    for number in counted(numbers, "sessions"):
        receipt = receipts.get(number)
        if receipt is not None:  # else it was just deleted
            yield _row(bench.judge(receipt))


def _row(judged: JudgedSession) -> SessionRow:
    receipt = judged.receipt
    begin, end = begin_of(receipt), end_of(receipt)
    some = begin or end
    return SessionRow(
        number=receipt.number,
        transaction_id=receipt.id,
        evse_id=receipt.evse_id,
        id_token=receipt.token.value if receipt.token else "",
        started_at=receipt.started_at,
        ended_at=receipt.ended_at,
        stopped_reason=receipt.stopped_reason,
        meter_serial=some.meter_serial if some else None,
        begin_counter=begin.pagination if begin else None,
        end_counter=end.pagination if end else None,
        begin_wh=begin.energy_wh if begin else None,
        end_wh=end.energy_wh if end else None,
        energy_wh=energy_wh(receipt),
        signed=signed(receipt),
        findings=judged.failed,
    )
