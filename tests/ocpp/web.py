"""A real websocket server as CSMS, and a link to it."""

import asyncio
import http
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from station.ocpp.backoff import BackOff
from station.ocpp.endpoint import Endpoint
from station.ocpp.link import Link, WebSocketLine

if TYPE_CHECKING:
    from station.ocpp.failures import Failure

PASSWORD = "pässword-of-16-chars"
BACK_OFF = BackOff(wait_minimum_s=10, random_range_s=4, repeat_times=3)


class Csms:
    """A server that can refuse, fall silent, go away and come back on the same port."""

    def __init__(self, **options: Any) -> None:
        self.options: dict[str, Any] = {"subprotocols": ["ocpp2.0.1"], "ping_interval": None} | options
        self.refuse_with: int | None = None
        self.headers: dict[str, str] = {}
        self.requests: list[Request] = []
        self.arrivals: list[float] = []
        self.on_request: Callable[[], None] = lambda: None
        self.sockets: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.port = 0
        self._server: Any = None

    async def open(self) -> None:
        self._server = await serve(
            self._hold, "127.0.0.1", self.port, process_request=self._look_at, close_timeout=1, **self.options
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    def _look_at(self, connection: ServerConnection, request: Request) -> Response | None:
        self.on_request()
        self.requests.append(request)
        self.arrivals.append(asyncio.get_running_loop().time())
        if self.refuse_with is None:
            return None
        return Response(self.refuse_with, http.HTTPStatus(self.refuse_with).phrase, Headers(self.headers))

    async def _hold(self, socket: ServerConnection) -> None:
        self.sockets.put_nowait(socket)
        await socket.wait_closed()


@asynccontextmanager
async def a_csms(**options: Any) -> AsyncIterator[Csms]:
    csms = Csms(**options)
    await csms.open()
    try:
        yield csms
    finally:
        await csms.close()


class Observer:
    """Sees what a link tells, and what arrives over it."""

    def __init__(self) -> None:
        self.ups = 0
        self.downs: asyncio.Queue[str] = asyncio.Queue()
        self.failures: asyncio.Queue[Failure] = asyncio.Queue()
        self.frames: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.lines: asyncio.Queue[WebSocketLine] = asyncio.Queue()

    def up(self) -> None:
        self.ups += 1

    async def serve(self, line: WebSocketLine) -> None:
        self.lines.put_nowait(line)
        async for frame in line:
            self.frames.put_nowait(frame)


class Target:
    """Where the next attempt goes; `endpoint` may be changed, also to a failure."""

    def __init__(self, port: int, **changes: Any) -> None:
        self.endpoint: Endpoint | Failure = Endpoint(
            **{"url": f"ws://127.0.0.1:{port}/ocpp", "identity": "CS 1"} | changes
        )

    def __call__(self) -> "Endpoint | Failure":
        return self.endpoint


def a_link(port: int, seen: Observer, *, target: Callable[[], Any] | None = None, **changes: Any) -> Link:
    endpoint = changes.pop("endpoint", {})
    options: dict[str, Any] = {
        "back_off": lambda: BACK_OFF,
        "ping_interval_s": lambda: 0,
        "random": lambda: 0.5,
        "on_up": seen.up,
        "on_down": seen.downs.put_nowait,
        "on_failed": seen.failures.put_nowait,
    }
    return Link(target or Target(port, **endpoint), **options | changes)


@asynccontextmanager
async def running(
    link: Link, seen: Observer, *, talk: Callable[[WebSocketLine], Awaitable[None]] | None = None
) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run(talk or seen.serve), name="link")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def both_ends(csms: Csms, seen: Observer) -> tuple[ServerConnection, WebSocketLine]:
    """Wait for the next connection until both sides have it."""
    return await csms.sockets.get(), await seen.lines.get()


@asynccontextmanager
async def a_tcp_server(answer: bytes | None) -> AsyncIterator[int]:
    """Answer each connection with these bytes, or keep silent."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is not None:
            writer.write(answer)
            writer.close()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def waits(csms: Csms) -> list[float]:
    """Return the seconds between the attempts that reached the CSMS."""
    return [later - earlier for earlier, later in pairwise(csms.arrivals)]
