"""A real browser in front of the real server of the pages; the station behind it is scripted."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import pytest
from playwright.async_api import Browser, Page, Request, async_playwright

from station.local.rings import Events, Frames
from station.receipts.desk import ReceiptDesk
from station.settings.values import WebSettings
from station.storage.card_names import CardNames
from station.web.server import WebServer
from tests.commands.receipts.archive import CARD, Archive, opened
from tests.web.house import PASSWORD, keep_password, listening
from tests.web.scripted import ScriptedActs, ScriptedHistory, ScriptedLook, now

PHONE = (390, 844)
LAPTOP = (1280, 800)
PATIENCE_S = 40.0
TARIFF = {"en": "EUR 0.49 per kWh, no other fees", "de": "0,49 EUR je kWh, keine weiteren Gebühren"}


class ScriptedStation:
    """A station with receipts that a meter really signed, served over a real socket."""

    def __init__(self, archive: Archive, look: ScriptedLook, settings: WebSettings) -> None:
        self.archive, self.look, self.acts = archive, look, ScriptedActs()
        self.events, self.frames = Events(), Frames(now)
        self._settings = settings
        self._running: asyncio.Task[None] | None = None
        self._url = ""

    @property
    def url(self) -> str:
        return self._url

    def log(self, event: str, *, level: str = "info", **fields: Any) -> None:
        """Have something happen that the log tells."""
        line = {"event": event, "level": level, "timestamp": now().isoformat(), **fields}
        self.events.take("station.evse", line)

    async def start(self) -> None:
        """Serve; at the same address as before, if there was one."""
        server = WebServer(
            self._settings,
            look=cast("Any", self.look),
            acts=cast("Any", self.acts),
            history=cast("Any", ScriptedHistory()),
            receipts=ReceiptDesk(self.archive.database, names=CardNames(self.archive.database)),
            events=self.events,
            frames=self.frames,
            state_dir=self.archive.folder,
            now=now,
        )
        self._running = asyncio.create_task(server.run(), name="web")
        await listening(server, self._running)
        self._url = server.url
        self._settings = replace(self._settings, port=int(server.url.rpartition(":")[2]))

    async def stop(self) -> None:
        """Serve no longer, as when the station restarts."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
            self._running = None


@dataclass
class Visit:
    """A page in a browser of its own, and what it did wrong."""

    page: Page
    home: str
    tolerated: tuple[str, ...]
    """What may be said on the console."""
    wrong: list[str] = field(default_factory=list)

    def listen(self) -> None:
        page = self.page
        page.on("console", lambda told: self._judge(told.type in ("error", "warning"), told.text))
        page.on("pageerror", lambda error: self._judge(True, str(error)))
        page.on("request", self._check)

    def _judge(self, bad: bool, text: str) -> None:
        if bad and not any(word in text for word in self.tolerated):
            self.wrong.append(text)

    def _check(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:")):
            self.wrong.append(f"a request to {request.url}")


class Window:
    """Opens pages of a station, and looks at what they say on the console and where they go."""

    def __init__(self, browser: Browser, home: str) -> None:
        self._browser, self._home = browser, home
        self._visits: list[Visit] = []

    async def open(self, path: str, **window: Any) -> Page:
        """Open a page in a window of its own (see `empty`)."""
        page = await self.empty(**window)
        await page.goto(self._home + path)
        return page

    async def empty(
        self,
        *,
        size: tuple[int, int] = LAPTOP,
        dark: bool = False,
        language: str = "en-GB",
        tolerated: tuple[str, ...] = (),
        **context: Any,
    ) -> Page:
        """Return an empty window; what its pages say on the console, and where they go, is looked at."""
        own = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale=language,
            reduced_motion="reduce",
            timezone_id="Europe/Berlin",
            **context,
        )
        own.set_default_timeout(PATIENCE_S * 1000)
        page = await own.new_page()
        visit = Visit(page, self._home, tolerated)
        visit.listen()
        self._visits.append(visit)
        return page

    async def operate(self, panel: str = "overview", **window: Any) -> Page:
        """Log in as an operator, and open a panel."""
        page = await self.open(f"/operator#{panel}", **window)
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("main > .panel")
        return page

    def judge(self) -> None:
        """Fail if a page did something wrong."""
        assert [visit.wrong for visit in self._visits if visit.wrong] == []


class Pages:
    """`async with Pages(folder) as pages:` has a station, and a browser that was not there before."""

    def __init__(
        self,
        folder: Path,
        look: ScriptedLook | None = None,
        *,
        password: str = PASSWORD,
        fill: Callable[[Archive], None] = Archive.add_usual,
        **web: Any,
    ) -> None:
        """`password` of operators, if there is one; `fill` adds the sessions; `web`: settings of that section."""
        self._password, self._fill = password, fill
        self._folder, self._look = folder, look or ScriptedLook()
        self._settings = WebSettings(enabled=True, port=0, **{"tariff": TARIFF, **web})

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            chromium = await stack.enter_async_context(browser())
            archive = stack.enter_context(opened(self._folder))
            self._fill(archive)
            CardNames(archive.database).give(CARD, "Anna", at=now())
            if self._password:
                keep_password(self._folder, self._password)
            self.station = ScriptedStation(archive, self._look, self._settings)
            stack.push_async_callback(self.station.stop)
            await self.station.start()
            self.window = Window(chromium, self.station.url)
            self.open, self.operate = self.window.open, self.window.operate
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        if kind is None:
            self.window.judge()

    @property
    def look(self) -> ScriptedLook:
        return self.station.look


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser without a window; skips the test where there is none, but not where everything is tested."""
    path = shutil.which("chromium")
    if path is None:
        told = "no chromium here: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            await chromium.close()


async def text_of(page: Page, selector: str) -> str:
    """Return what is shown there, with plain spaces between words and nothing else."""
    return " ".join((await page.inner_text(selector)).split())


async def saved(page: Page, selector: str) -> bytes:
    """Click what saves a file; return the file."""
    async with page.expect_download() as download:
        await page.click(selector)
    path = await (await download.value).path()
    return await asyncio.to_thread(path.read_bytes)


async def until_text(page: Page, selector: str, wanted: str, *, seconds: float = PATIENCE_S) -> None:
    """Return when this is shown there."""
    await page.wait_for_function(
        "([where, wanted]) => [...document.querySelectorAll(where)]"
        ".some((one) => one.checkVisibility() && one.innerText.replace(/\\s+/g, ' ').includes(wanted))",
        arg=[selector, wanted],
        timeout=seconds * 1000,
    )


async def until(look: Callable[[], bool]) -> None:
    """Return when that is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not look():
            await asyncio.sleep(0.02)
