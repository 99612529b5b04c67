"""Connections: so many and no more, and none that is held without asking or reading.

What the page uses up, the charging sessions would lack: descriptors first, then memory.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from station.errors import StationError
from station.web.addresses import is_loopback, neighbourhood
from station.web.headers import FRESH, SECURITY
from station.web.problems import ErrorAnswer
from station.web.rendering import json_response, json_text

MOST: Final = 64
MOST_OF_ONE: Final = 24
"""Of one address; a browser opens six. Whoever is on this computer may be a proxy with many behind it."""
MOST_REMOTE: Final = MOST - 16
"""So that kiosk and programs on this computer always find place."""
QUIET_S: Final = 60.0
"""A connection that brings no request, or does not take its answer, for that long is cut."""
KEEP_ALIVE_S: Final = 30.0
HANDSHAKE_S: Final = 10.0
LOOK_S: Final = 5.0
LINGERING_S: Final = 2.0
"""How long the rest of a body that was refused is read, so that its sender gets the answer."""
BACKLOG: Final = 32
_SHORT_OF: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
PAUSE_S: Final = 1.0

log = structlog.get_logger("station.web")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; StationError if it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    try:
        server = socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        remedy = {
            errno.EADDRINUSE: "stop what uses this port, or set web.port to another one",
            errno.EACCES: "set web.port to one from 1024 on",
            errno.EADDRNOTAVAIL: "set web.host to an address of this computer, or to 127.0.0.1",
        }.get(error.errno or 0, "set web.host and web.port to others")
        reason = os.strerror(error.errno or 0)
        raise StationError(f"the page cannot be served at {host} port {port}: {reason}; {remedy}") from error
    server.setblocking(False)
    return server


class Conversation(web.RequestHandler):
    """One connection; knows how long it has been quiet."""

    def __init__(self, server: web.Server, *, address: str, time: Callable[[], float], left: "Left") -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=KEEP_ALIVE_S,
            lingering_time=LINGERING_S,
            access_log=None,  # type: ignore[arg-type] # that is how there is none
            auto_decompress=False,
        )
        self.neighbourhood = neighbourhood(address)
        self.local = is_loopback(address)
        self._time, self._left = time, left
        self._quiet_since_s = time()
        self._working = False

    def began(self) -> None:
        """A request is being answered."""
        self._working = True

    def ended(self) -> None:
        """It was, but for what of the answer is on its way."""
        self._working, self._quiet_since_s = False, self._time()

    @property
    def quiet_s(self) -> float:
        """For how long nothing was asked and answered; 0 while a request is."""
        return 0.0 if self._working else self._time() - self._quiet_since_s

    def cut(self) -> None:
        """End the connection, whatever waits in it."""
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._left(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 it repeats what the sender wrote
    ) -> web.StreamResponse:
        """Answer what is no HTTP as everything else is answered, and do not fill the log with it."""
        if request.writer.output_size > 0:
            raise ConnectionResetError("an answer is under way")
        log.debug("request_unreadable", error=type(exc).__name__)
        answer = json_response(json_text(ErrorAnswer("this is no HTTP request that can be read")), status=status)
        answer.headers.update({**SECURITY, **FRESH})
        answer.force_close()
        return answer


Left = Callable[[Conversation], None]


class Door:
    """Takes connections, and looks after them."""

    def __init__(self, listening: socket.socket, server: web.Server, *, tls: ssl.SSLContext | None) -> None:
        self._listening, self._server, self._tls = listening, server, tls
        self._inside: set[Conversation] = set()

    @property
    def count(self) -> int:
        """How many connections there are."""
        return len(self._inside)

    async def run(self) -> None:
        """Take connections for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_after(), name="web-connections")
            loop = asyncio.get_running_loop()
            while True:
                try:
                    connection, peer = await loop.sock_accept(self._listening)
                except OSError as error:
                    if error.errno in _SHORT_OF:
                        log.warning("web_connection_not_taken", error=error.strerror)
                        await asyncio.sleep(PAUSE_S)
                    continue
                conversation = self._conversation(str(peer[0]))
                if self._has_room_for(conversation):
                    self._inside.add(conversation)
                    tasks.create_task(self._welcome(connection, conversation), name="web-welcome")
                else:
                    connection.close()

    def _conversation(self, address: str) -> Conversation:
        time = asyncio.get_running_loop().time
        return Conversation(self._server, address=address, time=time, left=self._inside.discard)

    def _has_room_for(self, new: Conversation) -> bool:
        """Tell whether there is room for one more, if need be by cutting the one that has been quiet the longest."""
        of_one = [each for each in self._inside if each.neighbourhood == new.neighbourhood]
        if not new.local and len(of_one) >= MOST_OF_ONE:
            return _made_room(of_one)
        remote = [each for each in self._inside if not each.local]
        if not new.local and len(remote) >= MOST_REMOTE:
            return _made_room(remote)
        return len(self._inside) < MOST or _made_room(self._inside)

    async def _welcome(self, connection: socket.socket, conversation: Conversation) -> None:
        handshake_s = HANDSHAKE_S if self._tls else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: conversation, connection, ssl=self._tls, ssl_handshake_timeout=handshake_s
            )
        except (OSError, TimeoutError) as error:
            log.debug("web_connection_failed", error=str(error) or type(error).__name__)
            self._inside.discard(conversation)
            connection.close()

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for conversation in [each for each in self._inside if each.quiet_s > QUIET_S]:
                conversation.cut()


def _made_room(among: "set[Conversation] | list[Conversation]") -> bool:
    quietest = max(among, key=lambda each: each.quiet_s)
    if not quietest.quiet_s:
        return False
    quietest.cut()
    return True
