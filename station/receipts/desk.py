"""The receipts for whoever asks: in lists, whole, as a driver may see them, judged, and as files."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from station.receipts.views import PublicReceipt, ReceiptSummary, ReceiptView, VerdictView
from station.storage.card_names import CardNames
from station.storage.database import Database
from station.storage.receipts import Receipt, Receipts

MOST: Final = 100
"""Summaries in one answer at most."""


class ReceiptDesk:
    """Answers about the receipts in a database; `which` is a number (int) or a transaction id (str).

    Every answer takes milliseconds, and what would take longer comes in pieces (`csv`). All of them raise
    StorageError if what is stored cannot be read. Cryptography and parsers of files are loaded with the first answer
    that needs them, because most stations are never asked.
    """

    def __init__(self, database: Database, *, names: CardNames) -> None:
        self._database = database
        self._receipts = Receipts(database)
        self._names = names

    def summaries(self, before: int | None = None, limit: int = 50) -> tuple[ReceiptSummary, ...]:
        """Return sessions, the newest first; `before`: only those with a smaller number. MOST at most."""
        from station.receipts.shown import summary

        numbers = self._receipts.numbers()
        until = len(numbers) if before is None else bisect_left(numbers, before)
        chosen = numbers[max(0, until - max(1, min(limit, MOST))) : until]
        found = (self._receipts.get(number) for number in reversed(chosen))
        return tuple(summary(one, card_name=self._names.of(one.token)) for one in found if one is not None)

    def receipt(self, which: int | str) -> ReceiptView | None:
        """Return a session with its records; None if there is none."""
        from station.receipts.shown import whole

        receipt = self._receipts.get(which)
        return whole(receipt, card_name=self._names.of(receipt.token)) if receipt else None

    def public(self, transaction_id: str) -> PublicReceipt | None:
        """Return what a driver may see of a session; None if there is none with this transaction id."""
        from station.receipts.shown import public

        receipt = self._receipts.get(transaction_id)
        return public(receipt, self._judge(receipt)) if receipt else None

    def verdict(self, which: int | str) -> VerdictView | None:
        """Return what is to be thought of a session; None if there is none."""
        receipt = self._receipts.get(which)
        return self._judge(receipt) if receipt else None

    def safe_xml(self, which: int | str) -> bytes | None:
        """Return the S.A.F.E. XML of a session; None if there is none. ExportError if it has no signed record."""
        from station.receipts.files import safe_xml

        receipt = self._receipts.get(which)
        return safe_xml(receipt) if receipt else None

    def chargy(self, which: int | str) -> bytes | None:
        """Return the Chargy JSON of a session; None if there is none. ExportError says why it cannot be made."""
        from station.receipts.files import chargy

        receipt = self._receipts.get(which)
        return chargy(receipt) if receipt else None

    def csv(self) -> Iterator[bytes]:
        """Return all sessions as a table, piece by piece: header, then one session after the other."""
        from station.receipts.files import table

        return table(self._database, self._receipts.numbers(), names=self._names)

    def _judge(self, receipt: Receipt) -> VerdictView:
        from station.receipts.judged import Examiner
        from station.receipts.verdicts import verdict_of

        return verdict_of(Examiner(self._database).judge(receipt))
