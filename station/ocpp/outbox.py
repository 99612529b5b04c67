"""Sends what must not get lost: in order, until answered, over restarts (E04, E13); nothing else sends it."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol

import structlog
from ocpp.v201 import call

from station.ocpp.rpc_errors import CallRefused, CallTimeout, NotPermitted, Offline
from station.ocpp.session import RpcSession
from station.storage.outbox import Outbox, Queued

BATCH = 50
"""Rows read at once; a row is still removed by its own commit."""
ASK_AGAIN_S = 10.0
"""How soon it is tried again when nothing may be sent, or nobody answers at all."""

log = structlog.get_logger("station.outbox")


class Postman(Protocol):
    """Knows one kind of queued message."""

    action: str
    never_given_up: bool
    """It is tried until the CSMS takes it, however often it does not (A04.FR.02)."""

    def encode(self, row: Queued, body: Any) -> object:
        """Return the message as a dataclass of `ocpp.v201.call`; `body` is what was stored in the row."""

    def answered(self, body: Any, answer: Any) -> None:
        """Take the CSMS's answer."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """OCPPCommCtrlr.MessageAttempts and MessageAttemptInterval for TransactionEvent."""

    limit: int
    interval_s: float


class _Round(Enum):
    """How one look through the queue ended."""

    SENT = "sent"
    NOTHING_DUE = "nothing due"
    HELD_UP = "held up"


