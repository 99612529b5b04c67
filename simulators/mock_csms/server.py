"""Server: the CSMS itself, to be run by the command line or embedded in a test."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from simulators.mock_csms.connection import Connection, Say
from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.handshake import PREFIX, SUBPROTOCOL, headers_of, identity_of, turned_away
from simulators.mock_csms.keys import KeyRing
from simulators.mock_csms.messages import Message
from simulators.mock_csms.replies import Desk, ErrorReply, Override, Payload
from simulators.mock_csms.settings import Settings
from simulators.mock_csms.station import Station
from simulators.mock_csms.transactions import Transaction

if TYPE_CHECKING:
    from simulators.mock_csms.api import Api

CLOSE_TIMEOUT_S = 2.0
"""How long a station may take to close; then its socket is cut."""

_REPLACED = 1008


def utc_now() -> datetime:
    return datetime.now(UTC)


def unheard(_station: str, _what: Message | str) -> None:
    """Say nothing."""


class MockCsms:
    """A CSMS for any OCPP 2.0.1 station: `async with MockCsms(settings) as csms: ...`."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = utc_now,
        say: Say = unheard,
    ) -> None:
        self.settings = settings or Settings()
        self._tls = tls
        self._now = now
        self._say = say
        self._desk = Desk(self.settings.heartbeat_interval_s, self.settings.tokens)
        self._keys = KeyRing(self.settings.meter_keys)
        self._stations: dict[str, Station] = {}
        self._port = self.settings.port
        self._server: Server | None = None
        self._api: Api | None = None

    async def __aenter__(self) -> Self:
        await self.come_back()
        if self.settings.api_port is not None:
            from simulators.mock_csms.api import Api  # aiohttp takes 200 ms to import

            self._api = Api(self)
            try:
                await self._api.start(self.settings.api_port)
            except BaseException:
                await self.go_away()
                raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._api is not None:
            await self._api.stop()
        await self.go_away()

    @property
    def url(self) -> str:
        """Where stations connect to, without their identity: `ws://127.0.0.1:9000/ocpp`."""
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        return f"{'wss' if self._tls else 'ws'}://{host}:{self._port}{PREFIX.rstrip('/')}"

    def url_of(self, station_id: str) -> str:
        """Return the URL that a station of this identity connects to."""
        return f"{self.url}/{quote(station_id, safe='')}"

    @property
    def api_url(self) -> str | None:
        """Where the control API is, None without one."""
        return None if self._api is None else self._api.url

    @property
    def listening(self) -> bool:
        return self._server is not None

    @property
    def stations(self) -> Mapping[str, Station]:
        """Every station that ever connected, or that something was prepared for, by identity."""
        return MappingProxyType(self._stations)

    def station(self, station_id: str) -> Station:
        """Return what is known about a station, which need not have connected yet."""
        if station_id not in self._stations:
            keep = self.settings.messages_kept
            self._stations[station_id] = Station(station_id, keys=self._keys, keep=keep)
        return self._stations[station_id]

    @property
    def transactions(self) -> Mapping[str, Transaction]:
        """The transactions of all stations by their id; if two stations use one id, the later station's."""
        return {key: value for station in self._stations.values() for key, value in station.transactions.items()}

    async def call(
        self, station_id: str, action: str, payload: Payload | None = None, *, timeout_s: float | None = None
    ) -> Any:
        """Send a request as it is (camelCase, valid or not) and return the payload of the answer.

        Raises CallFailedError for a CALLERROR, NotConnectedError, TimeoutError.
        """
        patience_s = timeout_s or self.settings.call_timeout_s
        return await self.station(station_id).connection.request(action, payload or {}, timeout_s=patience_s)

    async def send_text(self, station_id: str, text: str) -> int:
        """Send a frame as it is, garbage or not; returns its message's number: what comes back has a higher one."""
        return await self.station(station_id).connection.send_text(text)

    def override(
        self,
        station_id: str,
        action: str,
        payload: Payload | None = None,
        *,
        error: ErrorReply | None = None,
        silent: bool = False,
        delay_s: float = 0.0,
        times: int | None = None,
    ) -> None:
        """Answer an action of a station otherwise from now on; it need not have connected yet."""
        override = Override(payload, error, silent, delay_s, times)
        self.station(station_id).overrides.put(action, override)

    def reset_override(self, station_id: str, action: str) -> None:
        """Answer an action as by default again."""
        self.station(station_id).overrides.reset(action)

    async def disconnect(
        self, station_id: str, *, code: int = 1000, reason: str = "", abruptly: bool = False
    ) -> None:
        """Close a station's connection; `abruptly` without a word. It may come back at once."""
        connection = self.station(station_id).connection
        if abruptly:
            connection.cut()
        elif code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013) or 3000 <= code < 5000:
            await connection.close(code, reason)
        else:
            raise RequestError(f"close code {code}: 1000 to 1003, 1007 to 1013 or 3000 to 4999 expected")

    async def go_away(self, *, abruptly: bool = False) -> None:
        """Stop listening and drop all connections, `abruptly` without a word; API and records stay."""
        server, self._server = self._server, None
        if server is None:
            return
        if abruptly:
            for station in self._stations.values():
                if station.connected:
                    station.connection.cut()
        server.close()
        await server.wait_closed()

    async def come_back(self) -> None:
        """Listen again, on the same port; OSError if it is taken."""
        if self._server is not None:
            return
        self._server = await serve(
            self._serve,
            self.settings.host,
            self._port,
            process_request=self._admit,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            ssl=self._tls,
            ping_interval=self.settings.ping_interval_s,
            close_timeout=CLOSE_TIMEOUT_S,
            server_header=None,
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    def _admit(self, websocket: ServerConnection, request: Request) -> Response | None:
        offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol"))
        turned = turned_away(
            request.path,
            authorization=request.headers.get("Authorization"),
            offered=[name.strip() for name in offered.split(",") if name.strip()],
            settings=self.settings,
        )
        if turned is None:
            return None
        self._say(
            identity_of(request.path) or request.path, f"turned away with {turned.status}: {turned.text.strip()}"
        )
        response = websocket.respond(turned.status, turned.text)
        response.headers.update(headers_of(turned))
        return response

    async def _serve(self, websocket: ServerConnection) -> None:
        assert websocket.request is not None
        identity = identity_of(websocket.request.path)
        assert identity is not None
        station = self.station(identity)
        connection = Connection(station, websocket, desk=self._desk, now=self._now, say=self._say)
        replaced = station.attach(connection)
        self._say(identity, "connected")
        try:
            async with asyncio.TaskGroup() as group:
                if replaced is not None:
                    group.create_task(replaced.close(_REPLACED, "connected again"), name=f"replaced-{identity}")
                await connection.run()
        finally:
            station.detach(connection)
            self._say(identity, f"disconnected, close code {websocket.close_code}")
