"""Server: the CSMS itself, to be run by the command line or embedded in a test."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from simulators.mock_csms import errands
from simulators.mock_csms.charging import Charging
from simulators.mock_csms.connection import Connection, Say
from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.handshake import described, headers_of, identity_of, turned_away
from simulators.mock_csms.keys import KeyRing
from simulators.mock_csms.listener import Listener, Reception
from simulators.mock_csms.members import Payload
from simulators.mock_csms.messages import Message
from simulators.mock_csms.ports import Ports
from simulators.mock_csms.replies import Desk, ErrorReply, Override
from simulators.mock_csms.reports import Report, collect
from simulators.mock_csms.settings import Settings
from simulators.mock_csms.station import WAIT_S, Station
from simulators.mock_csms.tls import security_of
from simulators.mock_csms.tokens import Tokens
from simulators.mock_csms.transactions import Transaction

if TYPE_CHECKING:
    from simulators.mock_csms.api import Api
    from simulators.mock_csms.authority import Authority

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
        authority: "Authority | None" = None,
        now: Callable[[], datetime] = utc_now,
        say: Say = unheard,
    ) -> None:
        """`tls` is what `settings.port` shows, if it shall speak TLS; `authority` may be that of another CSMS."""
        self.settings = settings or Settings()
        self._authority = authority
        self._now = now
        self._say = say
        self.tokens = Tokens(self.settings.tokens)
        """What is said about id tokens; may be changed at any time."""
        self._desk = Desk(self.settings.heartbeat_interval_s, self.tokens, self._csr_problem, self._cost)
        self._keys = KeyRing(self.settings.meter_keys)
        self._stations: dict[str, Station] = {}
        self._ports = Ports(
            self.settings,
            tls,
            authority=lambda: self.authority,
            reception=Reception(self._admit, self._attend, self._fail),
        )
        self._tls_failures: deque[str] = deque(maxlen=self.settings.messages_kept)
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
        return self._ports.first.url

    @property
    def urls(self) -> Mapping[int, str]:
        """Where they connect to, by security profile."""
        return self._ports.urls

    def url_for(self, profile: int) -> str:
        """Return where stations of a security profile connect to, without their identity; 0 and 1 are one port."""
        return self.listener(profile).url

    def url_of(self, station_id: str, profile: int | None = None) -> str:
        """Return the URL that a station of this identity connects to."""
        url = self.url if profile is None else self.url_for(profile)
        return f"{url}/{quote(station_id, safe='')}"

    def listener(self, profile: int) -> Listener:
        """Return the port of a security profile, to change what it shows and how it meets requests."""
        return self._ports.of(profile)

    @property
    def authority(self) -> "Authority":
        """Who signs the certificates of the servers and of the stations."""
        if self._authority is None:
            from simulators.mock_csms.authority import Authority  # X.509 takes 50 ms to import

            chosen = self.settings
            self._authority = Authority(
                chosen.ca_dir, now=self._now, key=chosen.ca_key, intermediate=chosen.ca_intermediate
            )
        return self._authority

    @property
    def api_url(self) -> str | None:
        """Where the control API is, None without one."""
        return None if self._api is None else self._api.url

    @property
    def listening(self) -> bool:
        return self._ports.listening

    @property
    def tls_failures(self) -> tuple[str, ...]:
        """Why the last TLS handshakes failed, in OpenSSL's words; whose they were is not known."""
        return tuple(self._tls_failures)

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
        when: Payload | None = None,
    ) -> None:
        """Answer an action of a station otherwise from now on; it need not have connected yet.

        `when` restricts this to requests with these members.
        """
        override = Override(payload, error, silent, delay_s, times, when or {})
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

    async def install_root(
        self, station_id: str, *, certificate: str | None = None, use: str = errands.CSMS_ROOT
    ) -> str:
        """Install a root (PEM) in a station, by default that of this CSMS; returns the station's status."""
        return await errands.install_root(self, station_id, certificate=certificate, use=use)

    async def renew_certificate(self, station_id: str, *, use: str = errands.STATION_CERTIFICATE) -> str:
        """Trigger a CSR, sign it, send the certificate; returns the status that the station answered with."""
        return await errands.renew_certificate(self, station_id, use=use)

    async def send_certificate(self, station_id: str, **signing: Any) -> str:
        """Sign the last CSR of a station and send it; `signing` as for Authority.sign. Returns the status."""
        return await errands.send_certificate(self, station_id, **signing)

    async def set_password(self, station_id: str, password: str) -> str:
        """Give a station another password and expect it from then on, if it accepts; returns the status."""
        return await errands.set_password(self, station_id, password)

    def expect_password(self, station_id: str, password: str) -> None:
        """Expect another password of a station, without telling it."""
        self.settings = replace(self.settings, users={**self.settings.users, station_id: password})

    def charging(self, station_id: str) -> Charging:
        """Return what may be asked of a station about drivers."""
        return Charging(self, station_id)

    async def report(
        self, station_id: str, action: str, payload: Payload | None = None, *, timeout_s: float = WAIT_S
    ) -> Report:
        """Ask for a report, such as GetBaseReport, and return it with all its pages."""
        return await collect(self, station_id, action, payload or {}, timeout_s=timeout_s)

    async def go_away(self, *, abruptly: bool = False) -> None:
        """Stop listening and drop all connections, `abruptly` without a word; API and records stay."""
        if abruptly:
            for station in self._stations.values():
                if station.connected:
                    station.connection.cut()
        await self._ports.close()

    async def come_back(self) -> None:
        """Listen again, on the same ports; OSError if one is taken."""
        await self._ports.open()

    def _cost(self, transaction_id: str) -> float | None:
        """Return what a transaction costs so far by the plain values; None if there is no price."""
        transaction = self.transactions.get(transaction_id)
        if self.settings.price_per_kwh is None or transaction is None:
            return None
        return round(float(transaction.energy_wh or 0) / 1000 * self.settings.price_per_kwh, 2)

    def _csr_problem(self, csr: str) -> str | None:
        try:
            self.authority.check(csr)
        except RequestError as error:
            return str(error)
        return None

    def _follow_up(
        self, station_id: str, action: str, ask: Payload, answer: Payload
    ) -> Coroutine[Any, Any, None] | None:
        wanted = action == "SignCertificate" and answer.get("status") == "Accepted"
        return self._follow_csr(station_id, ask) if wanted and self.station(station_id).signing.automatic else None

    async def _follow_csr(self, station_id: str, ask: Payload) -> None:
        self._say(station_id, await errands.follow_csr(self, station_id, ask))

    def _admit(self, listener: Listener, websocket: ServerConnection, request: Request) -> Response | None:
        offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol"))
        identity = identity_of(request.path)
        turned = turned_away(
            request.path,
            authorization=request.headers.get("Authorization"),
            offered=[name.strip() for name in offered.split(",") if name.strip()],
            settings=self.settings,
            security=security_of(websocket.transport, listener.profile),
            serial=self._serial_of(identity),
        )
        if turned is None:
            return None
        self._say(identity or request.path, f"turned away with {turned.status}: {turned.text.strip()}")
        response = websocket.respond(turned.status, turned.text)
        response.headers.update(headers_of(turned))
        return response

    def _fail(self, listener: Listener, reason: str) -> None:
        self._tls_failures.append(reason)
        self._say("?", f"TLS handshake for security profile {listener.profile} failed: {reason}")

    def _serial_of(self, identity: str | None) -> str | None:
        known = self._stations.get(identity or "")
        return self.settings.serials.get(identity or "") or (known.serial_number if known else None)

    async def _attend(self, listener: Listener, websocket: ServerConnection) -> None:
        assert websocket.request is not None
        identity = identity_of(websocket.request.path)
        assert identity is not None
        station = self.station(identity)
        connection = Connection(
            station, websocket, desk=self._desk, now=self._now, say=self._say, follow_up=self._follow_up
        )
        security = security_of(websocket.transport, listener.profile)
        replaced = station.attach(connection, security)
        self._say(identity, f"connected{described(security)}")
        try:
            async with asyncio.TaskGroup() as group:
                if replaced is not None:
                    group.create_task(replaced.close(_REPLACED, "connected again"), name=f"replaced-{identity}")
                await connection.run()
        finally:
            station.detach(connection)
            self._say(identity, f"disconnected, close code {websocket.close_code}")
