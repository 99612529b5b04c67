"""The WebSocket to the CSMS, against a real server on a loop whose clock jumps."""

import asyncio
import base64
import datetime
import http
import ipaddress
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from ocpp.v201 import call
from structlog.testing import capture_logs
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from station.ocpp.backoff import BackOff
from station.ocpp.link import CLOSE_TIMEOUT_S, OPEN_TIMEOUT_S, PONG_TIMEOUT_S, Endpoint, Failure, Link, WebSocketLine
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.secret import Secret

PASSWORD = "pässword-of-16-chars"
BACK_OFF = BackOff(wait_minimum_s=10, random_range_s=4, repeat_times=3)


class Csms:
    """A server that can refuse, fall silent, go away and come back on the same port."""

    def __init__(self, **options: Any) -> None:
        self.options: dict[str, Any] = {"subprotocols": ["ocpp2.0.1"], "ping_interval": None} | options
        self.refuse_with: int | None = None
        self.requests: list[Request] = []
        self.arrivals: list[float] = []
        self.sockets: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.port = 0
        self._server: Any = None

    async def open(self) -> None:
        self._server = await serve(
            self._hold, "127.0.0.1", self.port, process_request=self._look_at, close_timeout=1, **self.options
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    def _look_at(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        self.arrivals.append(asyncio.get_running_loop().time())
        if self.refuse_with is None:
            return None
        return Response(self.refuse_with, http.HTTPStatus(self.refuse_with).phrase, Headers())

    async def _hold(self, socket: ServerConnection) -> None:
        self.sockets.put_nowait(socket)
        await socket.wait_closed()


@asynccontextmanager
async def a_csms(**options: Any) -> AsyncIterator[Csms]:
    csms = Csms(**options)
    await csms.open()
    try:
        yield csms
    finally:
        await csms.close()


class Observer:
    """Sees what a link tells, and what arrives over it."""

    def __init__(self) -> None:
        self.ups = 0
        self.downs: asyncio.Queue[str] = asyncio.Queue()
        self.failures: asyncio.Queue[Failure] = asyncio.Queue()
        self.frames: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.lines: asyncio.Queue[WebSocketLine] = asyncio.Queue()

    def up(self) -> None:
        self.ups += 1

    async def serve(self, line: WebSocketLine) -> None:
        self.lines.put_nowait(line)
        async for frame in line:
            self.frames.put_nowait(frame)


def a_link(port: int, seen: Observer, **changes: Any) -> Link:
    endpoint = {"url": f"ws://127.0.0.1:{port}/ocpp", "identity": "CS 1"} | changes.pop("endpoint", {})
    options: dict[str, Any] = {
        "back_off": lambda: BACK_OFF,
        "ping_interval_s": lambda: 0,
        "random": lambda: 0.5,
        "on_up": seen.up,
        "on_down": seen.downs.put_nowait,
        "on_failed": seen.failures.put_nowait,
    }
    return Link(Endpoint(**endpoint), **options | changes)


@asynccontextmanager
async def running(
    link: Link, seen: Observer, *, talk: Callable[[WebSocketLine], Awaitable[None]] | None = None
) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run(talk or seen.serve), name="link")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def both_ends(csms: Csms, seen: Observer) -> tuple[ServerConnection, WebSocketLine]:
    """Wait for the next connection until both sides have it."""
    return await csms.sockets.get(), await seen.lines.get()


# The endpoint.


@pytest.mark.parametrize(
    ("url", "identity", "dialled"),
    [
        ("ws://host/ocpp", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host/ocpp/", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host/ocpp//", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host", "CS1", "ws://host/CS1"),
        ("ws://host:9000/", "CS1", "ws://host:9000/CS1"),
        ("ws://host/ocpp/CS1", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host/ocpp/CS1/", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host/ocpp/xCS1", "CS1", "ws://host/ocpp/xCS1/CS1"),
        ("wss://csms.example/a?tenant=7", "CS1", "wss://csms.example/a/CS1?tenant=7"),
        ("ws://host/ocpp", "RDAM 123", "ws://host/ocpp/RDAM%20123"),
        ("ws://host/ocpp/RDAM%20123", "RDAM 123", "ws://host/ocpp/RDAM%20123"),
        ("ws://host/ocpp/RDAM 123", "RDAM 123", "ws://host/ocpp/RDAM%20123"),
        ("ws://host/ocpp", "A/B?C#D%E|ü", "ws://host/ocpp/A%2FB%3FC%23D%25E%7C%C3%BC"),
        ("ws://host/a%20b", "CS1", "ws://host/a%20b/CS1"),
        ("ws://[::1]:80/x", "CS1", "ws://[::1]:80/x/CS1"),
    ],
)
@pytest.mark.ocpp("Part4-3.1.1")
def test_the_identity_ends_the_url_once_and_encoded(url: str, identity: str, dialled: str) -> None:
    assert Endpoint(url, identity).dial_url == dialled


@pytest.mark.parametrize(
    ("url", "identity", "told"),
    [
        ("http://host/", "CS1", "ws://"),
        ("host/ocpp", "CS1", "ws://"),
        ("ws:///ocpp", "CS1", "ws://"),
        ("ws://host:port/", "CS1", "(?i)port"),
        ("ws://CS1:SECRET@host/", "CS1", "password"),
        ("ws://host/", "", "1 to 48"),
        ("ws://host/", "x" * 49, "1 to 48"),
        ("ws://host/", "CS:1", "':'"),
    ],
)
def test_an_endpoint_that_cannot_work_is_refused(url: str, identity: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as refusal:
        Endpoint(url, identity)
    assert "SECRET" not in str(refusal.value)


def test_an_endpoint_does_not_show_its_password() -> None:
    assert PASSWORD not in repr(Endpoint("ws://host/", "CS1", Secret(PASSWORD)))


# Connecting.


async def test_a_connection_carries_frames_both_ways() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, line = await both_ends(csms, seen)
        assert seen.ups == 1
        await line.send('["ä"]')
        assert await socket.recv() == '["ä"]'
        await socket.send('["x"]')
        await socket.send(b"\x00")
        assert [await seen.frames.get(), await seen.frames.get()] == ['["x"]', b"\x00"]


@pytest.mark.ocpp("A00.FR.204")
async def test_the_request_names_identity_version_and_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen = Observer()
    with capture_logs() as logs:
        async with a_csms() as csms:
            link = a_link(csms.port, seen, endpoint={"password": Secret(PASSWORD)})
            async with running(link, seen):
                await both_ends(csms, seen)
                (request,) = csms.requests
    assert request.path == "/ocpp/CS%201"
    assert request.headers["Sec-WebSocket-Protocol"] == "ocpp2.0.1"
    assert request.headers["User-Agent"].startswith("bsm-station/")
    basic = request.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic).decode() == f"CS 1:{PASSWORD}"
    ours = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert basic not in str(logs) + str(ours)
    assert PASSWORD not in str(logs) + str(ours)


async def test_without_a_password_no_authorization_is_sent() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        await both_ends(csms, seen)
        assert "Authorization" not in csms.requests[0].headers


@pytest.mark.parametrize("compression", [True, False])
async def test_compression_is_offered_unless_it_is_switched_off(compression: bool) -> None:
    seen = Observer()
    async with a_csms() as csms:
        link = a_link(csms.port, seen, endpoint={"compression": compression})
        async with running(link, seen):
            socket, _ = await both_ends(csms, seen)
            assert bool(socket.protocol.extensions) == compression
            assert ("Sec-WebSocket-Extensions" in csms.requests[0].headers) == compression


async def test_a_csms_without_compression_is_fine() -> None:
    seen = Observer()
    async with a_csms(compression=None) as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        await socket.send("x")
        assert await seen.frames.get() == "x"


@pytest.mark.ocpp("Part4-3.2")
async def test_a_csms_that_agrees_to_no_subprotocol_is_left_and_counted_as_failed() -> None:
    seen = Observer()
    async with a_csms(subprotocols=None) as csms, running(a_link(csms.port, seen), seen):
        for _ in range(2):
            failure = await seen.failures.get()
            assert failure.kind == "subprotocol"
            assert "ocpp2.0.1" in failure.reason
        socket = await csms.sockets.get()
        await socket.wait_closed()
        assert socket.close_code == 1002
        assert seen.ups == 0
        assert _waits(csms) == pytest.approx([12], abs=1)


async def test_a_csms_that_insists_on_another_version_is_a_failed_attempt() -> None:
    seen = Observer()
    options = {"subprotocols": ["ocpp1.6"], "select_subprotocol": lambda connection, offered: "ocpp1.6"}
    async with a_csms(**options) as csms, running(a_link(csms.port, seen), seen):
        assert (await seen.failures.get()).kind == "subprotocol"


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (401, "credentials", "identity or password"),
        (403, "credentials", "identity or password"),
        (404, "identity", "does not know this identity"),
        (429, "refused", "429"),
        (503, "refused", "503"),
    ],
)
async def test_a_refusal_is_one_clear_line_for_the_operator(status: int, kind: str, told: str) -> None:
    seen = Observer()
    with capture_logs() as logs:
        async with a_csms() as csms:
            csms.refuse_with = status
            link = a_link(csms.port, seen, endpoint={"password": Secret(PASSWORD)})
            async with running(link, seen):
                failure = await seen.failures.get()
    assert failure.kind == kind
    assert told in failure.reason
    (line,) = [entry for entry in logs if entry["event"] == "csms_not_connected"]
    assert line["log_level"] == "warning"
    assert line["reason"] == failure.reason
    assert line["url"].endswith("/ocpp/CS%201")
    assert PASSWORD not in str(logs)


