"""The WebSocket to the CSMS: dial, hold, and dial again for ever (Part 4 sections 3 and 5)."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.frames import Close
from websockets.typing import Subprotocol

from station import __version__
from station.core.network import shown
from station.ocpp.backoff import BackOff
from station.ocpp.endpoint import Endpoint
from station.ocpp.failures import Failure, FailureKind, explain

SUBPROTOCOL = Subprotocol("ocpp2.0.1")
MAX_FRAME_BYTES = 1024 * 1024
"""Of a message in either direction, uncompressed: far above anything OCPP says, far below what hurts."""
OPEN_TIMEOUT_S = 30.0
PONG_TIMEOUT_S = 20.0
CLOSE_TIMEOUT_S = 5.0
SHORTEST_WAIT_S = 1.0
"""Below this the settings of the back-off would make the station hammer at a CSMS that drops it at once."""
MAX_REASON_BYTES = 123  # RFC 6455 section 5.5: 125 bytes, two of them for the code

log = structlog.get_logger("station.link")


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
        """Write one frame. Raises ConnectionError if the connection has ended, ValueError if it is too long."""
        if len(frame.encode()) > MAX_FRAME_BYTES:
            raise ValueError(f"a frame of more than {MAX_FRAME_BYTES} bytes is not sent")
        try:
            await self._socket.send(frame)
        except ConnectionClosed as closed:
            raise ConnectionError(_why_closed(closed)) from closed

    async def misses_pong(self) -> bool:
        """Ping, and tell whether the pong failed to come in time; who reads notices if the connection ended."""
        try:
            async with asyncio.timeout(PONG_TIMEOUT_S):
                await (await self._socket.ping())
        except TimeoutError:
            return True
        except ConnectionClosed:
            pass
        return False

    async def close(self, code: int = 1000, reason: str = "") -> None:
        short = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        # The library bounds its own wait; this is for a peer that does not even take our bytes.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * CLOSE_TIMEOUT_S):
                await self._socket.close(code, short)


class Link:
    """Keeps one connection to the CSMS."""

    def __init__(
        self,
        endpoint: Endpoint | Callable[[], Endpoint | Failure],
        *,
        back_off: Callable[[], BackOff],
        ping_interval_s: Callable[[], float],
        random: Callable[[], float],
        clock_is_set: Callable[[], bool] = lambda: True,
        on_up: Callable[[], None] = lambda: None,
        on_down: Callable[[str], None] = lambda _reason: None,
        on_failed: Callable[[Failure], None] = lambda _failure: None,
    ) -> None:
        """`endpoint`, if it can change, is asked anew for each attempt; a Failure is one without dialling.

        `back_off` is asked before each wait and `ping_interval_s` before each ping; no pings at 0 or less.
        `random` returns 0..1. `clock_is_set`: this computer's clock can judge a certificate. `on_up` and `on_down`
        stand around each connection, `on_failed` follows each attempt that led to none.
        """
        self._endpoint = (lambda: endpoint) if isinstance(endpoint, Endpoint) else endpoint
        self._back_off = back_off
        self._ping_interval_s = ping_interval_s
        self._random = random
        self._clock_is_set = clock_is_set
        self._on_up = on_up
        self._on_down = on_down
        self._on_failed = on_failed
        self._waited = 0
        self._dropped: str | None = None
        self._drop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._repace = asyncio.Event()

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

    def ping_anew(self) -> None:
        """Count the next ping's interval from now, as it is set now (WebSocketPingInterval was changed)."""
        self._repace.set()

    async def _dial(self) -> WebSocketLine | Failure:
        # What was asked for until now is served by this attempt; what is asked for meanwhile is not.
        self._dropped = None
        self._drop.clear()
        self._hurry.clear()
        endpoint = self._endpoint()
        if isinstance(endpoint, Failure):
            log.warning("csms_not_dialled", kind=endpoint.kind.value, reason=endpoint.reason)
            return endpoint
        opened = await self._try(endpoint)
        if isinstance(opened, Failure):
            log.warning(
                "csms_not_connected", url=shown(endpoint.dial_url), kind=opened.kind.value, reason=opened.reason
            )
        else:
            log.info("csms_connected", url=shown(endpoint.dial_url))
        return opened

    async def _try(self, endpoint: Endpoint) -> WebSocketLine | Failure:
        try:
            socket = await _open(endpoint)
        except (OSError, WebSocketException, ValueError) as error:  # ValueError: no name that TLS can ask for
            return explain(
                error,
                clock_is_set=self._clock_is_set(),
                timeout_s=OPEN_TIMEOUT_S,
                proxy=endpoint.proxy is not None,
            )
        if socket.subprotocol == SUBPROTOCOL:
            return WebSocketLine(socket)
        failure = Failure(FailureKind.SUBPROTOCOL, f"the CSMS did not agree to the subprotocol {SUBPROTOCOL}")
        await WebSocketLine(socket).close(1002, failure.reason)
        return failure

    async def _hold(self, line: WebSocketLine, serve: Callable[[WebSocketLine], Awaitable[None]]) -> None:
        self._on_up()
        try:
            async with asyncio.TaskGroup() as tasks:
                dropper = tasks.create_task(self._close_when_dropped(line), name="link-drop")
                pinger = tasks.create_task(self._ping(line), name="link-ping")
                await serve(line)
                dropper.cancel()
                pinger.cancel()
        finally:
            await line.close(1001, "the station goes away")
            reason = self._dropped or line.ended or "closed by the station"
            log.info("csms_disconnected", reason=reason)
            self._on_down(reason)

    async def _close_when_dropped(self, line: WebSocketLine) -> None:
        await self._drop.wait()
        await line.close(1000, self._dropped or "")

    async def _ping(self, line: WebSocketLine) -> None:
        """Ping whenever the interval is over, until a pong is missing (Part 4 section 5.4)."""
        while True:
            if await self._interval_is_over() and await line.misses_pong():
                return self.drop(f"no pong within {PONG_TIMEOUT_S:g} s")

    async def _interval_is_over(self) -> bool:
        """Wait for the time between two pings; False if that was changed meanwhile."""
        self._repace.clear()
        interval_s = self._ping_interval_s()
        try:
            async with asyncio.timeout(interval_s if interval_s > 0 else None):
                await self._repace.wait()
        except TimeoutError:
            return True
        return False

    async def _wait(self) -> None:
        if self._hurry.is_set():
            return
        wait_s = max(SHORTEST_WAIT_S, self._back_off().wait_s(self._waited, chance=self._random()))
        self._waited += 1
        log.info("csms_dialled_again_later", wait_s=round(wait_s, 1))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._hurry.wait()


