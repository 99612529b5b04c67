"""Block B, so far: Heartbeat and Reset."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import StatusInfoType
from ocpp.v201.enums import BootReasonEnumType, ResetEnumType, ResetStatusEnumType

from station.core.events import Blocked, StopCause, StopRequested
from station.core.session import idle
from station.evse import Evse
from station.ocpp.router import Reply, on
from station.ocpp.session import CallRefused, CallTimeout, NotPermitted, Offline, ResponseInvalid, RpcSession
from station.ocpp.spawn import Spawn
from station.ocpp.words import instant

END_TIMEOUT_S = 60.0
"""How long an immediate reset waits for signed ends; what is missing then is closed after the restart."""

log = structlog.get_logger("station.provisioning")


class Provisioning:
    """Keeps the connection and the clock alive, and restarts the station when asked to."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        session: RpcSession,
        *,
        heartbeat_interval_s: Callable[[], float],
        set_time: Callable[[datetime], None],
        restart: Callable[[BootReasonEnumType], None],
        spawn: Spawn,
    ) -> None:
        self._evses = evses
        self._session = session
        self._heartbeat_interval_s = heartbeat_interval_s
        self._set_time = set_time
        self._restart = restart
        self._spawn = spawn

    async def beat(self) -> None:
        """Send Heartbeats for ever (G02); to be run while connected and accepted."""
        while True:
            await asyncio.sleep(self._heartbeat_interval_s())
            try:
                answer = await self._session.call(call.Heartbeat())
            except (CallTimeout, CallRefused, ResponseInvalid, Offline, NotPermitted) as error:
                log.warning("heartbeat_failed", error=str(error))
            else:
                self._set_time(instant(answer.current_time))

    @on("Reset")
    async def reset(self, request: call.Reset) -> Reply | call_result.Reset:
        """B11, B12: at once after ending what runs, or when nothing runs any more; the answer goes first."""
        if request.evse_id is not None:
            # B11.FR.09: the EVSEs of this station cannot be reset one by one.
            return call_result.Reset(
                status=ResetStatusEnumType.rejected, status_info=StatusInfoType(reason_code="UnsupportedRequest")
            )
        busy = [evse for evse in self._evses.values() if not idle(evse.session)]
        immediate = request.type is ResetEnumType.immediate
        scheduled = bool(busy) and not immediate
        log.info("reset_requested", type=request.type.value, busy=len(busy))
        return Reply(
            call_result.Reset(status=ResetStatusEnumType.scheduled if scheduled else ResetStatusEnumType.accepted),
            then=lambda: self._spawn("reset", self._reset_now() if immediate else self._reset_when_idle()),
        )

    async def _reset_now(self) -> None:
        await self._end_everything(StopCause.RESET)
        self._restart(BootReasonEnumType.remote_reset)

    async def _reset_when_idle(self) -> None:
        """B12.FR.03: free EVSEs take no new driver meanwhile."""
        for evse in self._evses.values():
            evse.post(Blocked(on=True))
        for evse in self._evses.values():
            await evse.wait_idle()
        self._restart(BootReasonEnumType.scheduled_reset)

    async def _end_everything(self, cause: StopCause) -> None:
        for evse in self._evses.values():
            evse.post(Blocked(on=True))
            evse.post(StopRequested(cause))
        try:
            async with asyncio.timeout(END_TIMEOUT_S):
                for evse in self._evses.values():
                    await evse.wait_idle()
        except TimeoutError:
            log.warning("reset_did_not_wait_longer", seconds=END_TIMEOUT_S)
