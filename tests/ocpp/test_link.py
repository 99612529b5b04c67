"""The WebSocket to the CSMS, against a real server on a loop whose clock jumps."""

import asyncio
import base64
import logging

import pytest
from structlog.testing import capture_logs

from station.ocpp.link import OPEN_TIMEOUT_S
from station.pki.material import TlsMaterial
from station.pki.tls import context
from station.secret import Secret
from tests.ocpp.web import PASSWORD, Observer, a_csms, a_link, a_tcp_server, both_ends, running, waits
from tests.pki.authority import Authority

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
        assert waits(csms) == pytest.approx([12], abs=1)


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
        (302, "refused", "302"),
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
    assert failure.reason == "nobody listens at the port of the CSMS"


@pytest.mark.parametrize("host", ["x" * 64 + ".example", "ü" * 70, "a..b"])
async def test_a_host_name_that_cannot_be_one_is_a_failed_attempt(host: str) -> None:
    seen = Observer()
    link = a_link(0, seen, endpoint={"url": f"ws://{host}/"})
    async with running(link, seen):
        assert (await seen.failures.get()).kind == "unreachable"


async def test_a_server_that_stays_silent_is_given_up_after_the_open_timeout() -> None:
    seen = Observer()
    begun = asyncio.get_running_loop().time()
    async with a_tcp_server(None) as port, running(a_link(port, seen), seen):
        failure = await seen.failures.get()
    assert failure.kind == "silent"
    assert OPEN_TIMEOUT_S <= asyncio.get_running_loop().time() - begun < OPEN_TIMEOUT_S + 5


async def test_a_server_that_never_answers_tls_is_given_up_after_the_open_timeout() -> None:
    seen = Observer()
    begun = asyncio.get_running_loop().time()
    async with a_tcp_server(None) as port:
        endpoint = {"url": f"wss://127.0.0.1:{port}/", "tls": context(TlsMaterial((Authority.now().root_pem,)))}
        async with running(a_link(port, seen, endpoint=endpoint), seen):
            failure = await seen.failures.get()
    assert failure.kind == "silent"
    assert OPEN_TIMEOUT_S <= asyncio.get_running_loop().time() - begun < OPEN_TIMEOUT_S + 5


async def test_a_key_in_the_query_of_a_url_is_not_logged() -> None:
    seen = Observer()
    with capture_logs() as logs:
        async with a_csms() as csms:
            endpoint = {"url": f"ws://127.0.0.1:{csms.port}/ocpp?key=s3cret"}
            async with running(a_link(csms.port, seen, endpoint=endpoint), seen):
                await both_ends(csms, seen)
    assert csms.requests[0].path == "/ocpp/CS%201?key=s3cret"
    assert "/ocpp/CS%201" in str(logs)
    assert "s3cret" not in str(logs)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_what_is_no_websocket_server_is_a_failed_attempt(answer: bytes) -> None:
    seen = Observer()
    async with a_tcp_server(answer) as port, running(a_link(port, seen), seen):
        assert (await seen.failures.get()).kind == "refused"


async def test_a_redirect_is_not_followed() -> None:
    """Whom the station talks to is what its network profile says."""
    seen = Observer()
    async with a_csms() as elsewhere, a_csms() as csms:
        csms.refuse_with, csms.headers = 307, {"Location": f"ws://127.0.0.1:{elsewhere.port}/"}
        async with running(a_link(csms.port, seen), seen):
            assert (await seen.failures.get()).reason == "the CSMS answers HTTP 307"
        assert elsewhere.requests == []
