"""A proxy on the way to the CSMS, a real one on loopback."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from station.ocpp.failures import FailureKind
from station.pki.material import TlsMaterial
from station.pki.tls import context
from station.secret import Secret
from tests.ocpp.web import PASSWORD, Csms, Observer, a_csms, a_link, a_tcp_server, both_ends, running
from tests.pki.authority import Authority


class Proxy:
    """Knows CONNECT and nothing else; counts who comes and what for."""

    def __init__(self, *, credentials: str | None = None) -> None:
        self.expected = base64.b64encode(credentials.encode()).decode() if credentials else None
        self.asked: list[str] = []
        self.heard = b""
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.splitlines()[0])
        if self.expected is not None and f"Proxy-Authorization: Basic {self.expected}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            writer.close()
            return
        host, _, port = head.split()[1].rpartition(":")
        try:
            there, onward = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(self._copy(reader, onward), self._copy(there, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(4096):
                self.heard += data
                writer.write(data)
        except OSError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def a_proxy(proxy: Proxy | None = None, **options: Any) -> AsyncIterator[Proxy]:
    proxy = proxy or Proxy(**options)
    server = await asyncio.start_server(proxy.hold, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy


async def exchange(csms: Csms, seen: Observer) -> None:
    socket, line = await both_ends(csms, seen)
    await line.send("[1]")
    assert await socket.recv() == "[1]"


async def test_a_plain_connection_goes_through_the_proxy() -> None:
    seen = Observer()
    async with a_csms() as csms, a_proxy() as proxy:
        link = a_link(csms.port, seen, endpoint={"proxy": f"http://127.0.0.1:{proxy.port}"})
        async with running(link, seen):
            await exchange(csms, seen)
        assert proxy.asked == [f"CONNECT 127.0.0.1:{csms.port} HTTP/1.1"]


async def test_an_encrypted_connection_goes_through_the_proxy_and_stays_encrypted(tmp_path: Path) -> None:
    seen, root = Observer(), Authority.now()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*root.issue("CSMS", sans=["127.0.0.1"]).write(tmp_path))
    async with a_csms(ssl=server) as csms, a_proxy() as proxy:
        endpoint = {
            "url": f"wss://127.0.0.1:{csms.port}/ocpp",
            "proxy": f"http://127.0.0.1:{proxy.port}",
            "tls": context(TlsMaterial((root.root_pem,))),
            "password": Secret(PASSWORD),
        }
        async with running(a_link(csms.port, seen, endpoint=endpoint), seen):
            await exchange(csms, seen)
        assert csms.requests[0].headers["Authorization"]
        assert b"Authorization" not in proxy.heard


async def test_the_name_of_the_csms_is_checked_through_the_proxy_too(tmp_path: Path) -> None:
    seen, root = Observer(), Authority.now()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*root.issue("somebody.else").write(tmp_path))
    async with a_csms(ssl=server) as csms, a_proxy() as proxy:
        endpoint = {
            "url": f"wss://127.0.0.1:{csms.port}/ocpp",
            "proxy": f"http://127.0.0.1:{proxy.port}",
            "tls": context(TlsMaterial((root.root_pem,))),
        }
        async with running(a_link(csms.port, seen, endpoint=endpoint), seen):
            assert (await seen.failures.get()).kind is FailureKind.CERTIFICATE


async def test_a_proxy_that_wants_to_know_who_asks_is_told() -> None:
    seen = Observer()
    with capture_logs() as logs:
        async with a_csms() as csms, a_proxy(credentials="us er:p@ss") as proxy:
            endpoint = {"proxy": f"http://us%20er:p%40ss@127.0.0.1:{proxy.port}"}
            async with running(a_link(csms.port, seen, endpoint=endpoint), seen):
                await exchange(csms, seen)
    assert "p%40ss" not in str(logs)


async def test_a_proxy_that_refuses_is_told_as_such() -> None:
    seen = Observer()
    with capture_logs() as logs:
        async with a_csms() as csms, a_proxy(credentials="a:b") as proxy:
            endpoint = {"proxy": f"http://user:s3cret@127.0.0.1:{proxy.port}"}
            async with running(a_link(csms.port, seen, endpoint=endpoint), seen):
                failure = await seen.failures.get()
    assert failure.kind is FailureKind.PROXY
    assert "407" in failure.reason
    assert "s3cret" not in str(logs)


async def test_a_csms_that_the_proxy_cannot_reach_is_a_failed_attempt() -> None:
    seen = Observer()
    async with a_proxy() as proxy:
        endpoint = {"url": "ws://127.0.0.1:1/", "proxy": f"http://127.0.0.1:{proxy.port}"}
        async with running(a_link(1, seen, endpoint=endpoint), seen):
            failure = await seen.failures.get()
    assert failure.kind is FailureKind.PROXY
    assert "502" in failure.reason


async def test_a_proxy_that_is_not_there_is_a_failed_attempt() -> None:
    seen = Observer()
    async with a_tcp_server(None) as port:
        pass
    async with running(a_link(1, seen, endpoint={"proxy": f"http://127.0.0.1:{port}"}), seen):
        failure = await seen.failures.get()
    assert failure.kind is FailureKind.PROXY
    assert failure.reason == "nobody listens at the port of the proxy"


@pytest.mark.parametrize(
    "proxy", ["http://s3cret@127.0.0.1:1", "http://user:s3cret@127.0.0.1:1//", "http://user:s3cret@127.0.0.1:1#x"]
)
async def test_a_proxy_that_is_none_is_told_without_its_password(proxy: str) -> None:
    seen = Observer()
    with capture_logs() as logs:
        async with running(a_link(1, seen, endpoint={"proxy": proxy}), seen):
            failure = await seen.failures.get()
    assert failure.kind is FailureKind.PROXY
    assert "csms.proxy" in failure.reason
    assert "s3cret" not in str(logs)


class Liar(Proxy):
    """Says that it connected, takes what comes, and ends the connection."""

    def __init__(self, *, abruptly: bool = False, patience_s: float = 60) -> None:
        super().__init__()
        self._abruptly, self._patience_s = abruptly, patience_s

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await reader.read(1)
        if self._abruptly:
            writer.transport.abort()
        else:
            writer.close()


@pytest.mark.parametrize("abruptly", [False, True])
@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_a_proxy_that_says_yes_and_hangs_up_is_a_failed_attempt_without_a_traceback(
    scheme: str, abruptly: bool, caplog: pytest.LogCaptureFixture
) -> None:
    seen, root = Observer(), Authority.now()
    async with a_proxy(Liar(abruptly=abruptly)) as proxy:
        endpoint = {
            "url": f"{scheme}://csms.example/",
            "proxy": f"http://127.0.0.1:{proxy.port}",
            "tls": context(TlsMaterial((root.root_pem,))),
        }
        async with running(a_link(0, seen, endpoint=endpoint), seen):
            assert (await seen.failures.get()).kind in (FailureKind.TLS, FailureKind.REFUSED)
    assert caplog.records == []


@pytest.mark.parametrize("host", [".csms.example", "\u2024csms.example", "a..b", "x" * 64 + ".example"])
async def test_a_name_that_tls_cannot_ask_for_behind_a_proxy_is_a_failed_attempt(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen, root = Observer(), Authority.now()
    async with a_proxy(Liar(patience_s=1)) as proxy:
        endpoint = {
            "url": f"wss://{host}/",
            "proxy": f"http://127.0.0.1:{proxy.port}",
            "tls": context(TlsMaterial((root.root_pem,))),
        }
        async with running(a_link(0, seen, endpoint=endpoint), seen):
            assert (await seen.failures.get()).kind is FailureKind.PROXY
            await asyncio.sleep(5)
    assert caplog.records == []


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        await exchange(csms, seen)
