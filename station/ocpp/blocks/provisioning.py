"""Block B, so far: Heartbeat and Reset."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import StatusInfoType
from ocpp.v201.enums import BootReasonEnumType, ResetEnumType, ResetStatusEnumType

from station.core.events import Blocked, StopCause, StopRequested
from station.core.session import idle
from station.evse import Evse
from station.ocpp.router import Reply, on
from station.ocpp.session import RpcError, RpcSession
from station.ocpp.spawn import Spawn
from station.ocpp.words import current_time

END_TIMEOUT_S = 60.0
"""How long an immediate reset waits for signed ends; what is missing then is closed after the restart."""
TELL_TIMEOUT_S = 30.0
"""How long a reset waits until the CSMS has been told what ended; what is queued then is told after the restart."""

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
        all_told: Callable[[], Awaitable[None]],
        restart: Callable[[BootReasonEnumType], None],
        spawn: Spawn,
    ) -> None:
        """`all_told` waits until nothing is queued for the CSMS any more."""
        self._evses = evses
        self._session = session
        self._heartbeat_interval_s = heartbeat_interval_s
        self._set_time = set_time
        self._all_told = all_told
        self._restart = restart
        self._spawn = spawn

    async def beat(self) -> None:
        """Send Heartbeats for ever (G02); to be run while connected and accepted."""
        while True:
            await asyncio.sleep(self._heartbeat_interval_s())
            try:
                answer = await self._session.call(call.Heartbeat())
            except RpcError as error:
                log.warning("heartbeat_failed", error=str(error))
            else:
                if time := current_time(answer.current_time):
                    self._set_time(time)

    @on("Reset")
    async def reset(self, request: call.Reset) -> Reply | call_result.Reset:
        """B11, B12: at once after ending what runs, or when nothing runs any more; the answer goes first."""
        if request.evse_id is not None:
            # B11.FR.09: the EVSEs of this station cannot be reset one by one.
            return call_result.Reset(
                status=ResetStatusEnumType.rejected, status_info=StatusInfoType(reason_code="UnsupportedParam")
            )
        immediate = request.type is ResetEnumType.immediate
        busy = [evse.evse_id for evse in self._evses.values() if not idle(evse.session)]
        log.info("reset_requested", type=request.type.value, busy=busy)
        status, reason = ResetStatusEnumType.accepted, BootReasonEnumType.remote_reset
        if busy and not immediate:
            status, reason = ResetStatusEnumType.scheduled, BootReasonEnumType.scheduled_reset
        reset = self._reset_now if immediate else self._reset_when_idle
        return Reply(call_result.Reset(status=status), then=lambda: self._spawn("reset", reset(reason)))

    async def _reset_now(self, reason: BootReasonEnumType) -> None:
        """B12.FR.04: what runs is ended and signed first."""
        for evse in self._evses.values():
            evse.post(Blocked(on=True))
            evse.post(StopRequested(StopCause.RESET))
        try:
            async with asyncio.timeout(END_TIMEOUT_S):
                await self._wait_idle()
        except TimeoutError:
            log.warning("reset_did_not_wait_longer", seconds=END_TIMEOUT_S)
        await self._leave(reason)

    async def _reset_when_idle(self, reason: BootReasonEnumType) -> None:
        """B12.FR.03: free EVSEs take no new driver meanwhile."""
        for evse in self._evses.values():
            evse.post(Blocked(on=True))
        await self._wait_idle()
        await self._leave(reason)

    async def _wait_idle(self) -> None:
        for evse in self._evses.values():
            await evse.wait_idle()

    async def _leave(self, reason: BootReasonEnumType) -> None:
        """Restart once the CSMS was told what ended, or does not listen (B12.FR.04, B12.FR.05)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TELL_TIMEOUT_S):
                await self._all_told()
        self._restart(reason)
