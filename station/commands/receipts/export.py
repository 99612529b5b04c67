"""`station receipts export`: sessions for transparency software and for spreadsheets."""

import argparse
from collections.abc import Sequence

from station.commands.receipts.store import NOT_FOUND, counted, find, looking, put
from station.errors import StationError
from station.receipts.files import ExportError, chargy, safe_xml, table
from station.storage.card_names import CardNames
from station.storage.database import Database
from station.storage.receipts import Receipt, Receipts


def export_(options: argparse.Namespace) -> int:
    """Write one session as the file that transparency software reads, or one or all as a table."""
    if options.number is None and options.format != "csv":
        options.misuse(f"--format {options.format} takes one session; say its NUMBER, see: station receipts list")
    with looking(options) as database:
        receipts = Receipts(database)
        if options.number is None:
            content = _csv(database, receipts.numbers())
        elif receipt := find(receipts, options.number):
            content = _content(options.format, database, receipt)
        else:
            return NOT_FOUND
    put(content, options.output)
    return 0


def _content(form: str, database: Database, receipt: Receipt) -> bytes:
    match form:
        case "csv":
            return _csv(database, (receipt.number,))
        case "chargy":
            return _chargy(receipt)
    return safe_xml(receipt)


def _csv(database: Database, numbers: Sequence[int]) -> bytes:
    return b"".join(table(database, counted(numbers, "sessions"), names=CardNames(database)))


def _chargy(receipt: Receipt) -> bytes:
    try:
        return chargy(receipt)
    except ExportError as error:
        raise StationError(f"{error}; --format safe-xml takes what there is") from error