class OutboxSender:
    """Empties the outbox while the CSMS accepts it.

    A message that the CSMS refuses or does not answer is tried again after a while; meanwhile the rest of its
    transaction waits, everything else goes on. What is given up is kept as a dead letter. Time offline never counts,
    nor does a CSMS that answers nothing else either.
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
        on_silent: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_silent` is told when the CSMS answers nothing: the connection may be dead (Part 2 section 3.2)."""
        self._store = store
        self._session = session
        self._postmen = postmen
        self._attempts = attempts
        self._mail = mail
        self._now = now
        self._on_silent = on_silent
        self._waiting: dict[str, float] = {}
        """Lanes that wait for a retry: lane -> loop time."""
        self._recalled = False
        """What waited for a retry before the start is among them."""
        self._fewer = asyncio.Event()
        """Set when a message is done with."""
        self._answered: int | None = None
        """The row that was answered last and is removed while the next one is under way."""
        self._under_way: str | None = None
        """The lane whose message is out; it stays here if the connection is lost meanwhile."""
        self._in_flight: int | None = None

    @property
    def in_flight(self) -> int | None:
        """The id of the message that is out and waits for its answer."""
        return self._in_flight

    def is_queued(self, transaction_id: str | None) -> bool:
        """Say whether events of a transaction, or of any if it is None, have still to be delivered (E14)."""
        self._remove_answered()
        return self._store.pending_of(transaction_id) > 0

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
        self._recall()
        while True:
            self._mail.clear()
            outcome = await self._send_batch() if online() else _Round.HELD_UP
            if outcome is not _Round.SENT:
                await self._rest(outcome)

    def _recall(self) -> None:
        """E13.FR.03: go on waiting for what waited before the start; no longer than it may, for clocks are set."""
        if self._recalled:
            return
        self._recalled = True
        now, elapsed = self._now(), asyncio.get_running_loop().time()
        for row, not_before in self._store.delayed():
            left_s = min((not_before - now).total_seconds(), self._wait_s(row.attempts))
            if left_s > 0:
                self._waiting[_lane(row)] = elapsed + left_s

    def _wait_s(self, attempts: int) -> float:
        """E13.FR.03: the interval times the number of transmissions so far."""
        limit = self._attempts()
        return limit.interval_s * min(attempts, limit.limit)

    async def _send_batch(self) -> _Round:
        """Send what is due."""
        now = asyncio.get_running_loop().time()
        self._waiting = {lane: until for lane, until in self._waiting.items() if until > now}
        try:
            return await self._send_rows()
        finally:
            self._remove_answered()

    async def _send_rows(self) -> _Round:
        outcome = _Round.NOTHING_DUE
        held: set[str] = set()
        for row in self._rows(held):
            lane = _lane(row)
            if lane in held or lane in self._waiting:
                held.add(lane)
                continue
            try:
                await self._send(row, lane)
            except (Offline, NotPermitted):
                return _Round.HELD_UP
            except (CallTimeout, CallRefused) as error:
                if isinstance(error, CallTimeout) and not await self._is_heard():
                    return _Round.HELD_UP
                self._failed(row, lane, error)
                held.add(lane)
            except (TypeError, ValueError, KeyError, ArithmeticError) as error:
                # What cannot be read or sent must not hold up the others; as a dead letter it is not lost.
                log.exception("message_unusable", kind=row.kind, row=row.id)
                self._remove_answered()  # if it was the answer that could not be read, the message was delivered
                self._bury(row, f"unusable: {error}")
            outcome = _Round.SENT
        return outcome

    def _rows(self, held: Collection[str]) -> Iterator[Queued]:
        """Yield what waits, oldest first, but last of all the lane over which the connection was lost.

        If it was lost because of that message, everything else would wait for ever. `held`: lanes that wait.
        """
        last, self._under_way = self._under_way, None
        if last is not None:
            yield from (row for row in self._oldest_first(held) if _lane(row) != last)
            self._remove_answered()
        yield from self._oldest_first(held)

    def _oldest_first(self, held: Collection[str]) -> Iterator[Queued]:
        after = 0
        # What waits may be thousands of messages, and this is asked with each new one.
        while rows := self._store.head(BATCH, after=after, without={*held, *self._waiting}):
            yield from rows
            after = rows[-1].id

    async def _send(self, row: Queued, lane: str) -> None:
        postman = self._postmen[row.kind]
        # Read again: an Ended may have got its signed end while it waited, another event may have been dropped.
        stored = self._store.body_of(row.id)
        if stored is None:
            return
        body = json.loads(stored)
        message = postman.encode(row, body)
        self._under_way, self._in_flight = lane, row.id
        try:
            answer = await self._session.call(message, on_sent=self._remove_answered)
        except (CallRefused, NotPermitted, ValueError):
            self._under_way = None
            raise
        finally:
            self._in_flight = None
        self._under_way = None
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
        if made >= limit.limit and not self._postmen[row.kind].never_given_up:
            self._bury(row, str(error))
            self._waiting.pop(lane, None)
            log.error("message_given_up", **_named(row), attempts=made, error=str(error), letter=row.id)
            return
        wait_s = self._wait_s(made)
        self._store.count_attempt(row.id, not_before=self._now() + timedelta(seconds=wait_s))
        self._waiting[lane] = asyncio.get_running_loop().time() + wait_s
        log.warning("message_retried_later", **_named(row), error=str(error), attempts=made, wait_s=wait_s)

    def _bury(self, row: Queued, reason: str) -> None:
        self._store.bury(row.id, reason, self._now())
        self._fewer.set()

    async def _is_heard(self) -> bool:
        """Ask for something else: E13 counts failures to process a message, not a line that is dead."""
        try:
            await self._session.call(call.Heartbeat())
        except (CallTimeout, Offline, NotPermitted):
            log.warning("csms_silent")
            self._on_silent()
            return False
        except CallRefused:
            pass  # also an answer
        self._under_way = None
        return True

    async def _rest(self, outcome: _Round) -> None:
        """Wait for mail, for the next retry, or a while if it was not possible to send."""
        until = min(self._waiting.values(), default=None)
        if outcome is _Round.HELD_UP:
            until = asyncio.get_running_loop().time() + ASK_AGAIN_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._mail.wait()


def _named(row: Queued) -> dict[str, object]:
    if row.transaction_id is None:
        return {"kind": row.kind}
    return {"kind": row.kind, "transaction": row.transaction_id, "seq_no": row.seq_no}


def _lane(row: Queued) -> str:
    """Events of one transaction keep their order; other messages of a kind keep theirs."""
    return row.transaction_id or row.kind
