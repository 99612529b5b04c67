"""Receipts as drivers see them, judged once for all who ask within a minute: each judgement holds the loop."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from station.receipts.views import PublicReceipt

if TYPE_CHECKING:
    from station.receipts.desk import ReceiptDesk

MOST_KEPT: Final = 16
KEPT_S: Final = 60.0


class KeptReceipts:
    """Keeps the last receipts of sessions that are over."""

    def __init__(self, receipts: "ReceiptDesk", time: Callable[[], float]) -> None:
        self._receipts, self._time = receipts, time
        self._kept: dict[str, tuple[float, PublicReceipt]] = {}

    def public(self, transaction_id: str) -> PublicReceipt | None:
        """Return what a driver may see of a session; None if there is none with this transaction id."""
        now_s = self._time()
        at_s, kept = self._kept.pop(transaction_id, (now_s, None))
        if kept is None or now_s - at_s >= KEPT_S:
            at_s, kept = now_s, self._receipts.public(transaction_id)
        if kept is not None and kept.ended_at is not None:
            self._kept[transaction_id] = at_s, kept
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return kept
