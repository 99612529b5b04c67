"""The way to the CSMS, step by step: name, connection, TLS, WebSocket, and what it says to the station."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from ocpp.v201 import call_result
from ocpp.v201.enums import RegistrationStatusEnumType

from station.clock import plausible
from station.commands.doctor import daemon, dialling, encryption
from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Group, Result, reason
from station.commands.doctor.way import Way, way
from station.core.network import shown
from station.errors import StorageError
from station.ocpp.endpoint import Endpoint
from station.ocpp.failures import Failure, FailureKind
from station.ocpp.link import SUBPROTOCOL, WebSocketLine
from station.ocpp.rpc_errors import RpcError

GROUP: Final = Group("csms")
RESOLVE_S: Final = 10.0
CONNECT_S: Final = 10.0
SOON: Final = timedelta(days=14)
"""A certificate that ends within that should have been renewed."""
CLOCKS_APART_S: Final = 60.0
DEFAULT_PORTS: Final = {"ws": 80, "wss": 443, "http": 80}
NAME, CONNECTION, CERTIFICATE, WEBSOCKET, BOOT = "name", "connection", "certificate", "websocket", "boot"

_NETWORK: Final = "check cable, modem, gateway and firewall of this computer; does the CSMS listen there?"
REMEDIES: Final[Mapping[FailureKind, str]] = {
    FailureKind.UNREACHABLE: _NETWORK,
    FailureKind.SILENT: _NETWORK,
    FailureKind.PROXY: "correct csms.proxy, or ask whoever runs the proxy to let the station through",
    FailureKind.CONFIGURATION: "correct [csms] in the settings",
    FailureKind.CERTIFICATE: (
        "ask the CSMS's operator for its root certificate and name it in csms.root_certificate, or say"
        " csms.system_roots = true for a public one; a wrong name or date only he can correct"
    ),
    FailureKind.CLOCK: "set this computer's clock: timedatectl set-ntp true",
    FailureKind.TLS_VERSION: "the CSMS has to be brought to TLS 1.2 or newer",
    FailureKind.TLS_CIPHER_SUITE: "the CSMS has to offer a cipher suite with ECDHE and AES-GCM",
    FailureKind.CLIENT_CERTIFICATE: "have the station's certificate renewed, or the CSMS trust its issuer",
    FailureKind.TLS: "does the port speak TLS, and without a device in between that breaks it?",
    FailureKind.CREDENTIALS: (
        "let csms.password, or what is in csms.password_file, be what the CSMS expects of this identity"
    ),
    FailureKind.IDENTITY: "register the identity with the CSMS, and compare the path in csms.url with what it wants",
    FailureKind.SUBPROTOCOL: "ask for the address at which the CSMS speaks OCPP 2.0.1; this one speaks another",
    FailureKind.REFUSED: "compare csms.url with what the CSMS's operator says: ws:// or wss://, port and path",
}


Step = Callable[[], Awaitable[Finding]]


async def check(case: Case) -> AsyncIterator[Finding]:
    """Go the way until it ends; a station that runs holds the line itself, and tells how it stands."""
    try:
        chosen = way(case.settings, case.clock)
    except (StorageError, OSError) as error:
        yield GROUP.skipped("way", f"not known: {error}; be root, or the station's user")
        return
    yield told_of(chosen)
    if isinstance(chosen.endpoint, Failure):
        return
    stopped = ""
    for name, step in _Walk(case, chosen, chosen.endpoint).steps():
        if stopped:
            yield GROUP.skipped(name, f"see {stopped}")
            continue
        finding = await step()
        yield finding
        if finding.result is Result.FAILURE:
            stopped = name


class _Walk:
    """The steps of one way."""

    def __init__(self, case: Case, chosen: Way, endpoint: Endpoint) -> None:
        self._case, self._way, self._endpoint = case, chosen, endpoint
        parts = urlsplit(endpoint.proxy or endpoint.url)
        self._host = parts.hostname or ""
        self._port = parts.port or DEFAULT_PORTS[parts.scheme]
        self._whose = "the proxy's" if endpoint.proxy else "the CSMS's"
        self._clock_is_set = case.clock.synchronised() and plausible(case.clock.now())
        self._answer: call_result.BootNotification | RpcError | None = None

    def steps(self) -> Iterator[tuple[str, Step]]:
        """Yield them in order; each needs those before it."""
        yield NAME, self._resolve
        yield CONNECTION, self._connect
        if self._endpoint.encrypted and not self._endpoint.proxy:
            yield CERTIFICATE, self._certificate
        if self._case.runs:  # a second connection of the same identity would cut the first one off
            yield WEBSOCKET, self._as_told
            return
        yield WEBSOCKET, self._dial
        if self._case.with_boot:
            yield BOOT, self._boot

    async def _resolve(self) -> Finding:
        return await resolved(NAME, self._host, self._port, whose=self._whose)

    async def _connect(self) -> Finding:
        return await reached(CONNECTION, self._host, self._port)

    async def _certificate(self) -> Finding:
        name, tls = self._endpoint.server_name, self._endpoint.tls
        assert tls is not None
        shown = await encryption.shown_by(self._host, self._port, name=name, material=self._way.material)
        failure = await encryption.distrust(
            self._host, self._port, name=name, tls=tls, clock_is_set=self._clock_is_set
        )
        return trusted(shown, failure, self._case.clock.now())

    async def _dial(self) -> Finding:
        failure = await dialling.dial(self._endpoint, self._talk, clock_is_set=self._clock_is_set)
        if failure is not None:
            return GROUP.failure(WEBSOCKET, failure.reason, REMEDIES[failure.kind])
        return GROUP.ok(WEBSOCKET, f"{SUBPROTOCOL}, as {self._case.settings.station.identity}")

    async def _talk(self, line: WebSocketLine) -> None:
        if self._case.with_boot:
            self._answer = await dialling.boot(line, self._case.settings.station)

    async def _boot(self) -> Finding:
        assert self._answer is not None
        return booted(self._answer, self._case.clock.now())

    async def _as_told(self) -> Finding:
        if self._case.told is None:
            return GROUP.skipped(WEBSOCKET, "the station that runs does not tell, and holds the line itself")
        return daemon.connection(self._case.told, GROUP, WEBSOCKET)


def told_of(chosen: Way) -> Finding:
    """Where the station goes first, and how."""
    profile = chosen.profile
    others = f", {len(chosen.others)} more in reserve" if chosen.others else ""
    told = f"{shown(profile.url)}, security profile {profile.security_profile} (slot {profile.slot}{others})"
    if isinstance(chosen.endpoint, Failure):
        return GROUP.failure("way", f"{told}: {chosen.endpoint.reason}", REMEDIES[chosen.endpoint.kind])
    if profile.security_profile == 0:
        remedy = "fit for a trusted network and the bench; else use csms.security_profile 1 to 3"
        return GROUP.warning("way", f"{told}: nothing is protected", remedy)
    return GROUP.ok("way", told)


async def resolved(name: str, host: str, port: int, *, whose: str) -> Finding:
    """The host's name leads somewhere."""
    with contextlib.suppress(ValueError):
        return GROUP.ok(name, f"{ipaddress.ip_address(host)} is an address")
    remedy = f"ask {whose} operator whether it is right, and look after the name service: resolvectl query {host}"
    try:
        async with asyncio.timeout(RESOLVE_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        return GROUP.failure(name, f"no answer about {host} within {RESOLVE_S:g} s", remedy)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        return GROUP.failure(name, f"{host} is not known: {why}", remedy)
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    return GROUP.ok(name, f"{host} is {', '.join(addresses)}")


async def reached(name: str, host: str, port: int) -> Finding:
    """Somebody listens there."""
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return GROUP.failure(name, f"{host} port {port} does not answer within {CONNECT_S:g} s", _NETWORK)
    except OSError as error:
        return GROUP.failure(name, f"{host} port {port}: {reason(error)}", _NETWORK)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return GROUP.ok(name, f"{host} port {port} answers")


def trusted(shown: encryption.Shown | None, failure: Failure | None, now: datetime) -> Finding:
    """The certificate is the CSMS's, from somebody who is trusted, and for a while still."""
    told = str(shown) if shown else "which could not be looked at"
    if failure is not None:
        return GROUP.failure(CERTIFICATE, f"{failure.reason}. It is {told}", REMEDIES[failure.kind])
    if shown is not None and shown.not_after - now < SOON:
        return GROUP.warning(CERTIFICATE, told, "tell the CSMS's operator: it has to be renewed before it ends")
    return GROUP.ok(CERTIFICATE, told)


def booted(answer: call_result.BootNotification | RpcError, now: datetime) -> Finding:
    """The CSMS takes the station."""
    if isinstance(answer, RpcError):
        remedy = "show the CSMS's operator; `station run` with log.wire = true shows every frame"
        return GROUP.failure(BOOT, f"the CSMS does not answer as it should: {answer}", remedy)
    told = f"{answer.status}, interval {answer.interval} s"
    if answer.status != RegistrationStatusEnumType.accepted:
        remedy = "tell the CSMS's operator to accept this station: its identity, vendor and model"
        if answer.status == RegistrationStatusEnumType.pending:
            return GROUP.warning(BOOT, told, remedy)
        return GROUP.failure(BOOT, told, remedy)
    apart_s = _apart_s(answer.current_time, now)
    if apart_s > CLOCKS_APART_S:
        remedy = "see computer, clock; if that is right, the CSMS's is wrong"
        return GROUP.warning(BOOT, f"{told}, but its clock is {apart_s:.0f} s away from this computer's", remedy)
    return GROUP.ok(BOOT, told)


def _apart_s(text: str, now: datetime) -> float:
    try:
        theirs = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return abs((theirs - now).total_seconds()) if theirs.tzinfo else 0.0
