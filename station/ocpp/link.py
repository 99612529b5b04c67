"""The WebSocket to the CSMS: dial, hold, and dial again for ever (Part 4 sections 3 and 5)."""

import asyncio
import base64
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, NegotiationError, WebSocketException
from websockets.frames import Close
from websockets.typing import Subprotocol

from station import __version__
from station.ocpp.backoff import BackOff
from station.secret import Secret

SUBPROTOCOL = Subprotocol("ocpp2.0.1")
MAX_IDENTITY_LENGTH = 48
MAX_FRAME_BYTES = 1024 * 1024
OPEN_TIMEOUT_S = 30.0
PONG_TIMEOUT_S = 20.0
CLOSE_TIMEOUT_S = 5.0
SHORTEST_WAIT_S = 1.0
"""Below this the settings of the back-off would make the station hammer at a CSMS that drops it at once."""
MAX_REASON_BYTES = 123  # RFC 6455 section 5.5: 125 bytes, two of them for the code

log = structlog.get_logger("station.link")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the CSMS is and who we are to it. Raises ValueError for what cannot work."""

    url: str
    """ws:// or wss://, with or without the identity at its end (NetworkConnectionProfile.ocppCsmsUrl)."""
    identity: str
    """SecurityCtrlr.Identity: at most 48 characters, no colon."""
    password: Secret | None = None
    """SecurityCtrlr.BasicAuthPassword; None for a CSMS that asks for none."""
    tls: ssl.SSLContext | None = None
    """For wss://; None for the system's certificates."""
    compression: bool = True
    """Offer permessage-deflate (RFC 7692)."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError("the URL of the CSMS must read ws://host/path or wss://host/path")
        _ = parts.port  # raises ValueError
        if "@" in parts.netloc:
            raise ValueError("the URL of the CSMS must not hold a password; configure it on its own")
        if not self.identity or len(self.identity) > MAX_IDENTITY_LENGTH or ":" in self.identity:
            raise ValueError(
                f"the identity {self.identity!r} must have 1 to {MAX_IDENTITY_LENGTH} characters, none of them ':'"
            )

    @property
    def dial_url(self) -> str:
        """The URL to connect to: the CSMS's, then the identity percent-encoded (Part 4 section 3.1.1)."""
        parts = urlsplit(self.url)
        path, name = parts.path.rstrip("/"), quote(self.identity, safe="")
        if path.rpartition("/")[2] not in (name, self.identity):
            path = f"{path}/{name}"
        return urlunsplit((parts.scheme, parts.netloc, quote(path, safe="/%:@!$&'()*+,;=~"), parts.query, ""))

    @property
    def headers(self) -> dict[str, str]:
        """What each connection request carries (A00.FR.202..205); never to be logged."""
        if self.password is None:
            return {}
        credentials = f"{self.identity}:{self.password.reveal()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}


class FailureKind(StrEnum):
    """Why an attempt to connect failed, as far as somebody would act differently."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    CERTIFICATE = "certificate"
    TLS = "tls"
    CREDENTIALS = "credentials"
    IDENTITY = "identity"
    SUBPROTOCOL = "subprotocol"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt to connect that failed, and why in words for an operator."""

    kind: FailureKind
    reason: str


