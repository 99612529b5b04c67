"""Block G: StatusNotification."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from ocpp.v201 import call
from ocpp.v201.datatypes import EVSEType, StatusInfoType
from ocpp.v201.enums import ConnectorStatusEnumType

from station.core.device_model import CONNECTOR_ID
from station.core.session import connector_status, waking
from station.evse import Evse
from station.ocpp.model_words import because
from station.ocpp.rpc_errors import CallRefused, CallTimeout, NotPermitted, Offline
from station.ocpp.session import RpcSession
from station.ocpp.triggering import Work
from station.ocpp.words import timestamp

LOOK_AGAIN_S = 10.0
"""When to try again what could not be told; a status that nobody answers has taken its time by then."""

log = structlog.get_logger("station.availability")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A status, and since when it is so; None if it was so when somebody began to look."""

    status: ConnectorStatusEnumType
    since_s: float | None
    """The loop's time."""
    since: datetime | None


class Availability:
    """Keeps the CSMS's view of each connector equal to ours. Statuses are not queued: only the latest counts."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        session: RpcSession,
        *,
        news: asyncio.Event,
        now: Callable[[], datetime],
        minimum_duration_s: Callable[[], float],
    ) -> None:
        """`news` is set when a status changed or is to be looked at again.

        `minimum_duration_s`: OCPPCommCtrlr.MinimumStatusDuration, how long a change has to last before it is told.
        """
        self._evses = evses
        self._session = session
        self._news = news
        self._now = now
        self._minimum_duration_s = minimum_duration_s
        self._told: dict[int, ConnectorStatusEnumType] = {}
        self._seen: dict[int, _Seen] = {}
        self._looked = asyncio.Event()
        """Set when every status was looked at, and told if that was possible."""

    def forget(self) -> None:
        """Tell every status again (B01.FR.05 after boot, B04.FR.01 after a long time offline)."""
        self._told.clear()
        self._news.set()

    async def run(self) -> None:
        """Tell changes for ever; to be run while connected and accepted."""
        self._seen.clear()  # what changed while nobody could be told is told at once (B04.FR.02)
        while True:
            self._news.clear()
            waits_s = [await self._tell(evse) for evse in self._evses.values()]
            self._looked.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min((wait for wait in waits_s if wait is not None), default=None)):
                    await self._news.wait()

    async def wait_told(self) -> None:
        """Return when the CSMS has confirmed the status of every connector, as far as it is known here."""
        while not all(self._is_told(evse) for evse in self._evses.values()):
            self._looked.clear()
            await self._looked.wait()

    def triggered(self, named: EVSEType | None) -> Work | StatusInfoType:
        """F06.FR.12: a status is that of a connector; one that nobody knows yet cannot be told."""
        if named is None or not named.connector_id:
            return because("MissingParam", "name the EVSE and the connector")
        evse = self._evses.get(named.id)
        if evse is None:
            return because("UnknownEvse", f"there is no EVSE {named.id}")
        if named.connector_id != CONNECTOR_ID:
            return because("UnknownConnectorId", f"EVSE {named.id} has no connector {named.connector_id}")
        if waking(evse.session):
            return because("Unspecified", f"EVSE {named.id} is starting")
        return lambda: self._tell_now(evse)

    async def _tell_now(self, evse: Evse) -> None:
        """Tell the status as it is, however short it has been so."""
        await self._notify(evse, connector_status(evse.session), self._now())

    async def _tell(self, evse: Evse) -> float | None:
        """Tell a status that the CSMS does not know; return after how many seconds to look again, None for never."""
        self._look()
        if waking(evse.session):
            return LOOK_AGAIN_S
        if self._is_told(evse):
            return None
        seen = self._seen[evse.evse_id]
        if wait_s := self._unstable_s(evse, seen):
            return wait_s
        changed = seen.since if evse.evse_id in self._told else None
        try:
            await self._notify(evse, seen.status, changed or self._now())
        except (CallTimeout, Offline, NotPermitted) as error:
            log.warning("status_not_delivered", evse=evse.evse_id, status=seen.status.value, error=str(error))
            return LOOK_AGAIN_S
        except CallRefused as error:
            # It was heard, and would not be liked better for being said again.
            log.warning("status_refused", evse=evse.evse_id, status=seen.status.value, error=str(error))
            self._told[evse.evse_id] = seen.status
        return None

    def _look(self) -> None:
        """Note of every EVSE since when it is what it is: telling of another one may take long."""
        for evse_id, evse in self._evses.items():
            status, seen = connector_status(evse.session), self._seen.get(evse_id)
            if seen is None:
                self._seen[evse_id] = _Seen(status, None, None)
            elif seen.status is not status:
                self._seen[evse_id] = _Seen(status, asyncio.get_running_loop().time(), self._now())

    def _unstable_s(self, evse: Evse, seen: _Seen) -> float:
        """Return for how long a change has to last yet; what the CSMS knows nothing about is told at once."""
        if seen.since_s is None or evse.evse_id not in self._told:
            return 0.0
        lasted_s = asyncio.get_running_loop().time() - seen.since_s
        return max(self._minimum_duration_s() - lasted_s, 0.0)

    def _is_told(self, evse: Evse) -> bool:
        return waking(evse.session) or self._told.get(evse.evse_id) is connector_status(evse.session)

    async def _notify(self, evse: Evse, status: ConnectorStatusEnumType, at: datetime) -> None:
        await self._session.call(
            call.StatusNotification(
                timestamp=timestamp(at),
                connector_status=status,
                evse_id=evse.evse_id,
                connector_id=CONNECTOR_ID,
            )
        )
        self._told[evse.evse_id] = status
        log.info("connector_status_told", evse=evse.evse_id, status=status.value)
