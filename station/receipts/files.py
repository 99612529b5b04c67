"""Receipts as files for other software: S.A.F.E. XML, Chargy JSON, and a table for spreadsheets."""

from collections.abc import Iterable, Iterator

from station.errors import StationError
from station.meter.evidence.chargy import Nameplate, compose_chargy
from station.meter.evidence.safe_xml import ReceiptError, compose
from station.meter.evidence.sessions_csv import SessionRow, sessions_csv
from station.meter.ocmf import OcmfError, parse
from station.receipts.judged import Examiner, JudgedSession
from station.receipts.pair import begin_of, end_of, energy_wh, signed
from station.storage.card_names import CardNames
from station.storage.database import Database
from station.storage.receipts import Receipt, Receipts


class ExportError(StationError):
    """A session cannot be written in this format; the text says why."""


def safe_xml(receipt: Receipt) -> bytes:
    """Return the signed records as S.A.F.E. XML; its transactionId is the number, as it has to be an integer there.

    ExportError if there is no record, or one that cannot stand in XML unchanged.
    """
    if not receipt.records:
        raise ExportError(f"session {receipt.number} has no signed record to export")
    try:
        return compose(receipt.records, transaction_id=receipt.number)
    except ReceiptError as error:
        raise ExportError(f"session {receipt.number} cannot be exported: {error}") from error


def chargy(receipt: Receipt) -> bytes:
    """Return begin and end as Chargy JSON; ExportError if one is missing, or the registers that it was made from."""
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
        raise ExportError(f"session {receipt.number} cannot be exported as Chargy JSON: {error}") from error


def table(database: Database, numbers: Iterable[int], *, names: CardNames) -> Iterator[bytes]:
    """Yield sessions as CSV: the header, then one session after the other, each judged; one that is gone is not."""
    return (line.encode() for line in sessions_csv(_rows(database, numbers, names)))


def _rows(database: Database, numbers: Iterable[int], names: CardNames) -> Iterator[SessionRow]:
    receipts, bench = Receipts(database), Examiner(database)
    for number in numbers:
        receipt = receipts.get(number)
        if receipt is not None:  # else it was just deleted
            yield _row(bench.judge(receipt), names.of(receipt.token))


def _row(judged: JudgedSession, card_name: str) -> SessionRow:
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
        card_name=card_name,
    )
