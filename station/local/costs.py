"""What a session costs, as the CSMS says it: kept for whoever shows it, never reckoned here (I02, I03)."""

from collections.abc import Callable
from typing import Final

from station.core.tokens import PersonalMessage

MOST_BELIEVED: Final = 1e9
"""No session costs that much: a number beyond it, or none at all, is a mistake of the CSMS."""
MOST_KEPT: Final = 16
"""Of transactions: more than a station has EVSEs, so that those that ended late have their place."""


class Costs:
    """The last word of the CSMS about each transaction."""

    def __init__(self, *, currency: str, show: Callable[[str, PersonalMessage], None]) -> None:
        """`show` tells the driver of a transaction what the CSMS writes to him."""
        self._currency = currency
        self._show = show
        self._texts: dict[str, str] = {}

    def told(self, transaction_id: str, total_cost: float | None, message: PersonalMessage | None) -> None:
        """Take what the answer to an event says; the words of the CSMS are better than its number."""
        if message is None and (total_cost is None or not abs(total_cost) < MOST_BELIEVED):
            return
        if message is not None:
            self._show(transaction_id, message)
        text = message.content if message is not None else f"{total_cost:.2f} {self._currency}"
        self._texts.pop(transaction_id, None)
        self._texts[transaction_id] = text
        while len(self._texts) > MOST_KEPT:
            del self._texts[next(iter(self._texts))]

    def of(self, transaction_id: str) -> str:
        """Return what a transaction costs, in words; empty if the CSMS did not say."""
        return self._texts.get(transaction_id, "")
