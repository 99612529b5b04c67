"""Block E: GetTransactionStatus (E14)."""

from collections.abc import Callable, Mapping

from ocpp.v201 import call, call_result

from station.evse import Evse, evse_of
from station.ocpp.router import on

Answer = call_result.GetTransactionStatus


class TransactionStatus:
    """Says whether a transaction goes on, and whether something about it has still to be told."""

    def __init__(self, evses: Mapping[int, Evse], *, is_queued: Callable[[str | None], bool]) -> None:
        """`is_queued`: whether events of a transaction wait to be delivered; of None: events of any."""
        self._evses = evses
        self._is_queued = is_queued

    @on("GetTransactionStatus")
    async def status(self, request: call.GetTransactionStatus) -> Answer:
        transaction_id = request.transaction_id
        # E14.FR.06: without a transaction there is none of which to say that it goes on. One goes on until its Ended
        # event is made, the seconds included in which its end is being signed.
        ongoing = None if transaction_id is None else evse_of(self._evses, transaction_id) is not None
        return Answer(messages_in_queue=self._is_queued(transaction_id), ongoing_indicator=ongoing)
