"""The socket serves whoever may open it, and survives whatever comes over it."""

import asyncio
import contextlib
import json
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from station.errors import StationError
from station.local.rings import LoggedEvent
from station.local.socket_place import NAME, address
from station.local.socket_server import IDLE_S, LONGEST_LINE, MOST_CLIENTS, UNREAD_S, SocketServer
from tests.local.place import Place


class Client:
    """Somebody at the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def ask(self, do: str, **given: Any) -> Any:
        await self.send(json.dumps({"do": do, **given}).encode() + b"\n")
        return await self.hear()

    async def hear(self) -> Any:
        line = await asyncio.wait_for(self._reader.readline(), 30)
        return json.loads(line) if line else None

    async def is_dropped(self) -> bool:
        try:
            return await asyncio.wait_for(self._reader.read(), 5) == b""
        except ConnectionError:
            return True

    def stop_reading(self) -> None:
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def leave(self) -> None:
        self._writer.transport.abort()


Connect = Callable[[Path], Awaitable[Client]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    clients: list[Client] = []

    async def connect(path: Path) -> Client:
        with address(path) as there:
            clients.append(Client(*await asyncio.open_unix_connection(there, limit=2**24)))
        return clients[-1]

    yield connect
    for client in clients:
        client.leave()
    await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def serving(place: Place, folder: Path | None = None) -> AsyncIterator[Path]:
    server = SocketServer(lambda: place.desk, folder or place.folder)
    running = asyncio.create_task(server.run())
    try:
        await asyncio.sleep(0.1)
        if running.done():
            await running
        yield server.path
    finally:
        running.cancel()
        await asyncio.wait([running])


@pytest.fixture
async def path(place: Place) -> AsyncIterator[Path]:
    async with serving(place) as path:
        yield path


async def works(connect: Connect, path: Path) -> bool:
    client = await connect(path)
    answer = await client.ask("certificates")
    client.leave()
    await asyncio.sleep(0.1)
    return bool(answer == {"ok": True, "answer": []})


async def test_one_request_after_the_other_is_answered(connect: Connect, path: Path) -> None:
    client = await connect(path)
    assert await client.ask("certificates") == {"ok": True, "answer": []}
    assert (await client.ask("variables", text="Heartbeat"))["answer"][0]["value"] == "300"
    await client.send(b'{"do":"certificates"}\n{"do":"cards"}\n')
    assert [await client.hear(), await client.hear()] == [{"ok": True, "answer": []}] * 2


async def test_a_refusal_is_an_answer_too_and_the_next_request_is_served(connect: Connect, path: Path) -> None:
    client = await connect(path)
    answer = await client.ask("stop", evse="x")
    assert answer == {"ok": False, "error": "evse: an integer is wanted"}
    assert (await client.ask("certificates"))["ok"]


# Who may open it, and where it is


def modes_in(folder: Path) -> dict[str, int]:
    """Return the permissions of all sockets, by name."""
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir() if file.is_socket()}


async def test_only_the_station_s_user_may_open_it(path: Path) -> None:
    assert modes_in(path.parent) == {NAME: 0o600}


async def test_it_is_gone_with_the_station(place: Place) -> None:
    async with serving(place) as path:
        pass
    assert not path.exists()


async def test_a_successor_s_socket_is_left_alone(place: Place) -> None:
    async with serving(place) as path:
        path.unlink()
        path.write_text("another one's")
    assert path.exists()


async def test_what_a_killed_station_left_is_replaced(connect: Connect, place: Place) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(place.folder / NAME))
    async with serving(place) as path:
        assert await works(connect, path)


async def test_what_is_no_socket_is_left_there_and_told(place: Place) -> None:
    (place.folder / NAME).write_text("precious")
    with pytest.raises(StationError, match="is no socket; move it away"):
        async with serving(place):
            raise AssertionError
    assert (place.folder / NAME).read_text() == "precious"


async def test_a_socket_that_somebody_listens_at_is_not_taken_away(
    connect: Connect, place: Place, path: Path
) -> None:
    with pytest.raises(StationError, match="another process listens"):
        await SocketServer(lambda: place.desk, place.folder).run()
    assert await works(connect, path)


async def test_a_folder_that_cannot_be_written_is_told(place: Place, tmp_path: Path) -> None:
    with pytest.raises(StationError, match=f"{tmp_path}/none/{NAME} cannot be made: No such file"):
        await SocketServer(lambda: place.desk, tmp_path / "none").run()


async def test_a_path_may_be_longer_than_an_address(connect: Connect, place: Place, tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    async with serving(place, folder) as path:
        assert await works(connect, path)
        with pytest.raises(StationError, match="another process listens"):
            await SocketServer(lambda: place.desk, folder).run()


# What may come over it


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\n",
        b"\n",
        b"\xff\xfe\x00\n",
        b"[]\n",
        b"7\n",
        b"{}\n",
        b'{"do": 7}\n',
        b'{"do": "status"\n',
        b"[" * 200_000 + b"\n",
        b'{"do": "status", "x": ' + b"9" * 5000 + b"}\n",
    ],
    ids=range(10),
)
async def test_garbage_is_answered_and_ends_the_connection_only(connect: Connect, path: Path, garbage: bytes) -> None:
    client = await connect(path)
    await client.send(garbage)
    answer = await client.hear()
    assert not answer["ok"]
    assert "a request is a line of JSON" in answer["error"]
    assert await client.is_dropped()
    assert await works(connect, path)


async def test_an_endless_line_is_not_read_to_its_end(connect: Connect, path: Path) -> None:
    client = await connect(path)
    await client.send(b"x" * (LONGEST_LINE + 100_000))
    answer = await client.hear()
    assert answer["error"] == f"a request may have {LONGEST_LINE} bytes"
    assert await client.is_dropped()
    assert await works(connect, path)


async def test_who_leaves_in_the_middle_of_a_word_is_forgotten(connect: Connect, path: Path) -> None:
    for _ in range(2 * MOST_CLIENTS):
        client = await connect(path)
        await client.send(b'{"do": "sta')
        client.leave()
    await asyncio.sleep(0.1)
    assert await works(connect, path)


async def test_who_leaves_before_his_answer_is_forgotten(connect: Connect, path: Path) -> None:
    for _ in range(2 * MOST_CLIENTS):
        client = await connect(path)
        await client.send(b'{"do": "variables"}\n')
        client.leave()
    await asyncio.sleep(0.1)
    assert await works(connect, path)


async def test_who_says_nothing_is_dropped_after_a_while(connect: Connect, path: Path) -> None:
    client = await connect(path)
    await asyncio.sleep(IDLE_S - 1)
    assert (await client.ask("certificates"))["ok"]
    await asyncio.sleep(IDLE_S + 1)
    assert await client.is_dropped()


async def test_one_too_many_is_told_so_until_somebody_leaves(connect: Connect, path: Path) -> None:
    clients = [await connect(path) for _ in range(MOST_CLIENTS)]
    for client in clients:
        await client.ask("certificates")
    answer = await (late := await connect(path)).hear()
    assert "8 others are connected" in answer["error"]
    assert await late.is_dropped()
    clients[0].leave()
    await asyncio.sleep(0.1)
    assert await works(connect, path)


async def test_a_bug_is_told_and_written_down(
    connect: Connect, place: Place, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(place.look, "certificates", lambda: 1 / 0)
    client = await connect(path)
    answer = await client.ask("certificates")
    assert answer == {"ok": False, "error": "certificates failed; the station's log says why"}
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert (await client.ask("cards"))["ok"]


# What goes on


def happened(place: Place, text: str) -> None:
    place.events.add(LoggedEvent("", "info", "station.test", text, {}))


async def test_the_log_is_followed_until_the_client_leaves(connect: Connect, place: Place, path: Path) -> None:
    client = await connect(path)
    happened(place, "before")
    assert (await client.ask("follow", after=0))["answer"]["event"] == "before"
    happened(place, "after")
    assert (await client.hear())["answer"]["event"] == "after"
    followers = [client, *[await connect(path) for _ in range(MOST_CLIENTS - 1)]]
    for follower in followers[1:]:
        await follower.ask("follow", after=0)
    for follower in followers:
        follower.leave()
    await asyncio.sleep(0.1)
    assert await works(connect, path)


async def test_who_follows_and_does_not_read_is_dropped(connect: Connect, place: Place, path: Path) -> None:
    clients = [await connect(path) for _ in range(MOST_CLIENTS)]
    for client in clients:
        await client.send(b'{"do": "follow"}\n')
        client.stop_reading()
    await asyncio.sleep(0.1)
    for _ in range(100):
        happened(place, "x" * 10_000)
    await asyncio.sleep(2 * UNREAD_S + 1)
    assert await works(connect, path)


async def test_who_does_not_read_one_long_answer_is_dropped(connect: Connect, place: Place, path: Path) -> None:
    for _ in range(100):
        happened(place, "x" * 20_000)
    clients = [await connect(path) for _ in range(MOST_CLIENTS)]
    for client in clients:
        client.stop_reading()
        await client.send(b'{"do": "events"}\n')
    await asyncio.sleep(2 * UNREAD_S + 1)
    assert await works(connect, path)


@pytest.mark.parametrize("count", range(4, 14))
async def test_who_does_not_read_the_last_answers_is_dropped(
    connect: Connect, place: Place, path: Path, count: int
) -> None:
    """How much the kernel takes before an answer waits is its own business, so several counts are tried."""
    happened(place, "x" * 30_000)
    clients = [await connect(path) for _ in range(MOST_CLIENTS)]
    for client in clients:
        client.stop_reading()
        await client.send(b'{"do": "events"}\n' * count + b"garbage\n")
    await asyncio.sleep(2 * UNREAD_S + 1)
    assert await works(connect, path)


async def test_who_leaves_while_a_card_is_awaited_makes_room_for_the_next(connect: Connect, path: Path) -> None:
    first = await connect(path)
    await first.send(b'{"do": "learn"}\n')
    await asyncio.sleep(1)
    second = await connect(path)
    assert "somebody else is learning" in (await second.ask("learn"))["error"]
    first.leave()
    await asyncio.sleep(0.1)
    third = await connect(path)
    assert "no card was held" in (await third.ask("learn", timeout_s=2))["error"]


async def test_the_end_of_the_station_ends_every_conversation(connect: Connect, place: Place) -> None:
    async with serving(place) as path:
        client = await connect(path)
        await client.send(b'{"do": "follow"}\n')
        await asyncio.sleep(1)
    assert await client.is_dropped()
