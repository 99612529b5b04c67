"""Bytes that no browser sends: each gets a plain refusal or silence, and the page goes on for everybody else."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from tests.web.house import House, house

pytestmark = pytest.mark.realtime

HOST = "Host: {host}\r\n"
TIME_S = 5.0
MANY = "A: b\r\n" * 2000
COOKIES = 'station_session="\\377"; ;;=;$Version=1'
PLAIN = (b"200", b"400", b"401", b"403", b"404", b"405", b"408", b"413", b"415", b"417")
ENOUGH = 8192
FLOOD_BYTES = 32 * 1024 * 1024

ODD = {
    "no http at all": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "nothing but lines": "\r\n\r\n\r\n\r\n",
    "no host": "GET /api/v1/station HTTP/1.1\r\n\r\n",
    "two hosts": f"GET /api/v1/station HTTP/1.1\r\n{HOST}Host: station.example\r\n\r\n",
    "a host with a user": "GET /api/v1/station HTTP/1.1\r\nHost: 127.0.0.1@station.example\r\n\r\n",
    "a host with a path": "GET /api/v1/station HTTP/1.1\r\nHost: 127.0.0.1/..\r\n\r\n",
    "a host in another alphabet": "GET /api/v1/station HTTP/1.1\r\nHost: loc\xe4lhost\r\n\r\n",
    "two lengths": f"POST /api/v1/login HTTP/1.1\r\n{HOST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}",
    "length and chunks": (
        f"POST /api/v1/login HTTP/1.1\r\n{HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        f"GET /api/v1/status HTTP/1.1\r\n{HOST}\r\n"
    ),
    "chunks under another name": (
        f"POST /api/v1/login HTTP/1.1\r\n{HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"
    ),
    "a chunk without end": (
        f"POST /api/v1/login HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n"
    ),
    "a length below nothing": f"POST /api/v1/login HTTP/1.1\r\n{HOST}Content-Length: -1\r\n\r\n",
    "a header without an end": f"GET /api/v1/station HTTP/1.1\r\n{HOST}X: {'a' * 70_000}\r\n\r\n",
    "a header over two lines": f"GET /api/v1/station HTTP/1.1\r\n{HOST}X: a\r\n b\r\n\r\n",
    "a header with a zero": f"GET /api/v1/station HTTP/1.1\r\n{HOST}X: a\x00b\r\n\r\n",
    "a blank before the colon": f"GET /api/v1/station HTTP/1.1\r\n{HOST}Content-Length : 5\r\n\r\n",
    "a tunnel": f"CONNECT station.example:443 HTTP/1.1\r\n{HOST}\r\n",
    "another protocol": f"GET / HTTP/1.1\r\n{HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "http of the future": f"GET / HTTP/9.9\r\n{HOST}\r\n",
    "the preface of http/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a file below": f"GET /static/../../../../etc/passwd HTTP/1.1\r\n{HOST}\r\n",
    "a file below, encoded": f"GET /static/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\n{HOST}\r\n",
    "a file below, encoded twice": f"GET /static/%252e%252e/%252e%252e/etc/passwd HTTP/1.1\r\n{HOST}\r\n",
    "a file with a zero": f"GET /static/js/api.js%00.svg HTTP/1.1\r\n{HOST}\r\n",
    "a file with backslashes": f"GET /static/..\\..\\..\\etc\\passwd HTTP/1.1\r\n{HOST}\r\n",
    "an absolute file": f"GET /static//etc/passwd HTTP/1.1\r\n{HOST}\r\n",
    "a place elsewhere": f"GET http://station.example/api/v1/status HTTP/1.1\r\n{HOST}\r\n",
    "lines in a path": f"GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\n{HOST}\r\n",
    "bytes that are no text": f"GET /receipt/%ff%fe HTTP/1.1\r\n{HOST}\r\n",
    "numbers of another alphabet": f"GET /api/v1/outlets/%D9%A1/why HTTP/1.1\r\n{HOST}\r\n",
    "a number without end": f"GET /api/v1/outlets/{'1' * 5000}/why HTTP/1.1\r\n{HOST}\r\n",
    "cookies that are none": f"GET /api/v1/status HTTP/1.1\r\n{HOST}Cookie: {COOKIES}\r\n\r\n",
    "a bearer that is no text": f"GET /api/v1/status HTTP/1.1\r\n{HOST}Authorization: Bearer \xff\xfe\r\n\r\n",
    "a bearer without anything": f"GET /api/v1/status HTTP/1.1\r\n{HOST}Authorization: Bearer \r\n\r\n",
    "an expectation": f"POST /api/v1/login HTTP/1.1\r\n{HOST}Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{{}}",
    "thousands of headers": f"GET /api/v1/station HTTP/1.1\r\n{HOST}{MANY}\r\n",
}


@contextlib.asynccontextmanager
async def wire(page: House) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    where = urlsplit(page.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def said(page: House, request: str) -> bytes:
    """Return the beginning of what a request is answered with; nothing if that is how it is answered."""
    async with wire(page) as (reader, writer):
        with contextlib.suppress(OSError, TimeoutError):
            writer.write(request.replace("{host}", urlsplit(page.url).netloc).encode("latin-1"))
            await writer.drain()
            async with asyncio.timeout(TIME_S):
                return await reader.read(ENOUGH)
    return b""


@pytest.mark.parametrize("request_", ODD.values(), ids=ODD.keys())
async def test_an_odd_request_is_refused_in_a_plain_way_and_the_page_goes_on(
    tmp_path: Path, request_: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as page:
        with capture_logs() as lines, caplog.at_level(logging.WARNING):
            answer = await said(page, request_)
        assert (await page.get("/api/v1/station"))[0] == 200
    status = answer.split(b" ", 2)[1:2]
    assert not status or status[0] in (
        b"200",
        b"400",
        b"401",
        b"403",
        b"404",
        b"405",
        b"408",
        b"413",
        b"415",
        b"417",
    ), answer
    assert b"root:" not in answer
    assert b"Set-Cookie" not in answer.partition(b"\r\n\r\n")[0]
    assert b"Traceback" not in answer
    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []
    assert [record.getMessage() for record in caplog.records if record.name.startswith("aiohttp")] == []


async def test_what_was_smuggled_behind_a_body_is_no_request_of_its_own(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        answer = await said(page, ODD["length and chunks"])
    assert answer.count(b"HTTP/1.") == 1


async def test_requests_that_are_sent_ahead_of_an_endless_answer_are_not_read_without_end(tmp_path: Path) -> None:
    async with house(tmp_path) as page, wire(page) as (reader, writer):
        one = f"GET / HTTP/1.1\r\nHost: {urlsplit(page.url).netloc}\r\n\r\n".encode()
        writer.write(one.replace(b"GET /", b"GET /api/v1/live"))
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        taken = 0
        with contextlib.suppress(TimeoutError, OSError):
            while taken < FLOOD_BYTES:
                writer.write(one * 1000)
                async with asyncio.timeout(1.0):
                    await writer.drain()
                taken += len(one) * 1000
        assert taken < FLOOD_BYTES, "what comes is kept, for nobody answers it"
