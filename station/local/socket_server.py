"""The socket in the state folder by which commands reach the daemon: one JSON object a line, either way.

`{"do": "why", "evse": 1}` is answered with `{"ok": true, "answer": ...}`, or with `{"ok": false, "error": "..."}`;
an action that goes on has many answers. Whoever may open the socket, the station's user and root, may do what is on
the desk.
"""

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from station.errors import StationError
from station.local.arguments import DeskError
from station.local.socket_place import NAME, address

if TYPE_CHECKING:
    from station.local.desk import Desk

MOST_CLIENTS: Final = 8
LONGEST_LINE: Final = 1024 * 1024
"""Bytes of a request."""
IDLE_S: Final = 60.0
"""How long somebody may be connected who asks nothing."""
UNREAD_S: Final = 10.0
"""How long answers may wait to be read; who does not read is dropped."""
MODE: Final = 0o600

log = structlog.get_logger("station.local")


class SocketServer:
    """Serves a desk at `<state_dir>/control.sock`."""

    def __init__(self, desk: Callable[[], "Desk"], state_dir: Path) -> None:
        """`desk` is made, and loads what it needs, for the first client."""
        self._make_desk = desk
        self.path = state_dir / NAME
        self._clients = 0

    @cached_property
    def _desk(self) -> "Desk":
        return self._make_desk()

    async def run(self) -> None:
        """Serve for ever; raises StationError if the socket cannot be made. At the end it is removed."""
        loop = asyncio.get_running_loop()
        with _listening(self.path) as listener:
            async with asyncio.TaskGroup() as clients:
                while True:
                    connection, _ = await loop.sock_accept(listener)
                    clients.create_task(self._serve(connection), name="socket-client")

    async def _serve(self, connection: socket.socket) -> None:
        """Serve one client; whatever he does, the others notice nothing."""
        reader, writer = await asyncio.open_unix_connection(sock=connection, limit=LONGEST_LINE)
        self._clients += 1
        try:
            if self._clients > MOST_CLIENTS:
                await _put(writer, _failed(f"{MOST_CLIENTS} others are connected; try again in a moment"))
            else:
                await self._converse(reader, writer)
            await _close(writer)
        except (OSError, TimeoutError) as error:  # gone, silent, or not reading
            log.debug("socket_client_dropped", reason=repr(error))
        finally:
            self._clients -= 1
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other, until the client goes or asks for something that takes its time."""
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                await _put(writer, _failed(f"a request may have {LONGEST_LINE} bytes"))
                return
            try:
                do, given = _read(line)
            except DeskError as error:
                await _put(writer, _failed(str(error)))
                return
            if self._desk.waits(do):
                await self._answer_until_gone(do, given, reader, writer)
                return
            await self._answer(do, given, writer)

    async def _answer_until_gone(
        self, do: str, given: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer until it is over, the client goes, or says anything at all."""
        answering = asyncio.create_task(self._answer(do, given, writer), name="socket-answer")
        leaving = asyncio.create_task(reader.read(1), name="socket-leaving")
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            answering.cancel()
            await asyncio.wait((answering, leaving))
        if not answering.cancelled():
            answering.result()

    async def _answer(self, do: str, given: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        try:
            async for answer in self._desk.answers(do, given):
                await _put(writer, {"ok": True, "answer": answer})
        except StationError as error:
            await _put(writer, _failed(str(error)))
        except (OSError, TimeoutError):
            raise
        except Exception:
            log.exception("request_failed", action=do)
            await _put(writer, _failed(f"{do} failed; the station's log says why"))


def _read(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return the action of a request and its arguments."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict) or not isinstance(request.get("do"), str):
        raise DeskError('a request is a line of JSON like {"do": "status"}')
    return request.pop("do"), request


async def _put(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer, separators=(",", ":")).encode() + b"\n")
    async with asyncio.timeout(UNREAD_S):
        await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close when everything has been read."""
    writer.close()
    async with asyncio.timeout(UNREAD_S):
        await writer.wait_closed()


def _failed(text: str) -> dict[str, Any]:
    return {"ok": False, "error": text}


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """Listen at a path, for this user only; what a station left there that was killed is replaced."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.setblocking(False)
        try:
            _refuse_if_taken(path)
            new.unlink(missing_ok=True)
            with address(new) as there:
                listener.bind(there)
            # Nobody can connect before it listens, nor find it before it is ready.
            new.chmod(MODE)
            listener.listen(MOST_CLIENTS)
            made = new.stat().st_ino
            new.rename(path)
        except OSError as error:
            raise StationError(
                f"{path} cannot be made: {error.strerror or error}; commands cannot ask the station"
            ) from error
        try:
            yield listener
        finally:
            with contextlib.suppress(OSError):
                if path.stat().st_ino == made:
                    path.unlink()


def _refuse_if_taken(path: Path) -> None:
    """Raise StationError if there is something else than a socket that nobody listens at any more."""
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise StationError(f"{path} is no socket; move it away, commands reach the station there")
    with socket.socket(socket.AF_UNIX) as probe, address(path) as there:
        probe.setblocking(False)
        try:
            probe.connect(there)
        except ConnectionRefusedError:
            return
        except BlockingIOError:
            pass
    raise StationError(f"another process listens at {path}; end it first")