class _Opening(ClientConnection):
    """Tells why TLS ended where the library says only that there was no answer.

    With TLS 1.3 the CSMS refuses our certificate, or the lack of one, when to us the handshake is over. And behind
    a proxy the library is told of the end of a connection of whose beginning it was not told yet, and stumbles.
    """

    _begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._begun = True
        super().connection_made(transport)

    def eof_received(self) -> None:
        if self._begun:
            super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._begun:
            super().connection_lost(exc)

    async def handshake(self, *arguments: Any, **options: Any) -> None:
        try:
            await super().handshake(*arguments, **options)
        except WebSocketException as error:
            if isinstance(self.connection_exc, ssl.SSLError):
                raise self.connection_exc from error
            raise


class _Dialling(connect):
    """Follows no redirect: whom the station talks to is what its network profile says."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


async def _open(endpoint: Endpoint) -> ClientConnection:
    options: dict[str, Any] = {}
    if endpoint.tls is not None and endpoint.encrypted:
        options |= {"ssl": endpoint.tls, "server_hostname": endpoint.server_name}
    return await _Dialling(
        endpoint.dial_url,
        subprotocols=[SUBPROTOCOL],
        compression="deflate" if endpoint.compression else None,
        additional_headers=endpoint.headers,
        user_agent_header=f"bsm-station/{__version__}",
        proxy=endpoint.proxy,
        open_timeout=OPEN_TIMEOUT_S,
        ping_interval=None,  # the library's own pings cannot be paced anew
        close_timeout=CLOSE_TIMEOUT_S,
        max_size=MAX_FRAME_BYTES,
        logger=_library_logger(),
        create_connection=_Opening,
        **options,
    )


def _library_logger() -> logging.Logger:
    """Return a logger that tells neither handshakes, which hold the password, nor frames, which hold id tokens."""
    logger = logging.getLogger("station.link.websockets")
    logger.setLevel(logging.ERROR)
    return logger


def _why_closed(closed: ConnectionClosed) -> str:
    if closed.rcvd is not None and (closed.rcvd_then_sent or closed.sent is None):
        return f"closed by the CSMS: {_words(closed.rcvd)}"
    if closed.sent is not None:
        return f"closed by the station: {_words(closed.sent)}"
    return "the connection was lost"


def _words(close: Close) -> str:
    return f"{int(close.code)} {close.reason}".strip()
