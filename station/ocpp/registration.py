"""Whether the CSMS has accepted this station: BootNotification and what may be said before (B01-B03)."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime

import structlog
from ocpp.exceptions import SecurityError
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import ChargingStationType, EVSEType
from ocpp.v201.enums import BootReasonEnumType, RegistrationStatusEnumType

from station.ocpp.rpc_errors import NotPermitted, RpcError
from station.ocpp.session import RpcSession
from station.ocpp.triggering import Work
from station.ocpp.words import current_time

OWN_RETRY_S = 60.0
"""Used when the CSMS names no interval or does not answer (B02.FR.07)."""

ASKING = frozenset({"TriggerMessage", "GetBaseReport", "GetReport"})
"""B02.FR.02: what these ask for may be sent before the CSMS accepts the station."""

log = structlog.get_logger("station.registration")


class Registration:
    """Announces the station after a start until it is accepted; a plain reconnect keeps that (Part 4 section 5.3)."""

    def __init__(
        self,
        session: RpcSession,
        *,
        station: ChargingStationType,
        reason: BootReasonEnumType,
        set_time: Callable[[datetime], None],
        on_accepted: Callable[[int], None],
    ) -> None:
        """`set_time` takes the CSMS's time out of every answer, `on_accepted` the heartbeat interval in seconds."""
        self._session = session
        self._station = station
        self._told: ChargingStationType | None = None
        """What the CSMS knew about the station when it accepted it."""
        self._reason = reason
        self._set_time = set_time
        self._on_accepted = on_accepted
        self.status: RegistrationStatusEnumType | None = None
        """What the CSMS said last; None if it never answered, or another one has to be asked."""
        self._not_before = 0.0
        """The loop's time until which the CSMS wants to be left alone, over whatever connection (B02.FR.04)."""
        self._triggered = asyncio.Event()
        # Of the request that is being handled; the tasks that are begun for it inherit it.
        self._asked: ContextVar[bool] = ContextVar("asked", default=False)

    @property
    def accepted(self) -> bool:
        return self.status is RegistrationStatusEnumType.accepted

    @property
    def refused_for_now(self) -> bool:
        """The CSMS answered, but not with Accepted: no charging is begun meanwhile (B02.FR.03, B03.FR.01)."""
        return self.status is not None and not self.accepted

    def permit_outgoing(self, action: str) -> None:
        """Raise NotPermitted for whatever may not be sent yet (B01.FR.08, B02.FR.02, B03.FR.02)."""
        asked = self._asked.get() and self.status is not RegistrationStatusEnumType.rejected
        if not (self.accepted or asked or action == "BootNotification"):
            raise NotPermitted(f"{action} has to wait until the CSMS accepts this station")

    def refuse_incoming(self, action: str) -> None:
        """Raise SecurityError while the CSMS rejects this station (B03.FR.08).

        Called by the task that will handle the request; what follows from an admitted one counts as asked for.
        """
        if self.status is RegistrationStatusEnumType.rejected:
            raise SecurityError(f"{action} refused: this station is not registered")  # type: ignore[no-untyped-call]
        self._asked.set(action in ASKING)

    def triggered(self, _evse: EVSEType | None) -> Work | None:
        """F06.FR.17: only who is not accepted yet announces itself when asked, before the interval is over."""
        return None if self.accepted else self._announce_now

    def announce_again(self) -> None:
        """Let the next connection begin with BootNotification: it may lead to another CSMS (B10.FR.10)."""
        self.status = None
        self._not_before = 0.0
        self._triggered.clear()  # it was the other one that asked

    def describe(self, station: ChargingStationType) -> None:
        """Say what the station is now, such as its modem; the next connection tells what the CSMS does not know."""
        self._station = station

    async def on_connected(self) -> bool:
        """Return when the station is accepted, and whether it had to announce itself for that."""
        if self.accepted and self._told == self._station:
            return False
        self.status = None if self.accepted else self.status
        wait_until = self._not_before
        while not self.accepted:
            reason = await self._turn(wait_until)
            wait_until = await self._announce(reason)
        return True

    async def _announce_now(self) -> None:
        self._triggered.set()

    async def _turn(self, wait_until: float) -> BootReasonEnumType:
        """Wait for the loop's time `wait_until` or for a trigger; return why the station announces itself."""
        try:
            async with asyncio.timeout_at(wait_until):
                await self._triggered.wait()
        except TimeoutError:
            return self._reason
        self._triggered.clear()
        return BootReasonEnumType.triggered

    async def _announce(self, reason: BootReasonEnumType) -> float:
        """Return the loop's time before which it shall not be repeated."""
        station = self._station
        try:
            answer = await self._session.call(call.BootNotification(charging_station=station, reason=reason))
        except RpcError as error:
            log.warning("boot_notification_failed", error=str(error), retry_s=OWN_RETRY_S)
            # No longer than the connection lasts: the next one begins with it again.
            return asyncio.get_running_loop().time() + OWN_RETRY_S
        self._take(answer, station)
        return self._not_before

    def _take(self, answer: call_result.BootNotification, told: ChargingStationType) -> None:
        self.status = RegistrationStatusEnumType(answer.status)
        log.info("registration_answered", status=self.status.value, interval_s=answer.interval)
        if time := current_time(answer.current_time):
            self._set_time(time)
        if self.accepted:
            self._told = told
            self._triggered.clear()  # F06.FR.10: what was asked for has just been said
            self._reason = BootReasonEnumType.unknown  # what comes later is not about this boot
            self._on_accepted(answer.interval)
        else:
            wait_s = answer.interval if answer.interval > 0 else OWN_RETRY_S
            self._not_before = asyncio.get_running_loop().time() + wait_s
