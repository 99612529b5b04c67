"""Commands reach the daemon over its socket, and are told plainly when they do not."""

import asyncio
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from station.local.client import NotAnsweredError, NotRunningError, ask, is_running, stream
from station.local.socket_place import NAME, address
from tests.local.place import Place
from tests.local.test_socket_server import happened, serving

Answers = Callable[[socket.socket], None]


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Callable[[Answers], Path]]:
    """Have somebody answer at a socket who need not be a station."""
    threads: list[threading.Thread] = []

    def peer(answer: Answers) -> Path:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / NAME))
        listener.listen(1)

        def serve() -> None:
            with listener, listener.accept()[0] as connection:
                answer(connection)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return tmp_path

    yield peer
    for thread in threads:
        thread.join(10)


def says(data: bytes) -> Answers:
    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(data)

    return answer


@pytest.mark.realtime
async def test_the_daemon_is_asked_and_answers(place: Place) -> None:
    async with place.open(), serving(place) as path:
        assert await asyncio.to_thread(is_running, path.parent)
        rows = await asyncio.to_thread(ask, path.parent, "variables", text="HeartbeatInterval")
        assert [row["value"] for row in rows] == ["300"]
        with pytest.raises(NotAnsweredError, match="there is no EVSE 7"):
            await asyncio.to_thread(ask, path.parent, "why", evse=7)


@pytest.mark.realtime
async def test_a_stream_goes_on_until_the_caller_has_enough(place: Place) -> None:
    def two_lines() -> list[str]:
        lines = stream(place.folder, "follow", after=0)
        found = [next(lines)["event"], next(lines)["event"]]
        lines.close()
        return found

    happened(place, "first")
    async with place.open(), serving(place):
        following = asyncio.create_task(asyncio.to_thread(two_lines))
        await asyncio.sleep(0.1)
        happened(place, "second")
        assert await following == ["first", "second"]


@pytest.mark.realtime
async def test_a_folder_may_have_a_long_path(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 200)
    await asyncio.to_thread(folder.mkdir)
    async with serving(place, folder):
        assert await asyncio.to_thread(ask, folder, "certificates") == []


def test_that_no_station_runs_is_told_with_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match=r"no station runs .*systemctl start station"):
        ask(tmp_path, "status")
    with pytest.raises(NotRunningError):
        next(stream(tmp_path / "none", "follow"))
    assert not is_running(tmp_path)
    assert not is_running(tmp_path / ("x" * 200))


def test_a_socket_of_a_station_that_was_killed_is_no_station(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(tmp_path / NAME))
    assert not is_running(tmp_path)
    with pytest.raises(NotRunningError):
        ask(tmp_path, "status")


def test_who_may_not_use_the_socket_is_told_who_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # root may open whatever there is, so the kernel's refusal is played
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(NotAnsweredError, match=f"{tmp_path}/{NAME} may not be used by this user; be root"):
        is_running(tmp_path)


@pytest.mark.parametrize("answer", [b"hello\n", b"[]\n", b'{"ok": true}\n', b'{"ok": false}\n', b"7\n"])
def test_an_answer_that_is_none_is_told(peer: Callable[[Answers], Path], answer: bytes) -> None:
    with pytest.raises(NotAnsweredError, match="status with what cannot be understood"):
        ask(peer(says(answer)), "status")


def test_a_station_that_ends_without_a_word_is_told(peer: Callable[[Answers], Path]) -> None:
    with pytest.raises(NotAnsweredError, match="ended before it answered status"):
        ask(peer(says(b"")), "status")


def test_a_station_that_hangs_is_not_waited_for_for_ever(peer: Callable[[Answers], Path]) -> None:
    heard = threading.Event()
    folder = peer(lambda connection: (connection.recv(4096), heard.wait(10))[0] and None)
    with pytest.raises(NotAnsweredError, match=r"did not answer status within 0.2 s"):
        ask(folder, "status", wait_s=0.2)
    heard.set()


def test_an_address_is_only_taken_a_long_way_round_if_it_has_to_be() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        with address(Path(short) / NAME) as there:
            assert there == f"{short}/{NAME}"
        folder = Path(short) / ("ü" * 60)  # few characters, many bytes
        folder.mkdir()
        with address(folder / NAME) as there:
            assert there.startswith("/proc/self/fd/")
            assert os.path.realpath(there) == str(folder / NAME)
