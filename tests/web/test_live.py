"""What happens, told by itself: at once, once a second, to so many and no longer than they may."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from station.local.look import Look
from station.local.views import OutletView, StationView
from station.ocpp.redaction import Shown
from station.web import access, live, site
from station.web.audience import for_everybody
from station.web.live import CHUNKS_WAITING, MOST_OF_EVERYBODY, MOST_STREAMS, PING_S, WRITE_S, Stream
from tests.web.events import events_of, next_of
from tests.web.house import AFAR, House, house, keep_password

PUBLIC, OPERATORS = "/api/v1/live", "/api/v1/operator/live"


@contextlib.asynccontextmanager
async def stream(page: House, path: str = PUBLIC, **headers: str) -> AsyncIterator[ClientResponse]:
    async with page.ask("GET", path, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["Content-Type"] == "text/event-stream"
        yield answer


class Counted(Look):
    """Counts how often it was looked."""

    looked = 0

    def outlets(self) -> tuple[OutletView, ...]:
        self.looked += 1
        return super().outlets()

    def station(self) -> StationView:
        self.looked += 1
        return super().station()


async def test_a_page_is_told_at_once_and_at_every_change(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open() as yard, stream(page) as answer:
        events = events_of(answer)
        first = await next_of(events, "outlets")
        assert [outlet["activity"] for outlet in first["outlets"]] == ["free", "free"]
        assert first == (await page.get("/api/v1/outlets"))[1]
        plugging = asyncio.create_task(yard.plug(2))
        while (await next_of(events, "outlets"))["outlets"][1]["activity"] != "plugged":
            pass
        await plugging


async def test_while_nothing_changes_there_is_a_sign_of_life(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open(), stream(page) as answer:
        events, loop = events_of(answer), asyncio.get_running_loop()
        await next_of(events, "outlets")
        began_s = loop.time()
        for _ in range(3):
            await next_of(events, "comment")
        assert 2 * PING_S < loop.time() - began_s < 5 * PING_S


async def test_many_pages_cost_no_more_looks_than_one(tmp_path: Path) -> None:
    async with house(tmp_path, look=Counted) as page, page.place.open():
        look = page.look
        assert isinstance(look, Counted)
        async with contextlib.AsyncExitStack() as pages:
            streams = [events_of(await pages.enter_async_context(stream(page))) for _ in range(8)]
            for events in streams:
                await next_of(events, "outlets")
            before, began_s = look.looked, asyncio.get_running_loop().time()
            for events in streams:
                await next_of(events, "comment")
            seconds = asyncio.get_running_loop().time() - began_s
        assert 1 <= look.looked - before <= seconds + 2


async def test_while_nobody_listens_nothing_is_looked_at(tmp_path: Path) -> None:
    async with house(tmp_path, look=Counted) as page:
        assert isinstance(page.look, Counted)
        async with stream(page) as answer:
            await next_of(events_of(answer), "outlets")
        await asyncio.sleep(60)
        before = page.look.looked
        await asyncio.sleep(600)
        assert page.look.looked == before


async def test_an_operator_is_told_everything_as_it_comes(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        page.place.events.take("station.old", {"level": "info", "event": "before_the_page_was_there"})
        await page.login()
        async with stream(page, OPERATORS) as answer:
            events, loop = events_of(answer), asyncio.get_running_loop()
            status = await next_of(events, "status")
            assert status == {**(await page.get("/api/v1/status"))[1], "now": status["now"]}
            page.place.events.take(
                "station.evse", {"level": "info", "event": "plugged", "evse": 1, "password": "***"}
            )
            page.place.frames.take(True, Shown('[2,"1","Authorize",{"idToken":{"idToken":"04A2B3C4"}}]'))
            event = await next_of(events, "event")
            assert (event["number"], event["event"], event["fields"]["evse"]) == (2, "plugged", 1)
            message = await next_of(events, "message")
            assert (message["number"], message["sent"]) == (1, True)
            assert "Authorize" in message["text"]
            assert "04A2B3C4" not in message["text"]
            began_s = loop.time()
            for _ in range(5):
                await next_of(events, "status")
            assert 3.5 < loop.time() - began_s < 10


async def test_drivers_are_not_told_what_operators_are(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        assert (await page.get(OPERATORS))[0] == 401
        async with stream(page) as answer:
            events = events_of(answer)
            await next_of(events, "outlets")
            page.place.events.take("station.evse", {"level": "info", "event": "secret_thing"})
            async for name, data in events:
                assert name in ("outlets", "comment")
                assert "secret_thing" not in str(data)
                if name == "comment":
                    break


async def ends(answer: ClientResponse) -> float:
    """Return how long a stream goes on."""
    began_s = asyncio.get_running_loop().time()
    async for _ in answer.content:
        pass
    return asyncio.get_running_loop().time() - began_s


async def test_a_stream_ends_with_its_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "IDLE_S", 60.0)
    async with house(tmp_path) as page:
        await page.login()
        async with stream(page, OPERATORS) as answer:
            assert 50 < await ends(answer) < 70


async def test_a_stream_ends_when_its_operator_logs_out_or_another_password_is_set(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        await page.login()
        async with stream(page, OPERATORS) as answer:
            await page.post("/api/v1/logout")
            assert await ends(answer) < 10
        await page.login()
        async with stream(page, OPERATORS) as answer:
            keep_password(page.state_dir, "another password")
            assert await ends(answer) < 10


async def test_there_is_a_most_of_streams_and_room_again_when_one_ends(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        async with contextlib.AsyncExitStack() as pages:
            for _ in range(MOST_STREAMS):
                await pages.enter_async_context(stream(page))
            async with page.ask("GET", PUBLIC) as answer:
                assert answer.status == 429
                assert answer.headers["Retry-After"] == "10"
                assert "too many pages are open" in (await answer.json())["error"]
        async with stream(page):
            pass


async def test_strangers_leave_room_for_kiosk_and_operator(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open(), contextlib.AsyncExitStack() as pages:
        await page.login()
        page.browser.cookie_jar.clear()
        for _ in range(MOST_OF_EVERYBODY):
            await pages.enter_async_context(stream(page, **AFAR))
        assert (await page.get(PUBLIC, **AFAR))[0] == 429
        token = page.token()
        await pages.enter_async_context(stream(page))
        await pages.enter_async_context(stream(page, **AFAR, **token))
        await pages.enter_async_context(stream(page, OPERATORS, **AFAR, **token))


async def test_what_strangers_are_told_is_made_once_and_only_while_one_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(outlet: OutletView, *, offer_receipts: bool) -> OutletView:
        made.append(outlet.evse_id)
        return for_everybody(outlet, offer_receipts=offer_receipts)

    monkeypatch.setattr(site, "for_everybody", counted)
    async with house(tmp_path) as page, page.place.open(), contextlib.AsyncExitStack() as pages:
        kiosk = events_of(await pages.enter_async_context(stream(page)))
        for _ in range(2):
            await next_of(kiosk, "comment")
        assert made == []
        for _ in range(8):
            await pages.enter_async_context(stream(page, **AFAR))
        loop = asyncio.get_running_loop()
        before, began_s = made.count(1), loop.time()
        for _ in range(2):
            await next_of(kiosk, "comment")
        assert 1 <= made.count(1) - before <= loop.time() - began_s + 2


async def test_one_address_has_a_share_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "is_loopback", lambda address: False)
    async with house(tmp_path) as page, page.place.open(), contextlib.AsyncExitStack() as pages:
        for _ in range(live.MOST_OF_ONE):
            await pages.enter_async_context(stream(page))
        assert (await page.get(PUBLIC))[0] == 429


async def test_a_page_that_is_loaded_again_and_again_finds_its_place(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        for _ in range(3 * MOST_STREAMS):
            async with stream(page) as answer:
                await next_of(events_of(answer), "outlets")


async def stuck(page: House) -> asyncio.StreamWriter:
    """Return the connection of an operator's page that reads the beginning, and no more."""
    cookie = "; ".join(f"{each.key}={each.value}" for each in page.browser.cookie_jar)
    host, port = page.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(f"GET {OPERATORS} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
    await reader.readline()
    assert page.listeners == 1
    return writer


def noise(page: House) -> None:
    """Let more be told at once than the kernel keeps for who does not read it."""
    for number in range(500):
        page.place.events.take("station.noise", {"level": "info", "event": f"noise_{number}", "text": "x" * 40_000})


async def test_a_reader_who_takes_nothing_is_let_go(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        await page.login()
        writer = await stuck(page)
        began_s = asyncio.get_running_loop().time()
        noise(page)
        while page.listeners:
            await asyncio.sleep(1)
        assert asyncio.get_running_loop().time() - began_s < WRITE_S + CHUNKS_WAITING + 10
        writer.close()


async def test_a_reader_who_takes_nothing_and_may_not_read_any_more_is_let_go_too(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        await page.login()
        writer = await stuck(page)
        noise(page)
        await asyncio.sleep(1.5)
        await page.post("/api/v1/logout")
        connections = page.server.connections
        for _ in range(int(WRITE_S) + 10):
            await asyncio.sleep(1)
        assert page.server.connections == connections - 1
        writer.close()


class Deaf(asyncio.Transport):
    """The connection of a reader who takes nothing."""

    aborted = False

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def test_what_waits_for_a_reader_is_bounded() -> None:
    transport = Deaf()
    stream = Stream("192.0.2.1", transport, lambda: True)
    for _ in range(CHUNKS_WAITING):
        stream.put(b"chunk")
    assert not stream.over
    stream.put(b"one too many")
    assert transport.aborted
    assert stream.over
    stream.end()
    assert stream.chunks.qsize() == CHUNKS_WAITING + 1


async def test_the_end_of_the_server_does_not_wait_for_its_readers(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as pages:
        async with house(tmp_path) as page:
            async with page.place.open():
                answer = await pages.enter_async_context(stream(page))
                await next_of(events_of(answer), "outlets")
            began_s = loop.time()
        assert loop.time() - began_s < 5
