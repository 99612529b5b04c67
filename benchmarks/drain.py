"""One draining of the queue, in a process of its own: `python -m benchmarks.drain ours|library PORT FOLDER`.

Prints, as JSON, how many seconds went by and how many of them this process computed, from the open connection to the
last answer; ours to the last commit. Ours also tells what one commit costs on this disk, measured afterwards.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ocpp.v201 import call

from benchmarks.events import EVENTS, reports
from station import logs
from station.clock import SystemClock
from station.core.documents import to_document
from station.ocpp.backoff import BackOff
from station.ocpp.blocks.transactions import Transactions, encode
from station.ocpp.endpoint import Endpoint
from station.ocpp.link import Link, WebSocketLine
from station.ocpp.outbox import Attempts, OutboxSender
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.storage.database import Database
from station.storage.journal import TRANSACTION_EVENT
from station.storage.outbox import Outbox, Queued
from station.storage.receipts import Receipts

LOOK_S = 0.0005
COMMITS = 50


class Counted:
    """The block of the station, with a bell that rings at the last answer."""

    action = Transactions.action
    never_given_up = Transactions.never_given_up

    def __init__(self, left: int, receipts: Receipts) -> None:
        self._block = Transactions(
            {},
            learn=lambda _token, _info: None,
            delivered=lambda ocmf: receipts.mark_sent(ocmf, datetime.now(UTC)),
            told_plain=lambda transaction, sample: receipts.mark_told(transaction, sample, datetime.now(UTC)),
            token_of=receipts.token_of,
            told=lambda _transaction, _info: None,
        )
        self._left = left
        self.done = asyncio.Event()

    def encode(self, row: Queued, body: Any) -> call.TransactionEvent:
        return self._block.encode(row, body)

    def answered(self, body: Any, answer: Any) -> None:
        self._block.answered(body, answer)
        self._left -= 1
        if self._left == 0:
            self.done.set()


class Stopwatch:
    """Wall time and computing time of this process."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        return {"wall_s": time.perf_counter() - self._wall, "cpu_s": time.process_time() - self._cpu}


async def ours(url: str, folder: Path) -> dict[str, float]:
    """Send what lies in a database, over the link and the session of the station."""
    with Database.open(folder, SystemClock()) as database:
        store = Outbox(database)
        _fill(database, store)
        counted = Counted(EVENTS, Receipts(database))
        session = RpcSession(Router(), timeout_s=lambda: 30.0)
        sender = OutboxSender(
            store,
            session,
            postmen={TRANSACTION_EVENT: counted},
            attempts=lambda: Attempts(3, 60.0),
            mail=asyncio.Event(),
            now=lambda: datetime.now(UTC),
        )
        took: dict[str, float] = {}

        async def drain(line: WebSocketLine) -> None:
            serving = asyncio.create_task(session.serve(line))
            await asyncio.sleep(0)
            watch = Stopwatch()
            sending = asyncio.create_task(sender.run(lambda: True))
            await counted.done.wait()
            while store.size():  # noqa: ASYNC110 nothing rings when a removal is committed
                await asyncio.sleep(LOOK_S)
            took.update(watch.read())
            await _cancel(sending, serving)

        await _first_connection(_link(url), drain)
        took["commit_s"] = _commit_s(store)
    return took


async def library(url: str, _folder: Path) -> dict[str, float]:
    """Send the same messages as the library does it for those who use nothing else."""
    import websockets
    from ocpp.v201 import ChargePoint

    messages = [encode(report, offline=True) for report in reports()]
    async with websockets.connect(f"{url}/DRAIN-1", subprotocols=[websockets.Subprotocol("ocpp2.0.1")]) as connection:
        station = ChargePoint("DRAIN-1", connection)  # type: ignore[no-untyped-call]
        listening = asyncio.create_task(station.start())  # type: ignore[no-untyped-call]
        watch = Stopwatch()
        for message in messages:
            await station.call(message)  # type: ignore[no-untyped-call]
        took = watch.read()
        await _cancel(listening)
    return took


def _fill(database: Database, store: Outbox) -> None:
    with database.transaction():
        for report in reports():
            store.put(
                TRANSACTION_EVENT,
                json.dumps(to_document(report), separators=(",", ":")),
                transaction_id=report.transaction_id,
                seq_no=report.seq_no,
                created_at=report.happened_at,
                offline=True,
            )


def _commit_s(store: Outbox) -> float:
    began = time.perf_counter()
    for _ in range(COMMITS):
        store.put(TRANSACTION_EVENT, "{}", created_at=datetime.now(UTC), offline=True)
    return (time.perf_counter() - began) / COMMITS


def _link(url: str) -> Link:
    return Link(
        Endpoint(url, "DRAIN-1"),
        back_off=lambda: BackOff(1, 0, 0),
        ping_interval_s=lambda: 0.0,
        random=lambda: 0.0,
    )


async def _first_connection(link: Link, serve: Callable[[WebSocketLine], Awaitable[None]]) -> None:
    served = asyncio.Event()

    async def once(line: WebSocketLine) -> None:
        await serve(line)
        served.set()

    running = asyncio.create_task(link.run(once))
    await served.wait()
    await _cancel(running)


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    _, who, port, where = sys.argv
    logs.configure(for_good=True)
    way = {"ours": ours, "library": library}[who]
    print(json.dumps(asyncio.run(way(f"ws://127.0.0.1:{port}/ocpp", Path(where)))), flush=True)
