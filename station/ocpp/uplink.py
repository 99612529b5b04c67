"""The conversation with the CSMS: what is said when the connection comes, while it lasts, and when it goes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from station.ocpp.blocks.availability import Availability
from station.ocpp.blocks.security import Security
from station.ocpp.link import Link
from station.ocpp.outbox import OutboxSender
from station.ocpp.registration import Registration
from station.ocpp.session import Connection, RpcSession

log = structlog.get_logger("station.uplink")


class Uplink:
    """Registers, then lets queue, statuses and routines flow for as long as each connection lasts."""

    def __init__(
        self,
        link: Link,
        session: RpcSession,
        *,
        registration: Registration,
        outbox: OutboxSender,
        availability: Availability,
        security: Security,
        routines: Mapping[str, Callable[[], Awaitable[None]]],
        offline_threshold_s: Callable[[], float],
    ) -> None:
        """`routines`: by name, what else runs for as long as the CSMS accepts this station."""
        self._link = link
        self._session = session
        self._registration = registration
        self._outbox = outbox
        self._availability = availability
        self._security = security
        self._routines = routines
        self._offline_threshold_s = offline_threshold_s
        self._lost_at: float | None = None

    @property
    def online(self) -> bool:
        """Messages can be delivered now: connected, and accepted by the CSMS."""
        return self._session.connected and self._registration.accepted

    async def run(self) -> None:
        """Keep talking to the CSMS for ever."""
        self._outbox.went_offline()
        await self._link.run(self._serve)

    async def wait_told(self) -> None:
        """Return when nothing is queued, and the CSMS has confirmed every status if it is there to do so."""
        await self._outbox.wait_empty()
        if self.online:
            await self._availability.wait_told()

    async def _serve(self, connection: Connection) -> None:
        self._security.connected()
        try:
            async with asyncio.TaskGroup() as tasks:
                talk = tasks.create_task(self._talk(), name="uplink-talk")
                await self._session.serve(connection)
                talk.cancel()
        finally:
            self._lost_at = asyncio.get_running_loop().time()
            self._outbox.went_offline()

    async def _talk(self) -> None:
        new_here = await self._registration.on_connected()
        if new_here or self._was_away_long():
            self._availability.forget()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._outbox.run(lambda: self.online), name="outbox")
            tasks.create_task(self._availability.run(), name="availability")
            for name, run in self._routines.items():
                tasks.create_task(_run(run), name=name)

    def _was_away_long(self) -> bool:
        """B04.FR.01: after more than OfflineThreshold the status of all connectors is told again."""
        away_s = asyncio.get_running_loop().time() - (self._lost_at or 0.0)
        return away_s > self._offline_threshold_s()


async def _run(routine: Callable[[], Awaitable[None]]) -> None:
    await routine()
