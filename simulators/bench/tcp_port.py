"""Clients that come over TCP."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from simulators.bench.loopback import host_and_port, listen
from simulators.bench.place import TcpPlace
from simulators.bench.port import PortCallback

_REMEDY = "stop what listens there or name another port in the settings"


class TcpPort(asyncio.Protocol):
    """One connection. While its client takes no answers, no requests are taken from it."""

    _transport: asyncio.Transport

    def __init__(self, came: Callable[["TcpPort"], None], gone: Callable[["TcpPort"], None]) -> None:
        self.address = ""
        """Where the client comes from."""
        self._came = came
        self._gone = gone
        self._received: Callable[[bytes], None] = lambda _data: None
        self._ended = asyncio.Event()

    def open(self, received: Callable[[bytes], None]) -> None:
        """Hand over every byte that comes in."""
        self._received = received

    def write(self, data: bytes) -> None:
        """Send bytes, unless the client has gone."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self._transport.close()

    async def abort(self) -> None:
        """Close the connection at once and wait until it is closed."""
        self._transport.abort()
        await self._ended.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the client in."""
        self._transport = cast("asyncio.Transport", transport)
        # asyncio does that only for sockets that name their protocol, which those of `listen` do not.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = host_and_port(transport.get_extra_info("peername"))
        self._came(self)

    def data_received(self, data: bytes) -> None:
        """Hand over what came in."""
        self._received(data)

    def pause_writing(self) -> None:
        """The client takes no answers: take no requests from it."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client takes answers again."""
        self._transport.resume_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        """The client has gone, whatever the reason."""
        self._gone(self)
        self._ended.set()


class TcpEntrance:
    """Listens on loopback."""

    def __init__(self, place: TcpPlace) -> None:
        self.address = str(place)
        """With the port that is in use, once it is open."""
        self._place = place
        self._server: asyncio.Server | None = None
        self._ports: set[TcpPort] = set()

    async def open(self, came: PortCallback, gone: PortCallback) -> None:
        """Listen; BenchError if somebody else does."""

        def joined(port: TcpPort) -> None:
            self._ports.add(port)
            came(port)

        def left(port: TcpPort) -> None:
            self._ports.discard(port)
            gone(port)

        listening = listen(self._place.host, self._place.port, remedy=_REMEDY)
        self.address = f"{self._place.scheme}://{host_and_port(listening.getsockname())}"
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: TcpPort(joined, left), sock=listening)

    async def close(self) -> None:
        """End every connection and listen no more."""
        if self._server is not None:
            self._server.close()
        for port in tuple(self._ports):
            await port.abort()