class WebSocketLine:
    """One open WebSocket, as the session sees it (station.ocpp.session.Connection)."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.ended: str | None = None
        """Why the connection ended; None while nobody has noticed an end."""

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        try:
            while True:
                yield await self._socket.recv()
        except ConnectionClosed as closed:
            self.ended = _why_closed(closed)

    async def send(self, frame: str) -> None:
        try:
            await self._socket.send(frame)
        except ConnectionClosed as closed:
            raise ConnectionError(_why_closed(closed)) from closed

    async def close(self, code: int = 1000, reason: str = "") -> None:
        short = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        # The library bounds its own wait; this is for a peer that does not even take our bytes.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * CLOSE_TIMEOUT_S):
                await self._socket.close(code, short)


class Link:
    """Keeps one connection to the CSMS: the next attempt always uses `endpoint` as it is then."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        back_off: Callable[[], BackOff],
        ping_interval_s: Callable[[], float],
        random: Callable[[], float],
        on_up: Callable[[], None] = lambda: None,
        on_down: Callable[[str], None] = lambda _reason: None,
        on_failed: Callable[[Failure], None] = lambda _failure: None,
    ) -> None:
        """`back_off` and `ping_interval_s` are asked anew each time they are needed; no pings at 0 or less.

        `random` returns 0..1. `on_up` and `on_down` stand around each connection, `on_failed` follows each attempt
        that led to none; an assignment to `endpoint` in there serves the next attempt.
        """
        self.endpoint = endpoint
        self._back_off = back_off
        self._ping_interval_s = ping_interval_s
        self._random = random
        self._on_up = on_up
        self._on_down = on_down
        self._on_failed = on_failed
        self._waited = 0
        self._dropped: str | None = None
        self._drop = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self, serve: Callable[[WebSocketLine], Awaitable[None]]) -> None:
        """Connect, let `serve` talk until the connection ends, wait and connect again, for ever.

        An error out of `serve` is a bug: the connection is closed and the error raised.
        """
        while True:
            opened = await self._dial()
            if isinstance(opened, Failure):
                self._on_failed(opened)
            else:
                self._waited = 0
                await self._hold(opened, serve)
            await self._wait()

    def drop(self, reason: str, *, at_once: bool = False) -> None:
        """End the connection, if there is one; `at_once`: dial again without any wait, also if there is none."""
        if at_once:
            self._hurry.set()
        self._dropped = reason
        self._drop.set()

    async def _dial(self) -> WebSocketLine | Failure:
        endpoint = self.endpoint
        # What was asked for until now is served by this attempt; what is asked for meanwhile is not.
        self._dropped = None
        self._drop.clear()
        self._hurry.clear()
        try:
            socket = await self._open(endpoint)
        except (OSError, WebSocketException, UnicodeError) as error:
            failure = _explain(error)
        else:
            if socket.subprotocol == SUBPROTOCOL:
                log.info("csms_connected", url=endpoint.dial_url)
                return WebSocketLine(socket)
            failure = Failure(FailureKind.SUBPROTOCOL, f"the CSMS did not agree to the subprotocol {SUBPROTOCOL}")
            await WebSocketLine(socket).close(1002, failure.reason)
        log.warning("csms_not_connected", url=endpoint.dial_url, kind=failure.kind.value, reason=failure.reason)
        return failure

    async def _open(self, endpoint: Endpoint) -> ClientConnection:
        interval_s = self._ping_interval_s()
        options: dict[str, Any] = {}
        if endpoint.tls is not None and endpoint.dial_url.startswith("wss:"):
            options["ssl"] = endpoint.tls
        return await connect(
            endpoint.dial_url,
            subprotocols=[SUBPROTOCOL],
            compression="deflate" if endpoint.compression else None,
            additional_headers=endpoint.headers,
            user_agent_header=f"bsm-station/{__version__}",
            proxy=None,
            open_timeout=OPEN_TIMEOUT_S,
            ping_interval=interval_s if interval_s > 0 else None,
            ping_timeout=PONG_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_FRAME_BYTES,
            logger=_library_logger(),
            **options,
        )

    async def _hold(self, line: WebSocketLine, serve: Callable[[WebSocketLine], Awaitable[None]]) -> None:
        self._on_up()
        try:
            async with asyncio.TaskGroup() as tasks:
                dropper = tasks.create_task(self._close_when_dropped(line), name="link-drop")
                await serve(line)
                dropper.cancel()
        finally:
            await line.close(1001, "the station goes away")
            reason = self._dropped or line.ended or "closed by the station"
            log.info("csms_disconnected", reason=reason)
            self._on_down(reason)

    async def _close_when_dropped(self, line: WebSocketLine) -> None:
        await self._drop.wait()
        await line.close(1000, self._dropped or "")

    async def _wait(self) -> None:
        if self._hurry.is_set():
            return
        wait_s = max(SHORTEST_WAIT_S, self._back_off().wait_s(self._waited, chance=self._random()))
        self._waited += 1
        log.info("csms_dialled_again_later", wait_s=round(wait_s, 1))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._hurry.wait()


def _library_logger() -> logging.Logger:
    """Return a logger that tells neither handshakes, which hold the password, nor frames, which hold id tokens."""
    logger = logging.getLogger("station.link.websockets")
    logger.setLevel(logging.ERROR)
    return logger


def _why_closed(closed: ConnectionClosed) -> str:
    if closed.rcvd is not None and (closed.rcvd_then_sent or closed.sent is None):
        return f"closed by the CSMS: {_words(closed.rcvd)}"
    if closed.sent is not None:
        if closed.sent.reason == "keepalive ping timeout":
            return f"no pong within {PONG_TIMEOUT_S:g} s"
        return f"closed by the station: {_words(closed.sent)}"
    return "the connection was lost"


def _words(close: Close) -> str:
    return f"{int(close.code)} {close.reason}".strip()


def _explain(error: Exception) -> Failure:
    match error:
        case InvalidStatus():
            return _explain_status(error.response.status_code)
        case NegotiationError():
            return Failure(FailureKind.SUBPROTOCOL, f"the CSMS insists on something not offered: {error}")
        case WebSocketException():
            return Failure(FailureKind.REFUSED, f"what answers there is no WebSocket server: {error}")
        case ssl.SSLCertVerificationError():
            return Failure(FailureKind.CERTIFICATE, f"the CSMS's certificate is not trusted: {error.verify_message}")
        case ssl.SSLError():
            return Failure(FailureKind.TLS, f"TLS failed: {error.reason or error}")
        case TimeoutError():
            return Failure(FailureKind.SILENT, f"no answer within {OPEN_TIMEOUT_S:g} s")
        case socket.gaierror():
            return Failure(FailureKind.UNREACHABLE, f"the host's name is not known: {error.strerror}")
        case UnicodeError():
            return Failure(FailureKind.UNREACHABLE, f"the host's name is none: {error}")
        case _:
            return Failure(FailureKind.UNREACHABLE, str(error))


def _explain_status(status: int) -> Failure:
    match status:
        case 401 | 403:
            return Failure(FailureKind.CREDENTIALS, f"the CSMS refuses identity or password (HTTP {status})")
        case 404:
            return Failure(FailureKind.IDENTITY, "the CSMS does not know this identity or path (HTTP 404)")
        case _:
            return Failure(FailureKind.REFUSED, f"the CSMS answers HTTP {status}")
