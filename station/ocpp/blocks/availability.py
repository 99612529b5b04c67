"""Block G: StatusNotification."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from ocpp.v201 import call
from ocpp.v201.datatypes import EVSEType
from ocpp.v201.enums import ConnectorStatusEnumType

from station.core.device_model import CONNECTOR_ID
from station.core.session import connector_status, waking
from station.evse import Evse
from station.ocpp.rpc_errors import CallRefused, CallTimeout, NotPermitted, Offline
from station.ocpp.session import RpcSession
from station.ocpp.triggering import Work, meant
from station.ocpp.words import timestamp

LOOK_AGAIN_S = 10.0
"""When to try again what could not be told; a status that nobody answers has taken its time by then."""

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
        self._looked = asyncio.Event()
        """Set when every status was looked at, and told if that was possible."""

    def forget(self) -> None:
        """Tell every status again (B01.FR.05 after boot, B04.FR.01 after a long time offline)."""
        self._told.clear()
        self._news.set()

    async def run(self) -> None:
        """Tell changes for ever; to be run while connected and accepted."""
        while True:
            self._news.clear()
            told = [await self._tell(evse) for evse in self._evses.values()]
            self._looked.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if all(told) else LOOK_AGAIN_S):
                    await self._news.wait()

    async def wait_told(self) -> None:
        """Return when the CSMS has confirmed the status of every connector, as far as it is known here."""
        while not all(self._is_told(evse) for evse in self._evses.values()):
            self._looked.clear()
            await self._looked.wait()

    def triggered(self, named: EVSEType | None) -> Work | None:
        """F06.FR.12: a status is that of a connector; one that nobody knows yet cannot be told."""
        if named is None or named.connector_id != CONNECTOR_ID:
            return None
        for evse in meant(self._evses, named):
            if not waking(evse.session):
                return lambda: self._notify(evse.evse_id, connector_status(evse.session))
        return None

    async def _tell(self, evse: Evse) -> bool:
        """Tell a status that the CSMS does not know; return whether it knows it then."""
        if waking(evse.session):
            return False
        if self._is_told(evse):
            return True
        status = connector_status(evse.session)
        try:
            await self._notify(evse.evse_id, status)
        except (CallTimeout, Offline, NotPermitted) as error:
            log.warning("status_not_delivered", evse=evse.evse_id, status=status.value, error=str(error))
            return False
        except CallRefused as error:
            # It was heard, and would not be liked better for being said again.
            log.warning("status_refused", evse=evse.evse_id, status=status.value, error=str(error))
        else:
            log.info("connector_status_told", evse=evse.evse_id, status=status.value)
        self._told[evse.evse_id] = status
        return True

    def _is_told(self, evse: Evse) -> bool:
        return waking(evse.session) or self._told.get(evse.evse_id) is connector_status(evse.session)

    async def _notify(self, evse_id: int, status: ConnectorStatusEnumType) -> None:
        await self._session.call(
            call.StatusNotification(
                timestamp=timestamp(self._now()),
                connector_status=status,
                evse_id=evse_id,
                connector_id=CONNECTOR_ID,
            )
        )
