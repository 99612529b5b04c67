"""Clients over TCP: Modbus TCP and RTU frames, nothing of ours in them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.simulators.bench.wire import STEP_S, Master, NoAnswerError, RefusalError


class TcpMaster:
    """One connection that speaks Modbus TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, transaction: int, unit: int, pdu: bytes) -> None:
        self.writer.write(adu(transaction, unit, pdu))

    async def receive(self, *, patience_s: float = 60.0) -> tuple[int, int, bytes]:
        """Return transaction, unit and PDU of the next answer."""
        head = await self.take(7, patience_s=patience_s)
        assert head[2:4] == b"\0\0"
        data = await self.take(int.from_bytes(head[4:6], "big") - 1)
        return int.from_bytes(head[:2], "big"), head[6], data

    async def take(self, count: int, *, patience_s: float = 60.0) -> bytes:
        """Return so many bytes; NoAnswerError if they do not come, with what did."""
        data, waited_s = b"", 0.0
        while len(data) < count:
            # A jumping loop gives the kernel a moment of real time at each step.
            try:
                async with asyncio.timeout(STEP_S):
                    part = await self.reader.read(count - len(data))
            except TimeoutError:
                waited_s += STEP_S
                if waited_s >= patience_s:
                    raise NoAnswerError(data) from None
                continue
            if not part:
                raise EOFError
            data += part
        return data

    async def ask(self, unit: int, pdu: bytes, *, transaction: int = 7, patience_s: float = 60.0) -> bytes:
        self.send(transaction, unit, pdu)
        found, by, answer = await self.receive(patience_s=patience_s)
        if answer[0] & 0x80:
            raise RefusalError(answer[1])
        assert (found, by) == (transaction, unit)
        return answer


def adu(transaction: int, unit: int, pdu: bytes) -> bytes:
    return transaction.to_bytes(2, "big") + b"\0\0" + (len(pdu) + 1).to_bytes(2, "big") + bytes((unit,)) + pdu


def host_port(address: str) -> tuple[str, int]:
    url = urlsplit(address)
    assert url.hostname is not None
    assert url.port
    return url.hostname, url.port


@asynccontextmanager
async def tcp_master(address: str) -> AsyncIterator[TcpMaster]:
    reader, writer = await asyncio.open_connection(*host_port(address))
    try:
        yield TcpMaster(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def rtu_over_tcp(address: str, unit: int = 42) -> AsyncIterator[Master]:
    """A master whose serial line is a connection."""
    with socket.create_connection(host_port(address)) as connection:
        connection.setblocking(False)
        one = Master(connection.fileno(), unit)
        loop = asyncio.get_running_loop()
        loop.add_reader(connection, one.take)
        try:
            yield one
        finally:
            loop.remove_reader(connection)
