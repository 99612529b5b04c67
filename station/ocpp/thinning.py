"""Keeps the queue from outgrowing the storage while there is no CSMS to send it to (E04.FR.07, FR.08)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from station.core.thinning import Candidate, Candidates
from station.storage.journal import report_in
from station.storage.outbox import Outbox

CHECK_EVERY_S: Final = 60.0
MOST_QUEUED: Final = 10_000
"""Messages; a week offline of one EVSE that tells its meter every minute, about 10 MiB."""
MOST_QUEUED_IF_LOW: Final = 1_000
"""While the flash is low, whatever filled it."""
BATCH: Final = 20
"""Messages that are looked at, or dropped, before others have their turn: some milliseconds."""

log = structlog.get_logger("station.outbox")


class Thinning:
    """Drops every second event that tells only how the meter stood on the way, while too many messages wait.

    Nothing else is ever dropped, and nothing at all while the CSMS can be told. What is missing shows by its seqNo.
    """

    def __init__(
        self,
        store: Outbox,
        *,
        online: Callable[[], bool],
        storage_low: Callable[[], bool],
        in_flight: Callable[[], int | None],
        most: int = MOST_QUEUED,
    ) -> None:
        """`in_flight`: the message that is out and waits for its answer."""
        self._store = store
        self._online = online
        self._storage_low = storage_low
        self._in_flight = in_flight
        self._most = most
        self._gave_up = False

    async def run(self) -> None:
        """Look at the queue for ever; not at once, for after a start the CSMS may be there in a moment."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            await self.check()

    async def check(self) -> None:
        """Drop half of what may go, if too much waits; what is still too much is dropped by the next checks."""
        if self._online() or self._store.size() <= self._limit():
            self._gave_up = False
            return
        candidates = await self._candidates()
        if self._online():
            return
        await self._drop(candidates.chosen())

    def _limit(self) -> int:
        return min(self._most, MOST_QUEUED_IF_LOW) if self._storage_low() else self._most

    async def _candidates(self) -> Candidates:
        found, after = Candidates(), 0
        while rows := self._store.head(BATCH, after=after):
            for row in rows:
                report = report_in(row)
                if report is not None and row.id != self._in_flight():
                    found.note(row.id, report)
            after = rows[-1].id
            await asyncio.sleep(0)
        return found

    async def _drop(self, chosen: Mapping[str, list[Candidate]]) -> None:
        for transaction_id, those in chosen.items():
            gone = await self._dropped(those)
            if gone:
                first, last = gone[0].seq_no, gone[-1].seq_no
                log.warning(
                    "events_dropped",
                    transaction=transaction_id,
                    count=len(gone),
                    first_seq_no=first,
                    last_seq_no=last,
                )
        if not chosen and not self._gave_up:
            log.error("queue_too_long", messages=self._store.size(), reason="nothing in it may be dropped")
        self._gave_up = not chosen

    async def _dropped(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Drop these until the CSMS can be told; return those that are gone."""
        gone: list[Candidate] = []
        while len(gone) < len(candidates) and not self._online():
            some = candidates[len(gone) : len(gone) + BATCH]
            self._store.drop(candidate.message_id for candidate in some)
            gone += some
            await asyncio.sleep(0)
        return gone
