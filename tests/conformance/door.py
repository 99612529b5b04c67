"""Door: an endpoint of the CSMS that notes who knocks, and passes on to the mock CSMS what it lets in.

It ends TLS itself, so that a test sees the very upgrade request, and can change certificate, TLS version or mood
between two attempts without the station's URL changing.
"""

import asyncio
import base64
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import Self
from urllib.parse import urlsplit

from cryptography import x509

HEAD_END = b"\r\n\r\n"
UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Mood(Enum):
    """What happens to those who knock."""

    OPEN = auto()
    SHUT = auto()
    """Dropped as soon as they are there."""
    SILENT = auto()
    """Taken, and never answered."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One connection that a station made."""

    at_s: float
    """By the loop's clock."""
    tls: str | None = None
    """The version that both sides agreed on; None without TLS, or if they did not agree."""
    certificate: x509.Certificate | None = None
    """Of the station."""
    path: str | None = None
    """None: it came to no upgrade request."""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Names in lower case."""

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User name and password, None without basic authentication."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        return user, password


class Door:
    """`async with Door(lambda: csms.url) as door:` stands before a mock CSMS that speaks plain websocket."""

    def __init__(
        self,
        target: Callable[[], str],
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        password: str | None = None,
    ) -> None:
        self.attempts: list[Attempt] = []
        self.mood = Mood.OPEN
        self.tls = tls
        self.password = password
        """None lets everybody in."""
        self._target = target
        self._host = host
        self._listening: socket.socket | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._guests: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setblocking(False)
        self._tasks = await asyncio.TaskGroup().__aenter__()
        self._porter = self._tasks.create_task(self._receive(), name="door")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._tasks is not None
        assert self._listening is not None
        self._porter.cancel()
        self.cut()
        await self._tasks.__aexit__(None, None, None)
        self._listening.close()

    @property
    def url(self) -> str:
        assert self._listening is not None
        return f"{'wss' if self.tls else 'ws'}://{self._host}:{self._listening.getsockname()[1]}/ocpp"

    @property
    def upgrades(self) -> list[Attempt]:
        """The attempts that came as far as an upgrade request."""
        return [attempt for attempt in self.attempts if attempt.path is not None]

    def cut(self) -> None:
        """Drop all who are in, without a word."""
        for guest in self._guests:
            guest.cancel()

    async def _receive(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._listening is not None
        assert self._tasks is not None
        while True:
            guest, _ = await loop.sock_accept(self._listening)
            # What Nagle's algorithm holds back for some real milliseconds comes after the clock has jumped.
            guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            at = len(self.attempts)
            self.attempts.append(Attempt(loop.time()))
            task = self._tasks.create_task(self._serve(guest, at), name=f"door-{at}")
            self._guests.add(task)
            task.add_done_callback(self._guests.discard)

    async def _serve(self, guest: socket.socket, at: int) -> None:
        if self.mood is Mood.SHUT:
            guest.close()
            return
        writer = None
        try:
            if self.mood is Mood.SILENT:
                await asyncio.Event().wait()
            if self.tls is not None and self.tls.maximum_version is ssl.TLSVersion.TLSv1_1:
                await _turn_away(guest, self.tls)
                return
            reader, writer = await _welcome(guest, self.tls)
            head = await reader.readuntil(HEAD_END)
            self.attempts[at] = attempt = _attempt(self.attempts[at].at_s, head, writer)
            if self.password is None or (attempt.credentials or ("", ""))[1] == self.password:
                await self._lead_in(head, reader, writer)
            else:
                writer.write(UNAUTHORIZED)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # what became of an attempt shows in what is noted about it
        finally:
            if writer is not None:
                writer.transport.abort()
            guest.close()

    async def _lead_in(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = urlsplit(self._target())
        inner_reader, inner_writer = await asyncio.open_connection(target.hostname, target.port)
        inner_writer.write(head)
        ways = (
            asyncio.create_task(_carry(reader, inner_writer), name="in"),
            asyncio.create_task(_carry(inner_reader, writer), name="out"),
        )
        try:
            await asyncio.gather(*ways)
        finally:
            for way in ways:
                way.cancel()
            inner_writer.transport.abort()


async def _welcome(
    guest: socket.socket, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, guest, ssl=tls)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _turn_away(guest: socket.socket, tls: ssl.SSLContext) -> None:
    """Let a handshake fail, and say why: asyncio would drop the alert together with the connection."""
    loop = asyncio.get_running_loop()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    wire = tls.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(await loop.sock_recv(guest, 65536))
    with suppress(ssl.SSLError):
        wire.do_handshake()
    await loop.sock_sendall(guest, outgoing.read())
    await loop.sock_recv(guest, 1)


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass on every byte, and then the end."""
    with suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    if not sink.is_closing():
        if sink.can_write_eof():
            sink.write_eof()
        else:
            sink.close()


def _attempt(at_s: float, head: bytes, writer: asyncio.StreamWriter) -> Attempt:
    request, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    session: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
    der = session.getpeercert(binary_form=True) if session else None
    return Attempt(
        at_s,
        tls=session.version() if session else None,
        certificate=x509.load_der_x509_certificate(der) if der else None,
        path=request.split(" ")[1],
        headers=MappingProxyType(headers),
    )
