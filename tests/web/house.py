"""A status page over real sockets, in front of a station on fake devices."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, ClientTimeout, CookieJar

from station.local.history import History
from station.local.look import Look
from station.ocpp.redaction import Shown
from station.pki.keystore import CSMS
from station.receipts.desk import ReceiptDesk
from station.settings.values import WebSettings
from station.storage.card_names import CardNames
from station.storage.receipts import Receipts
from station.web.access_file import AccessFile
from station.web.hashing import Cost, hash_password
from station.web.passwords import add_token
from station.web.server import WebServer
from tests.commands.receipts.archive import Archive
from tests.fakes_clock import START
from tests.local.place import Place
from tests.pki.authority import Authority

PASSWORD = "not for the public"
AFAR = {"X-Forwarded-For": "192.0.2.99"}
"""Who sends this is nobody on this computer."""
CHEAP = Cost(n=16)
"""So that the virtual clock does not run away while a thread works."""


class House:
    """A page that is served, and a browser that looks at it."""

    browser: ClientSession

    def __init__(self, place: Place, settings: WebSettings, look: Look, receipts: type[ReceiptDesk]) -> None:
        self.place, self.look = place, look
        self.state_dir = place.folder
        self.history = History(place.evses, place.clock)
        self.csrf: dict[str, str] = {}
        self._settings, self._receipts = settings, receipts
        self.server = self.another()

    def another(self, **changed: Any) -> WebServer:
        """Return a server for the same place, with other settings."""
        return WebServer(
            replace(self._settings, **changed),
            look=self.look,
            acts=self.place.acts,
            history=self.history,
            receipts=self._receipts(self.place.database, names=CardNames(self.place.database)),
            events=self.place.events,
            frames=self.place.frames,
            state_dir=self.state_dir,
            now=self.place.clock.now,
        )

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def listeners(self) -> int:
        """How many pages are told what happens."""
        return self.server.listeners

    @contextlib.asynccontextmanager
    async def ask(self, method: str, path: str, **more: Any) -> AsyncIterator[ClientResponse]:
        async with self.browser.request(method, self.url + path, **more) as answer:
            yield answer

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Return the status and the document of an answer."""
        return await self.call("GET", path, headers=headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send JSON as the operator's page does."""
        return await self.call("POST", path, json={} if body is None else body, headers={**self.csrf, **headers})

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.ask(method, path, **more) as answer:
            return answer.status, json.loads(await answer.read() or b"null")

    async def login(self, password: str = PASSWORD) -> None:
        """Become an operator."""
        status, answer = await self.post("/api/v1/login", {"password": password})
        assert status == 200, answer
        self.csrf = {"X-CSRF-Token": answer["csrf"]}

    def token(self, name: str = "program") -> dict[str, str]:
        """Return the header with a new token."""
        return {"Authorization": f"Bearer {add_token(self.state_dir, name, START)}"}


def keep_password(state_dir: Path, password: str = PASSWORD) -> None:
    """Set a password that is quickly checked."""
    AccessFile(state_dir).set_password(hash_password(password, CHEAP))


@contextlib.asynccontextmanager
async def house(
    folder: Path,
    *,
    password: str = PASSWORD,
    look: type[Look] = Look,
    receipts: type[ReceiptDesk] = ReceiptDesk,
    **web: Any,
) -> AsyncIterator[House]:
    """Serve the page of a place while the context lasts; `web`: settings of the section of that name."""
    place = Place(folder)
    settings = replace(place.settings.web, **{"enabled": True, "port": 0, **web})
    if password:
        keep_password(place.folder, password)
    page = House(place, settings, look(place.parts), receipts)
    server = page.server
    running = asyncio.create_task(server.run(), name="web")
    try:
        await listening(server, running)
        async with ClientSession(cookie_jar=CookieJar(unsafe=True), timeout=ClientTimeout()) as page.browser:
            yield page
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        place.database.close()


async def listening(server: WebServer, running: asyncio.Task[None]) -> None:
    """Return as soon as a server listens; raise what kept it from doing so."""
    while not server.url:
        if running.done():
            running.result()
        await asyncio.sleep(0.01)


class Shelf(Archive):
    """Receipts in the database of a station: 1 is over, 2 runs, 3 has no record yet."""

    def __init__(self, place: Place) -> None:
        self.folder, self.database = place.folder, place.database
        self.receipts = Receipts(self.database)
        self.add_usual()


def busy(place: Place) -> None:
    """Let there be something of everything that can be told."""
    Shelf(place)
    at = "2026-12-01T12:00:00.000Z"
    place.events.take("station.evse", {"timestamp": at, "level": "info", "event": "plugged", "evse": 1})
    place.events.take("station.link", {"timestamp": at, "level": "warning", "event": "link_lost", "port": "/dev/x"})
    call = '[2,"4711","Authorize",{"idToken":{"idToken":"04A2B3C4","type":"ISO14443"}}]'
    for sent, frame in ((True, call), (False, '[3,"4711",{"idTokenInfo":{"status":"Accepted"}}]')):
        place.frames.take(sent, Shown(frame))
    place.parts.keys.inventory.add_root(CSMS, (Authority("Root").certificate,))
