"""The server: where it is, what it says about itself, and that it ends and begins again."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs

from station.errors import StationError
from station.supervisor import supervise
from station.web.connections import listen
from tests.web.house import house


async def test_it_says_where_it_is_while_it_listens(tmp_path: Path) -> None:
    with capture_logs() as lines:
        async with house(tmp_path) as page:
            assert page.url.startswith("http://127.0.0.1:")
            server, url = page.server, page.url
        assert server.url == ""
    (started,) = [line for line in lines if line["event"] == "web_started"]
    assert (started["url"], started["password_set"]) == (url, True)


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://127.0.0.1:"), ("::", "http://[::1]:")])
async def test_who_listens_everywhere_is_told_of_by_loopback(tmp_path: Path, host: str, url: str) -> None:
    with capture_logs() as lines:
        async with house(tmp_path, host=host) as page:
            assert page.url.startswith(url)
            assert (await page.get("/api/v1/station"))[0] == 200
    (warned,) = [line for line in lines if line["event"] == "web_without_tls"]
    assert warned["host"] == host
    assert "web.certificate" in warned["remedy"]


async def test_on_this_computer_alone_nobody_warns(tmp_path: Path) -> None:
    with capture_logs() as lines:
        async with house(tmp_path):
            pass
    assert [line["event"] for line in lines if line["log_level"] != "info"] == []


async def test_an_ipv4_address_is_known_where_the_server_listens_for_both_kinds(tmp_path: Path) -> None:
    async with house(tmp_path, host="::") as page:
        port = page.url.rpartition(":")[2]
        async with page.browser.get(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.status == 200


async def test_a_port_that_is_taken_is_told_and_tried_again(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        with listen("127.0.0.1", 0) as taken:
            port = taken.getsockname()[1]
            other = page.another(port=port)
            with pytest.raises(StationError, match=f"port {port}: Address already in use"):
                await other.run()
            with capture_logs() as lines:
                running = asyncio.create_task(supervise("web", other.run, give_up_after=None))
                await asyncio.sleep(100)
        failed = [line for line in lines if line["event"] == "component_failed"]
        assert len(failed) > 3
        assert f"port {port}: Address already in use" in failed[0]["error"]
        await asyncio.sleep(60)
        async with page.browser.get(f"http://127.0.0.1:{port}/api/v1/station") as answer:
            assert answer.status == 200
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_nothing_is_left_when_it_ends(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with house(tmp_path) as page:
        url = page.url
        await page.get("/api/v1/station")
        async with page.ask("GET", "/api/v1/live"):
            pass
    assert asyncio.all_tasks() == before
    async with ClientSession() as browser:
        with pytest.raises(OSError, match="onnect"):
            await browser.get(url)


async def test_it_begins_again_at_the_same_port_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        port = int(page.url.rpartition(":")[2])
        await page.get("/api/v1/station")
    async with house(tmp_path, port=port) as page:
        assert (await page.get("/api/v1/station"))[0] == 200
