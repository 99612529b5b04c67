"""What stands before every request: names, pages elsewhere, floods, and the form of errors."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from station.errors import StorageError
from station.receipts.desk import ReceiptDesk
from station.receipts.views import PublicReceipt, ReceiptSummary
from station.web.guard import ASKS_OF_ALL
from station.web.headers import SECURITY
from tests.web.house import House, house

UNSAFE = (
    ("POST", "/api/v1/login"),
    ("POST", "/api/v1/logout"),
    ("POST", "/api/v1/outlets/1/unlock"),
    ("POST", "/api/v1/outlets/1/stop"),
    ("POST", "/api/v1/outlets/1/test-session"),
    ("POST", "/api/v1/reset"),
    ("PUT", "/api/v1/model"),
)


async def raw(house: House, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes, and return status, head and body of what comes until the connection ends."""
    host, port = house.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


async def test_a_name_that_somebody_else_may_own_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path, names=("station.example",), public_url="https://public.example") as page:
        for host in ("evil.example", "127.0.0.1.evil.example", "192.0.2.1", "0.0.0.0", "evil.example:8080"):
            status, answer = await page.get("/api/v1/outlets", Host=host)
            assert status == 403
            assert "names in the section [web]" in answer["error"]
        for host in ("station.example", "public.example", "localhost:1", "127.0.0.1", "[::1]"):
            assert (await page.get("/api/v1/station", Host=host))[0] == 200


async def test_no_path_is_served_under_a_strange_name(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        await page.login()
        for path in ("/", "/static/js/api.js", "/metrics", "/openapi.json", "/api/v1/live", "/api/v1/status", "/x"):
            assert (await page.get(path, Host="evil.example"))[0] == 403


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/v1/station HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/station HTTP/1.0\r\n\r\n",
        b"GET /api/v1/station HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/station HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
)
async def test_a_request_for_no_name_or_for_two_is_refused(tmp_path: Path, head: bytes) -> None:
    async with house(tmp_path) as page:
        status, _, body = await raw(page, head)
        assert (status, list(json.loads(body))) == (400, ["error"])


async def test_a_name_in_the_request_line_does_not_help(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        request = b"GET http://localhost/api/v1/station HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        assert (await raw(page, request))[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1", "https://127.0.0.1:1"])
async def test_a_page_elsewhere_changes_nothing(tmp_path: Path, origin: str) -> None:
    async with house(tmp_path) as page, page.place.open():
        await page.login()
        for method, path in UNSAFE:
            status, answer = await page.call(method, path, json={}, headers={**page.csrf, "Origin": origin})
            assert status == 403
            assert "a page of somebody else" in answer["error"]
        assert page.place.resets == []
        assert (await page.get("/api/v1/session"))[1]["operator"]


async def test_a_page_of_the_station_may(tmp_path: Path) -> None:
    async with house(tmp_path, public_url="https://public.example") as page, page.place.open():
        await page.login()
        for origin in (page.url, page.url.replace("http", "https"), "https://public.example"):
            assert (await page.post("/api/v1/reset", Origin=origin))[0] == 200
        assert page.place.resets == [None] * 3


