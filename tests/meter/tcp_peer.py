"""The other end of a Modbus TCP line: a server whose answers follow a script."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from tests.meter.line_peer import answer_to, framed

HEADER = 6

Send = Callable[[float, bytes], None]
"""Send bytes, so many seconds after the request."""


@dataclass
class Heard:
    at: float
    connection: int
    """1 for the first one."""
    number: int
    frame: bytes
    """Unit and PDU."""


Fault = Callable[["TcpPeer", Heard, asyncio.StreamWriter], None]


def packed(number: int, frame: bytes, *, protocol: int = 0) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in (number, protocol, len(frame))) + frame


def right(heard: Heard) -> bytes:
    """Unit and PDU of the right answer: registers hold their own address, odd coils are on."""
    return answer_to(framed(heard.frame))[:-2]


class TcpPeer:
    """Answers requests; `faults` are used up one a request, then all goes well."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.requests: list[Heard] = []
        self.connections = 0
        self.number = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> str:
        return f"tcp://127.0.0.1:{self.number}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, where it listened before if it did."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.number)
        self.number = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End all connections and listen no more, as a device without power."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.hang_up()

    async def hang_up(self) -> None:
        """End all connections."""
        for writer in tuple(self._writers):
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        connection = self.connections
        try:
            while True:
                head = await reader.readexactly(HEADER)
                assert head[2:4] == b"\0\0"
                frame = await reader.readexactly(int.from_bytes(head[4:], "big"))
                now = asyncio.get_running_loop().time()
                heard = Heard(now, connection, int.from_bytes(head[:2], "big"), frame)
                self.requests.append(heard)
                fault = self.faults.pop(0) if self.faults else good
                fault(self, heard, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    @staticmethod
    def send(writer: asyncio.StreamWriter, data: bytes, *, after_s: float = 0) -> None:
        def write() -> None:
            if not writer.is_closing():
                writer.write(data)

        if after_s:
            asyncio.get_running_loop().call_later(after_s, write)
        else:
            write()


def good(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    peer.send(writer, packed(heard.number, right(heard)))


def silent(_peer: TcpPeer, _heard: Heard, _writer: asyncio.StreamWriter) -> None:
    """Nothing at all."""


def late(seconds: float) -> Fault:
    def answer(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
        peer.send(writer, packed(heard.number, right(heard)), after_s=seconds)

    return answer


def other_number(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    """Looks like the answer in all but its number."""
    peer.send(writer, packed(heard.number ^ 0x100, right(heard)))


def other_unit(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    answer = right(heard)
    peer.send(writer, packed(heard.number, bytes([answer[0] + 1]) + answer[1:]))


def other_function(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    answer = right(heard)
    peer.send(writer, packed(heard.number, answer[:1] + bytes([answer[1] ^ 7]) + answer[2:]))


def truncated(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    peer.send(writer, packed(heard.number, right(heard)[:-3]))


def too_long(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    peer.send(writer, packed(heard.number, right(heard) + b"\0\0"))


def other_protocol(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    peer.send(writer, packed(heard.number, right(heard), protocol=7))


def no_modbus(peer: TcpPeer, _heard: Heard, writer: asyncio.StreamWriter) -> None:
    peer.send(writer, b"HTTP/1.1 400 Bad Request\r\n\r\n")


def half_then_gone(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    peer.send(writer, packed(heard.number, right(heard))[:9])
    writer.close()


def gone(_peer: TcpPeer, _heard: Heard, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def twice(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    peer.send(writer, packed(heard.number, right(heard)) * 2)


def in_pieces(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
    for at, byte in enumerate(packed(heard.number, right(heard)), 1):
        peer.send(writer, bytes([byte]), after_s=0.01 * at)


def refusing(code: int) -> Fault:
    def answer(peer: TcpPeer, heard: Heard, writer: asyncio.StreamWriter) -> None:
        peer.send(writer, packed(heard.number, bytes([heard.frame[0], heard.frame[1] | 0x80, code])))

    return answer
