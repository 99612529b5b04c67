"""The server of the status page: everything of it wired, running, and ended in good order."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from station.local.acts import Acts
from station.local.history import History
from station.local.look import Look
from station.local.rings import Events, Frames
from station.receipts.desk import ReceiptDesk
from station.settings.values import WebSettings
from station.settings.web import EVERYBODY
from station.web.access import Access
from station.web.access_file import AccessFile
from station.web.addresses import is_loopback, parse
from station.web.assets import Assets
from station.web.bodies import MOST_BYTES
from station.web.connections import Conversation, Door, listen
from station.web.dispatch import COSTLY_OF_ALL, COSTLY_OF_ONE, handler_of
from station.web.guard import ASKS_OF_ALL, ASKS_OF_ONE, Guard
from station.web.headers import harden
from station.web.hosts import Hosts
from station.web.kept_receipts import KeptReceipts
from station.web.limits import Limiter
from station.web.live import Live
from station.web.memory import give_back_large_pieces
from station.web.pictures import Pictures
from station.web.routes import ROUTES
from station.web.site import Site, Snapshots
from station.web.tls import Certificate
from station.web.workshop import Workshop

GOODBYE_S: Final = 1.0
"""How long an end waits for answers that are under way."""
REFRESH_S: Final = 60.0
"""How often it is looked whether the certificate was renewed."""

log = structlog.get_logger("station.web")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebServer:
    """Serves the page and its API; `run` is supervised."""

    def __init__(
        self,
        settings: WebSettings,
        *,
        look: Look,
        acts: Acts,
        history: History,
        receipts: ReceiptDesk,
        events: Events,
        frames: Frames,
        state_dir: Path,
        now: Callable[[], datetime],
    ) -> None:
        """`state_dir` is where the operators' password is kept; `now` tells the station's time."""
        self._settings = page = settings
        time = asyncio.get_running_loop().time
        self._workshop = Workshop()
        snapshots = Snapshots(look, time, offer_receipts=page.offer_receipts == EVERYBODY)
        self._live = Live(snapshots, events, frames)
        self._site = Site(
            settings=page,
            look=look,
            acts=acts,
            history=history,
            receipts=receipts,
            kept_receipts=KeptReceipts(receipts, time),
            events=events,
            frames=frames,
            access=Access(AccessFile(state_dir), self._workshop, time),
            snapshots=snapshots,
            live=self._live,
            assets=Assets(),
            pictures=Pictures(self._workshop),
            workshop=self._workshop,
            costly=Limiter(each=COSTLY_OF_ONE, together=COSTLY_OF_ALL, time=time),
            now=now,
        )
        hosts = Hosts(settings.names, settings.public_url)
        self._guard = Guard(hosts, Limiter(each=ASKS_OF_ONE, together=ASKS_OF_ALL, time=time))
        self._door: Door | None = None
        self.url = ""
        """Where it is, once it listens."""

    @property
    def listeners(self) -> int:
        """How many pages are told live what happens."""
        return self._live.count

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return self._door.count if self._door else 0

    async def run(self) -> None:
        """Serve for ever; StationError if the port is taken or the certificate cannot be used."""
        settings = self._settings
        give_back_large_pieces()
        certificate = None
        if settings.certificate is not None and settings.key is not None:
            certificate = Certificate(settings.certificate, settings.key)
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=GOODBYE_S)
        with listen(settings.host, settings.port) as listening:
            await runner.setup()
            assert runner.server is not None
            self._door = Door(listening, runner.server, tls=certificate.context if certificate else None)
            self.url = _url(listening.getsockname(), tls=certificate is not None)
            self._tell(certificate)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._door.run(), name="web-door")
                    tasks.create_task(self._live.run(), name="web-live")
                    if certificate is not None:
                        tasks.create_task(_refreshed(certificate), name="web-certificate")
            finally:
                self.url = ""
                self._live.end()
                await runner.cleanup()
                self._workshop.close()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[_counted, self._guard.__call__], client_max_size=MOST_BYTES)
        app.on_response_prepare.append(harden)
        for route in ROUTES:
            app.router.add_route(route.method, route.pattern, handler_of(route, self._site))
        return app

    def _tell(self, certificate: Certificate | None) -> None:
        log.info("web_started", url=self.url, password_set=self._site.access.has_password)
        if certificate is None and not is_loopback(self._settings.host):
            remedy = "set web.certificate and web.key, or let a server with TLS stand before it"
            log.warning("web_without_tls", host=self._settings.host, remedy=remedy)


@web.middleware
async def _counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the connection know that it is at work."""
    conversation = request.protocol
    assert isinstance(conversation, Conversation)
    conversation.began()
    try:
        return await handler(request)
    finally:
        conversation.ended()


async def _refreshed(certificate: Certificate) -> None:
    while True:
        await asyncio.sleep(REFRESH_S)
        certificate.refresh()


def _url(where: tuple[str, int], *, tls: bool) -> str:
    host, port = where[:2]
    address = parse(host)
    if address is not None and address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