async def test_every_answer_has_the_same_head(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        for method, path, host in (
            ("GET", "/", None),
            ("GET", "/static/js/api.js", None),
            ("GET", "/openapi.json", None),
            ("GET", "/metrics", None),
            ("GET", "/api/v1/live", None),
            ("GET", "/api/v1/outlets/1/key.svg", None),
            ("GET", "/api/v1/status", None),
            ("GET", "/nowhere", None),
            ("GET", "/", "evil.example"),
            ("DELETE", "/", None),
            ("OPTIONS", "/api/v1/login", None),
            ("POST", "/api/v1/login", None),
        ):
            async with page.ask(method, path, headers={"Host": host} if host else {}) as answer:
                assert {name: answer.headers.getall(name) for name in SECURITY} == {
                    name: [value] for name, value in SECURITY.items()
                }
                assert "Access-Control-Allow-Origin" not in answer.headers
                assert answer.headers["Cache-Control"] in ("no-store", "no-cache")


def test_scripts_come_from_the_station_alone() -> None:
    policy = SECURITY["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 500 + b"\r\n",
    ],
)
async def test_what_is_no_http_gets_one_plain_answer_and_no_line_in_the_log(tmp_path: Path, request_: bytes) -> None:
    async with house(tmp_path) as page:
        with capture_logs() as lines:
            status, head, body = await raw(page, request_)
        assert (status, json.loads(body)) == (400, {"error": "this is no HTTP request that can be read"})
        assert head["Content-Security-Policy"] == SECURITY["Content-Security-Policy"]
        assert [line for line in lines if line["log_level"] != "debug"] == []
        assert (await page.get("/api/v1/station"))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/nowhere", 404, "there is nothing at /nowhere; /openapi.json tells what there is"),
        ("GET", "/api/v1/outlets/9/why", 404, "there is no EVSE 9; there are: 1, 2"),
        ("GET", "/api/v1/outlets/99999/why", 404, "a whole number from 1 to 9999"),
        ("GET", "/api/v1/outlets/x/why", 404, "there is nothing at"),
        ("GET", "/texts/fr.json", 404, "there is nothing at"),
        ("DELETE", "/api/v1/outlets", 405, "DELETE cannot be done with /api/v1/outlets; allowed: GET"),
        ("HEAD", "/api/v1/outlets", 405, None),
        ("GET", "/api/v1/login", 405, "allowed: POST"),
        ("PATCH", "/api/v1/model", 405, "allowed: GET, PUT"),
        ("TRACE", "/", 405, "TRACE cannot be done"),
    ],
)
async def test_an_error_is_json_and_says_what_there_is(
    tmp_path: Path, method: str, path: str, status: int, text: str | None
) -> None:
    async with house(tmp_path) as page, page.ask(method, path) as answer:
        assert answer.status == status
        assert answer.content_type == "application/json"
        if status == 405:
            assert "Allow" in answer.headers
        if text is not None:
            document = await answer.json()
            assert list(document) == ["error"]
            assert text in document["error"]


async def test_a_path_in_an_error_is_data_and_no_page(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.ask("GET", "/<script>alert(1)</script>") as answer:
        assert answer.status == 404
        assert answer.content_type == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static/js/../../server.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/js/api.js%00.html",
        "/static/",
        "/static/js",
        "/receipt/..%2f..%2fserver.py",
    ],
)
async def test_no_path_leads_out_of_the_known_files(tmp_path: Path, path: str) -> None:
    async with house(tmp_path) as page:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        assert (await raw(page, request))[0] == 404


class Broken(ReceiptDesk):
    """Receipts that cannot be told."""

    def summaries(self, before: int | None = None, limit: int = 50) -> tuple[ReceiptSummary, ...]:
        raise RuntimeError("a secret detail")

    def public(self, transaction_id: str) -> PublicReceipt | None:
        raise StorageError("/var/lib/station/station.db: disk I/O error")

    def csv(self) -> Iterator[bytes]:
        yield b"a beginning"
        raise RuntimeError("the rest is missing")


async def test_a_mistake_of_the_station_is_told_without_a_trace(tmp_path: Path) -> None:
    async with house(tmp_path, receipts=Broken) as page:
        await page.login()
        with capture_logs() as lines:
            status, answer = await page.get("/api/v1/receipts")
        assert (status, list(answer)) == (500, ["error"])
        assert "web_request_crashed" in answer["error"]
        assert "secret" not in answer["error"]
        assert [(line["event"], line["log_level"], line["path"]) for line in lines] == [
            ("web_request_crashed", "error", "/api/v1/receipts")
        ]
        assert (await page.get("/api/v1/status"))[0] == 200


async def test_what_cannot_be_had_is_told_without_paths(tmp_path: Path) -> None:
    async with house(tmp_path, receipts=Broken) as page:
        with capture_logs() as lines:
            status, answer = await page.get("/api/v1/receipts/public/tx-1")
        assert status == 503
        assert "/var" not in answer["error"]
        assert lines[-1]["error"] == "/var/lib/station/station.db: disk I/O error"


async def test_a_flood_is_told_to_wait(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        statuses = []
        while 429 not in statuses and len(statuses) < 3 * ASKS_OF_ALL.burst:
            async with page.ask("GET", "/nowhere") as answer:
                statuses.append(answer.status)
                wait = answer.headers.get("Retry-After")
        assert wait == "1"
        assert len(statuses) > 100
        await asyncio.sleep(60)
        assert (await page.get("/api/v1/station"))[0] == 200


async def test_an_answer_that_breaks_off_ends_its_connection(tmp_path: Path) -> None:
    async with house(tmp_path, receipts=Broken) as page:
        token = page.token()["Authorization"]
        head = f"GET /api/v1/receipts.csv HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n"
        with capture_logs() as lines:
            _, _, body = await raw(page, head.encode())
        assert b"a beginning" in body
        assert b"error" not in body
        assert not body.endswith(b"0\r\n\r\n")
        assert [line["event"] for line in lines] == ["answer_broke_off"]
