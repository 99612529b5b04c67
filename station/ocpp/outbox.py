"""Sends what must not get lost: in order, until answered, over restarts (E04, E13); nothing else sends it."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from station.ocpp.session import CallRefused, CallTimeout, NotPermitted, Offline, RpcSession
from station.storage.outbox import Outbox, Queued

BATCH = 50
"""Rows read at once; a row is still removed by its own commit."""

log = structlog.get_logger("station.outbox")


class Postman(Protocol):
    """Knows one kind of queued message."""

    action: str

    def encode(self, row: Queued, body: Any) -> object:
        """Return the message as a dataclass of `ocpp.v201.call`; `body` is what was stored in the row."""

    def answered(self, body: Any, answer: Any) -> None:
        """Take the CSMS's answer."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """OCPPCommCtrlr.MessageAttempts and MessageAttemptInterval for TransactionEvent."""

    limit: int
    interval_s: float


class OutboxSender:
    """Empties the outbox while the CSMS accepts it.

    A message that the CSMS refuses or does not answer is tried again after a while; meanwhile the rest of its
    transaction waits, everything else goes on. What is given up is kept as a dead letter. Time offline never counts.
    """

    def __init__(
        self,
        store: Outbox,
        session: RpcSession,
        *,
        postmen: Mapping[str, Postman],
        attempts: Callable[[], Attempts],
        mail: asyncio.Event,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._session = session
        self._postmen = postmen
        self._attempts = attempts
        self._mail = mail
        self._now = now
        self._waiting: dict[str, float] = {}
        """Lanes that wait for a retry: lane -> loop time."""
        self._fewer = asyncio.Event()
        """Set when a message is done with."""
        self._answered: int | None = None
        """The row that was answered last and is removed while the next one is under way."""

    def went_offline(self) -> None:
        """Mark what is still queued (E11.FR.07, E12.FR.02)."""
        self._store.mark_all_offline()

    async def wait_empty(self) -> None:
        """Return when nothing is queued any more."""
        while self._store.size():
            self._fewer.clear()
            await self._fewer.wait()

    async def run(self, online: Callable[[], bool]) -> None:
        """Send for ever; to be run while connected and accepted, cancelled when not."""
        while True:
            self._mail.clear()
            if online() and await self._send_batch():
                continue
            await self._wait_for_mail()

    async def _send_batch(self) -> bool:
        """Send what is due; return whether anything was."""
        try:
            return await self._send_rows()
        finally:
            self._remove_answered()

    async def _send_rows(self) -> bool:
        sent = False
        held: set[str] = set()
        for row in self._rows():
            lane = _lane(row)
            if lane in held or self._waits(lane):
                held.add(lane)
                continue
            try:
                await self._send(row)
            except (Offline, NotPermitted):
                return False
            except (CallTimeout, CallRefused) as error:
                self._failed(row, lane, error)
                held.add(lane)
            except (TypeError, ValueError, KeyError) as error:
                # A row that cannot be read must not hold up the others; as a dead letter it is not lost.
                log.exception("message_unreadable", kind=row.kind, row=row.id)
                self._remove_answered()  # if it was the answer that could not be read, the message was delivered
                self._bury(row, f"unreadable: {error}")
            sent = True
        return sent

    def _rows(self) -> Iterator[Queued]:
        after = 0
        while rows := self._store.head(BATCH, after=after):
            yield from rows
            after = rows[-1].id

    async def _send(self, row: Queued) -> None:
        postman = self._postmen[row.kind]
        # Read again: an Ended may have got its signed end while it waited.
        body = json.loads(self._store.body_of(row.id) or row.body)
        answer = await self._session.call(postman.encode(row, body), on_sent=self._remove_answered)
        self._answered = row.id
        postman.answered(body, answer)

    def _remove_answered(self) -> None:
        """Commit the removal; after a power cut before it, the same message goes out once more."""
        if self._answered is not None:
            self._store.remove(self._answered)
            self._answered = None
            self._fewer.set()

    def _failed(self, row: Queued, lane: str, error: Exception) -> None:
        limit = self._attempts()
        made = row.attempts + 1
        if made >= limit.limit:
            self._bury(row, str(error))
            self._waiting.pop(lane, None)
            log.error(
                "message_given_up", kind=row.kind, transaction=row.transaction_id, seq_no=row.seq_no, attempts=made
            )
            return
        self._store.count_attempt(row.id)
        # E13.FR.03: the interval times the number of transmissions so far.
        wait_s = limit.interval_s * made
        self._waiting[lane] = asyncio.get_running_loop().time() + wait_s
        log.warning("message_retried_later", kind=row.kind, error=str(error), attempts=made, wait_s=wait_s)

    def _bury(self, row: Queued, reason: str) -> None:
        self._store.bury(row.id, reason, self._now())
        self._fewer.set()

    def _waits(self, lane: str) -> bool:
        until = self._waiting.get(lane)
        if until is None:
            return False
        if asyncio.get_running_loop().time() < until:
            return True
        del self._waiting[lane]
        return False

    async def _wait_for_mail(self) -> None:
        loop = asyncio.get_running_loop()
        until = min(self._waiting.values(), default=None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until if until is None else max(until, loop.time())):
                await self._mail.wait()


def _lane(row: Queued) -> str:
    """Events of one transaction keep their order; other messages of a kind keep theirs."""
    return row.transaction_id or row.kind
