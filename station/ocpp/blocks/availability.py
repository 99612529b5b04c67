"""Block G, so far: StatusNotification."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from ocpp.v201 import call
from ocpp.v201.enums import ConnectorStatusEnumType

from station.core.session import connector_status, waking
from station.evse import Evse
from station.ocpp.session import CallRefused, CallTimeout, NotPermitted, Offline, ResponseInvalid, RpcSession
from station.ocpp.words import timestamp

CONNECTOR = 1

log = structlog.get_logger("station.availability")


class Availability:
    """Keeps the CSMS's view of each connector equal to ours. Statuses are not queued: only the latest counts."""

    def __init__(
        self, evses: Mapping[int, Evse], session: RpcSession, *, news: asyncio.Event, now: Callable[[], datetime]
    ) -> None:
        self._evses = evses
        self._session = session
        self._news = news
        self._now = now
        self._told: dict[int, ConnectorStatusEnumType] = {}

    def forget(self) -> None:
        """Tell every status again (B01.FR.05 after boot, B04.FR.01 after a long time offline)."""
        self._told.clear()
        self._news.set()

    async def run(self) -> None:
        """Tell changes for ever; to be run while connected and accepted."""
        while True:
            self._news.clear()
            for evse_id, evse in self._evses.items():
                status = connector_status(evse.session)
                if waking(evse.session):
                    continue
                if self._told.get(evse_id) is not status:
                    await self._tell(evse_id, status)
            await self._news.wait()

    async def _tell(self, evse_id: int, status: ConnectorStatusEnumType) -> None:
        try:
            await self._session.call(
                call.StatusNotification(
                    timestamp=timestamp(self._now()),
                    connector_status=status,
                    evse_id=evse_id,
                    connector_id=CONNECTOR,
                )
            )
        except (CallTimeout, CallRefused, ResponseInvalid) as error:
            log.warning("status_not_taken", evse=evse_id, status=status.value, error=str(error))
        except (Offline, NotPermitted):
            return
        self._told[evse_id] = status
        log.info("connector_status_told", evse=evse_id, status=status.value)
