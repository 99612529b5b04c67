"""Listener: one port that stations connect to, for one security profile."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.handshake import PREFIX, SUBPROTOCOL
from simulators.mock_csms.tls import ChangingContext, Tls

CLOSE_TIMEOUT_S = 2.0
"""How long a station may take to close; then its socket is cut."""

Secure = Callable[[Tls], ssl.SSLContext]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """How a request for a websocket is met; by default as it should be."""

    status: int | None = None
    """Refuse with this HTTP status."""
    drop: bool = False
    """Cut the connection without an answer."""
    subprotocol: str | None = SUBPROTOCOL
    """Choose this one, offered or not; None: choose none."""
    times: int | None = None
    """For so many requests, then as it should be again; None: until told otherwise."""

    def __post_init__(self) -> None:
        if self.status is not None and self.status not in {status.value for status in HTTPStatus}:
            raise RequestError(f"status is {self.status}: a status of HTTP expected")
        if self.times is not None and self.times < 1:
            raise RequestError(f"times is {self.times}: 1 or more expected; leave it out for all")


@dataclass(frozen=True, slots=True)
class Reception:
    """What becomes of those who come to a listener."""

    admit: Callable[["Listener", ServerConnection, Request], Response | None]
    """Returns how a request for a websocket is turned away, None if it is welcome."""
    attend: Callable[["Listener", ServerConnection], Awaitable[None]]
    """Talks over a websocket until it is closed."""
    fail: Callable[["Listener", str], None]
    """Hears why a TLS handshake failed, in OpenSSL's words."""


class Listener:
    """Takes websockets; when it stops listening and listens again, it does so on the same port."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        profile: int,
        name: str,
        secure: Secure | None,
        reception: Reception,
        ping_interval_s: float | None,
    ) -> None:
        """`name` is the host in URLs; `secure` makes the context for TLS, None speaks none."""
        self.profile = profile
        self.tls = Tls()
        self._host, self._port, self._name = host, port, name
        self._secure = secure
        self._context: ChangingContext | None = None
        if secure is not None:
            self._context = ChangingContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.on_failure = partial(reception.fail, self)
        self._upgrade, self._left = Upgrade(), 0
        self._met = self._upgrade
        """How the request is met that is being answered."""
        self._reception = reception
        self._ping_interval_s = ping_interval_s
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where stations connect to, without their identity."""
        name = f"[{self._name}]" if ":" in self._name else self._name
        return f"{'ws' if self._context is None else 'wss'}://{name}:{self._port}{PREFIX.rstrip('/')}"

    @property
    def listening(self) -> bool:
        return self._server is not None

    def show(self, tls: Tls) -> None:
        """Show this to every connection from now on; RequestError if that is not possible."""
        if self._context is None or self._secure is None:
            raise RequestError(f"the port of security profile {self.profile} speaks no TLS")
        self._context.now = self._secure(tls)
        self.tls = tls

    def meet(self, upgrade: Upgrade) -> None:
        """Meet requests for a websocket so from now on."""
        self._upgrade, self._left = upgrade, upgrade.times or 0

    @property
    def upgrade(self) -> Upgrade:
        """How the next request is met."""
        return self._upgrade

    async def open(self) -> None:
        """Listen; OSError if the port is taken."""
        if self._server is not None:
            return
        if self._context is not None and self._context.now is None:
            self.show(self.tls)
        self._server = await serve(
            partial(self._reception.attend, self),
            self._host,
            self._port,
            process_request=self._meet,
            select_subprotocol=self._choose,
            ssl=self._context,
            ping_interval=self._ping_interval_s,
            close_timeout=CLOSE_TIMEOUT_S,
            server_header=None,
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        """Stop listening and close the connections in good order."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()

    def _meet(self, websocket: ServerConnection, request: Request) -> Response | None:
        self._met = self._upgrade
        if self._met.times is not None:
            self._left -= 1
            if self._left == 0:
                self._upgrade = Upgrade()
        if self._met.drop:
            websocket.transport.abort()
            return None
        if self._met.status is not None:
            return websocket.respond(HTTPStatus(self._met.status), "Refused on purpose.\n")
        return self._reception.admit(self, websocket, request)

    def _choose(self, _websocket: ServerConnection, _offered: Sequence[Subprotocol]) -> Subprotocol | None:
        chosen = self._met.subprotocol
        return None if chosen is None else Subprotocol(chosen)
