"""Connections: held without asking or reading they are cut, and there are never too many."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from station.errors import StationError
from station.web import connections
from station.web.asking import BODY_S
from station.web.connections import KEEP_ALIVE_S, MOST, MOST_OF_ONE, MOST_REMOTE, QUIET_S, listen
from station.web.routes_access import LOGIN_BODY_S
from tests.web.house import House, house

GET = b"GET /api/v1/station HTTP/1.1\r\nHost: localhost\r\n\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def connected(page: House) -> AsyncIterator[Connection]:
    host, port = page.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def answered(connection: Connection) -> bool:
    """Ask, and tell whether there is an answer."""
    reader, writer = connection
    with contextlib.suppress(ConnectionError):
        writer.write(GET)
        await writer.drain()
        return (await reader.readline()).startswith(b"HTTP/1.1 200")
    return False


async def cut_after(reader: asyncio.StreamReader) -> float:
    """Return when the connection ends."""
    began_s = asyncio.get_running_loop().time()
    with contextlib.suppress(ConnectionError):
        while await reader.read(1024):
            pass
    return asyncio.get_running_loop().time() - began_s


async def test_a_connection_that_asks_nothing_is_cut(tmp_path: Path) -> None:
    async with house(tmp_path) as page, connected(page) as (reader, _):
        assert await cut_after(reader) <= KEEP_ALIVE_S + 5


async def test_a_request_that_comes_byte_by_byte_is_cut(tmp_path: Path) -> None:
    async with house(tmp_path) as page, connected(page) as (reader, writer):

        async def trickle() -> None:
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b"a")
                    await writer.drain()
                    await asyncio.sleep(1)

        trickling = asyncio.create_task(trickle())
        assert await cut_after(reader) <= KEEP_ALIVE_S + 5
        trickling.cancel()


@pytest.mark.parametrize(("path", "most_s"), [("login", LOGIN_BODY_S), ("reset", BODY_S)])
async def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, path: str, most_s: float) -> None:
    async with house(tmp_path) as page, connected(page) as (reader, writer):
        token = page.token()["Authorization"] if path != "login" else "none"
        writer.write(
            f"POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: {token}\r\nContent-Length: 100\r\n\r\n{{".encode()
        )
        began_s = asyncio.get_running_loop().time()
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        assert most_s - 1 < asyncio.get_running_loop().time() - began_s < most_s + 2
        assert await cut_after(reader) < 10


async def test_an_answer_that_is_not_taken_is_given_up(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        host, port = page.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        # More answers than what the kernel keeps for who does not read them.
        request = b"GET /static/vendor/uPlot.iife.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for _ in range(100):
            writer.write(request)
        await asyncio.sleep(1)
        assert page.server.connections == 1
        began_s = asyncio.get_running_loop().time()
        while page.server.connections:
            await asyncio.sleep(1)
        assert asyncio.get_running_loop().time() - began_s < QUIET_S + 10
        writer.close()
        del reader


async def test_a_connection_that_is_used_goes_on(tmp_path: Path) -> None:
    async with house(tmp_path) as page, connected(page) as connection:
        reader, writer = connection
        for _ in range(5):
            writer.write(GET)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            await asyncio.sleep(KEEP_ALIVE_S / 2)
        assert page.server.connections == 1


async def test_when_there_are_too_many_the_quietest_makes_room(tmp_path: Path) -> None:
    async with house(tmp_path) as page, contextlib.AsyncExitStack() as all_of_them:
        opened = []
        for _ in range(MOST + 10):
            opened.append(await all_of_them.enter_async_context(connected(page)))
            await asyncio.sleep(0.01)
        assert page.server.connections <= MOST
        assert await answered(opened[-1])
        assert (await page.get("/api/v1/station"))[0] == 200
        assert not await answered(opened[0])


async def test_one_address_cannot_take_the_room_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "is_loopback", lambda address: False)
    async with house(tmp_path) as page, contextlib.AsyncExitStack() as all_of_them:
        for _ in range(MOST_OF_ONE + 10):
            await all_of_them.enter_async_context(connected(page))
            await asyncio.sleep(0.01)
        assert page.server.connections <= MOST_OF_ONE


async def test_strangers_leave_room_for_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_OF_ONE", MOST)
    async with house(tmp_path) as page, contextlib.AsyncExitStack() as all_of_them:
        monkeypatch.setattr(connections, "is_loopback", lambda address: False)
        for _ in range(MOST_REMOTE + 5):
            await all_of_them.enter_async_context(connected(page))
            await asyncio.sleep(0.01)
        assert page.server.connections == MOST_REMOTE
        monkeypatch.setattr(connections, "is_loopback", lambda address: True)
        for _ in range(MOST - MOST_REMOTE):
            await all_of_them.enter_async_context(connected(page))
            await asyncio.sleep(0.01)
        assert page.server.connections == MOST


async def test_streams_are_no_quiet_connections(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.ask("GET", "/api/v1/live") as answer:
        began_s = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - began_s < 3 * QUIET_S:
            assert await answer.content.readline()


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(StationError, match=f"at 127.0.0.1 port {port}: Address already in use; .*web.port"):
            listen("127.0.0.1", port)


def test_an_address_of_somebody_else_is_named_with_what_to_do() -> None:
    with pytest.raises(StationError, match=r"at 192\.0\.2\.1 port 0: Cannot assign requested address; set web.host"):
        listen("192.0.2.1", 0)


def test_two_colons_are_all_addresses_of_both_kinds() -> None:
    try:
        server = listen("::", 0)
    except StationError:
        pytest.skip("no IPv6 here")
    with server:
        assert server.getsockopt(41, 26) == 0  # IPPROTO_IPV6, IPV6_V6ONLY