async def test_a_port_where_nobody_listens_is_a_failed_attempt() -> None:
    seen = Observer()
    async with a_csms() as csms:
        pass
    async with running(a_link(csms.port, seen), seen):
        failure = await seen.failures.get()
    assert failure.kind == "unreachable"
    assert str(csms.port) in failure.reason


@pytest.mark.parametrize("host", ["x" * 64 + ".example", "ü" * 70, "a..b"])
async def test_a_host_name_that_cannot_be_one_is_a_failed_attempt(host: str) -> None:
    seen = Observer()
    link = a_link(0, seen, endpoint={"url": f"ws://{host}/"})
    async with running(link, seen):
        assert (await seen.failures.get()).kind == "unreachable"


@asynccontextmanager
async def a_tcp_server(answer: bytes | None) -> AsyncIterator[int]:
    """Answer each connection with these bytes, or keep silent."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is not None:
            writer.write(answer)
            writer.close()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_server_that_stays_silent_is_given_up_after_the_open_timeout() -> None:
    seen = Observer()
    begun = asyncio.get_running_loop().time()
    async with a_tcp_server(None) as port, running(a_link(port, seen), seen):
        failure = await seen.failures.get()
    assert failure.kind == "silent"
    assert OPEN_TIMEOUT_S <= asyncio.get_running_loop().time() - begun < OPEN_TIMEOUT_S + 5


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_what_is_no_websocket_server_is_a_failed_attempt(answer: bytes) -> None:
    seen = Observer()
    async with a_tcp_server(answer) as port, running(a_link(port, seen), seen):
        assert (await seen.failures.get()).kind == "refused"


# Holding.


async def test_pings_keep_the_connection_and_a_missing_pong_ends_it() -> None:
    seen = Observer()
    loop = asyncio.get_running_loop()
    async with a_csms() as csms, running(a_link(csms.port, seen, ping_interval_s=lambda: 30), seen):
        socket, _ = await both_ends(csms, seen)
        begun = loop.time()
        await asyncio.sleep(300)
        assert seen.downs.empty()
        socket.transport.pause_reading()
        reason = await seen.downs.get()
        assert "no pong" in reason
        assert loop.time() - begun - 300 < 30 + PONG_TIMEOUT_S + CLOSE_TIMEOUT_S + 5
        socket.transport.resume_reading()


@pytest.mark.parametrize("interval_s", [0, -1])
async def test_an_interval_of_zero_means_no_pings(interval_s: int) -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen, ping_interval_s=lambda: interval_s), seen):
        socket, _ = await both_ends(csms, seen)
        socket.transport.pause_reading()
        await asyncio.sleep(3600)
        assert seen.downs.empty()
        socket.transport.resume_reading()


async def test_pings_of_the_csms_are_answered() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        assert await (await socket.ping()) < 5


async def test_a_frame_over_one_mebibyte_ends_the_connection() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        await socket.send("x" * (1024 * 1024))
        assert len(await seen.frames.get()) == 1024 * 1024
        await socket.send("x" * (1024 * 1024 + 1))
        assert "1009" in await seen.downs.get()


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4000])
async def test_a_close_by_the_csms_is_told_and_followed_by_a_new_connection(code: int) -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        await socket.close(code, "maintenance")
        assert await seen.downs.get() == f"closed by the CSMS: {code} maintenance"
        await both_ends(csms, seen)
        assert seen.ups == 2
        assert _waits(csms) == pytest.approx([12], abs=1)


async def test_a_cut_connection_is_told() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        socket.transport.abort()
        assert await seen.downs.get() == "the connection was lost"


async def test_writing_to_a_connection_that_ended_is_a_connection_error() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, line = await both_ends(csms, seen)
        await socket.close(1001)
        await seen.downs.get()
        with pytest.raises(ConnectionError, match="closed by the CSMS"):
            await line.send("x")


async def test_a_dropped_connection_ends_with_its_reason_and_comes_back() -> None:
    seen = Observer()
    async with a_csms() as csms:
        link = a_link(csms.port, seen)
        async with running(link, seen):
            socket, _ = await both_ends(csms, seen)
            link.drop("no answer from the CSMS" * 10)
            assert (await seen.downs.get()).startswith("no answer")
            assert socket.close_code == 1000
            assert (socket.close_reason or "").startswith("no answer")
            await both_ends(csms, seen)
            assert _waits(csms) == pytest.approx([12], abs=1)
            await asyncio.sleep(600)
            assert (seen.ups, seen.downs.qsize()) == (2, 0)


async def test_dropping_a_peer_that_does_not_close_takes_a_bounded_time() -> None:
    seen = Observer()
    loop = asyncio.get_running_loop()
    async with a_csms() as csms:
        link = a_link(csms.port, seen)
        async with running(link, seen):
            socket, _ = await both_ends(csms, seen)
            socket.transport.pause_reading()
            begun = loop.time()
            link.drop("no answer")
            await seen.downs.get()
            assert loop.time() - begun <= 2 * CLOSE_TIMEOUT_S + 1
            socket.transport.resume_reading()


@pytest.mark.ocpp("A02.FR.08")
async def test_a_drop_at_once_dials_the_new_endpoint_without_a_wait() -> None:
    seen = Observer()
    async with a_csms() as csms:
        link = a_link(csms.port, seen)
        async with running(link, seen):
            await both_ends(csms, seen)
            link.endpoint = Endpoint(link.endpoint.url, "CS2")
            link.drop("new password", at_once=True)
            await seen.downs.get()
            csms.refuse_with = 401
            for _ in range(2):
                await seen.failures.get()
            assert csms.requests[1].path == "/ocpp/CS2"
            assert _waits(csms) == pytest.approx([0, 12], abs=1)


async def test_a_drop_at_once_cuts_a_wait_short() -> None:
    seen = Observer()
    async with a_csms() as csms:
        csms.refuse_with = 401
        link = a_link(csms.port, seen, back_off=lambda: BackOff(3600, 0, 0))
        async with running(link, seen):
            await seen.failures.get()
            await asyncio.sleep(5)
            csms.refuse_with = None
            link.drop("new password", at_once=True)
            await both_ends(csms, seen)
            assert _waits(csms) == pytest.approx([5], abs=1)
            assert seen.downs.empty()


async def test_a_drop_while_dialling_is_not_forgotten() -> None:
    seen = Observer()
    async with a_csms() as csms:
        link = a_link(csms.port, seen)
        async with running(link, seen):
            await asyncio.sleep(0)
            link.endpoint = Endpoint(link.endpoint.url, "CS2")
            link.drop("new identity", at_once=True)
            assert await seen.downs.get() == "new identity"
            await both_ends(csms, seen)
            await both_ends(csms, seen)
            assert [request.path for request in csms.requests] == ["/ocpp/CS%201", "/ocpp/CS2"]


async def test_stopping_the_link_closes_the_connection() -> None:
    seen = Observer()
    async with a_csms() as csms:
        async with running(a_link(csms.port, seen), seen):
            socket, _ = await both_ends(csms, seen)
        await socket.wait_closed()
        assert socket.close_code == 1001
        assert seen.downs.qsize() == 1


async def test_an_error_while_talking_closes_the_connection_and_is_raised() -> None:
    async def talk(line: WebSocketLine) -> None:
        raise ZeroDivisionError

    seen = Observer()
    async with a_csms() as csms:
        with pytest.raises(ExceptionGroup) as raised:
            await a_link(csms.port, seen).run(talk)
        assert raised.group_contains(ZeroDivisionError)
        socket = await csms.sockets.get()
        await socket.wait_closed()


# Backing off.


def _waits(csms: Csms) -> list[float]:
    """Return the seconds between the attempts that reached the CSMS."""
    return [later - earlier for earlier, later in pairwise(csms.arrivals)]


@pytest.mark.ocpp("Part4-5.3")
async def test_the_waits_double_and_begin_anew_after_a_connection() -> None:
    seen = Observer()
    chances = iter([0.0, 0.25, 0.5, 0.75, 1.0, 0.0, 0.5, 0.0])
    async with a_csms() as csms:
        csms.refuse_with = 503
        link = a_link(csms.port, seen, random=lambda: next(chances))
        async with running(link, seen):
            for _ in range(6):
                await seen.failures.get()
            csms.refuse_with = None
            socket, _ = await both_ends(csms, seen)
            csms.refuse_with = 503
            await socket.close()
            for _ in range(2):
                await seen.failures.get()
        assert _waits(csms) == pytest.approx([10, 20 + 1, 40 + 2, 80 + 3, 80 + 4, 80, 10 + 2, 20], abs=1)


async def test_changed_settings_serve_the_next_wait() -> None:
    seen = Observer()
    settings = iter([BackOff(100, 0, 0), BackOff(7, 0, 0), BackOff(50, 0, 0)])
    async with a_csms() as csms:
        csms.refuse_with = 503
        async with running(a_link(csms.port, seen, back_off=lambda: next(settings)), seen):
            for _ in range(4):
                await seen.failures.get()
        assert _waits(csms) == pytest.approx([100, 7, 50], abs=1)


async def test_a_back_off_of_zero_does_not_hammer_at_the_csms() -> None:
    seen = Observer()
    async with a_csms() as csms:
        csms.refuse_with = 503
        async with running(a_link(csms.port, seen, back_off=lambda: BackOff(0, 0, 0)), seen):
            for _ in range(3):
                await seen.failures.get()
        assert min(_waits(csms)) >= 1


@pytest.mark.ocpp("B10.FR.09")
async def test_a_csms_that_was_away_for_a_day_is_found_again() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        await both_ends(csms, seen)
        await csms.close()
        await seen.downs.get()
        await asyncio.sleep(24 * 3600)
        await csms.open()
        await both_ends(csms, seen)
        assert seen.ups == 2
        assert seen.failures.qsize() > 900


# With the session on top, and with TLS below.


async def test_a_session_talks_over_a_link_across_reconnects() -> None:
    async def talk(line: WebSocketLine) -> None:
        seen.lines.put_nowait(line)
        await session.serve(line)

    session = RpcSession(Router(), timeout_s=lambda: 30)
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen, talk=talk):
        for _ in range(2):
            socket, _ = await both_ends(csms, seen)
            task = asyncio.create_task(session.call(call.Heartbeat()))
            message_id = json.loads(await socket.recv())[1]
            await socket.send(json.dumps([3, message_id, {"currentTime": "2026-10-25T01:30:00Z"}]))
            assert (await task).current_time == "2026-10-25T01:30:00Z"
            await socket.send("nonsense")
            assert json.loads(await socket.recv())[:3] == [4, "-1", "RpcFrameworkError"]
            await socket.close()
            await seen.downs.get()
            assert not session.connected


def _certificate(folder: Path) -> Path:
    """Write a self-signed certificate of 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "csms.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize("trusted", [True, False])
async def test_tls_is_verified_with_the_context_that_is_given(tmp_path: Path, trusted: bool) -> None:
    path = _certificate(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(path)
    client_side = ssl.create_default_context(cafile=str(path)) if trusted else None
    seen = Observer()
    async with a_csms(ssl=server_side) as csms:
        endpoint = {"url": f"wss://127.0.0.1:{csms.port}/ocpp", "tls": client_side}
        async with running(a_link(csms.port, seen, endpoint=endpoint), seen):
            if trusted:
                await both_ends(csms, seen)
            else:
                failure = await seen.failures.get()
                assert failure.kind == "certificate"
                assert "self-signed" in failure.reason


async def test_plain_text_where_tls_is_expected_is_a_tls_failure() -> None:
    seen = Observer()
    async with a_tcp_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        link = a_link(port, seen, endpoint={"url": f"wss://127.0.0.1:{port}/"})
        async with running(link, seen):
            assert (await seen.failures.get()).kind == "tls"
