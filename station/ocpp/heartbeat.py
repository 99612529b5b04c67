"""Heartbeat: the CSMS hears from the station often enough, and the station hears the time (G02)."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime

import structlog
from ocpp.v201 import call
from ocpp.v201.datatypes import EVSEType

from station.ocpp.rpc_errors import RpcError
from station.ocpp.session import RpcSession
from station.ocpp.triggering import Work
from station.ocpp.words import current_time

LONGEST_S = 24 * 3600.0
"""G02.FR.07: the clock drifts, however much else is said."""

log = structlog.get_logger("station.heartbeat")


class Heartbeat:
    """Keeps the connection and the clock alive."""

    def __init__(
        self, session: RpcSession, *, interval_s: Callable[[], float], set_time: Callable[[datetime], None]
    ) -> None:
        """`interval_s` is asked whenever the next one is timed; `set_time` takes the CSMS's time."""
        self._session = session
        self._interval_s = interval_s
        self._set_time = set_time
        self._spoke_at = self._beat_at = 0.0
        self._retimed = asyncio.Event()

    def retime(self) -> None:
        """The interval is another one now; it counts for the wait that is running too."""
        self._retimed.set()

    def spoken(self) -> None:
        """A request goes to the CSMS, which shows it that the station lives (G02.FR.05)."""
        self._spoke_at = asyncio.get_running_loop().time()

    def triggered(self, _evse: EVSEType | None) -> Work:
        """Return what TriggerMessage asks for."""
        return self.beat

    async def run(self) -> None:
        """Beat for ever; to be run while connected and accepted."""
        self._spoke_at = self._beat_at = asyncio.get_running_loop().time()
        while True:
            await self._wait()
            await self.beat()

    async def beat(self) -> None:
        """Send one Heartbeat; whatever comes of it, the next one follows."""
        self._spoke_at = self._beat_at = asyncio.get_running_loop().time()
        try:
            answer = await self._session.call(call.Heartbeat())
        except RpcError as error:
            log.warning("heartbeat_failed", error=str(error))
        else:
            if time := current_time(answer.current_time):
                self._set_time(time)

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        while (due_at := min(self._spoke_at + self._interval_s(), self._beat_at + LONGEST_S)) > loop.time():
            self._retimed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due_at):
                    await self._retimed.wait()
