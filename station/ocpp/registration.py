"""Whether the CSMS has accepted this station: BootNotification and what may be said before (B01-B03)."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog
from ocpp.exceptions import SecurityError
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import ChargingStationType
from ocpp.v201.enums import BootReasonEnumType, RegistrationStatusEnumType

from station.ocpp.session import NotPermitted, RpcError, RpcSession
from station.ocpp.words import current_time

OWN_RETRY_S = 60.0
"""Used when the CSMS names no interval or does not answer (B02.FR.07)."""

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
        self._reason = reason
        self._set_time = set_time
        self._on_accepted = on_accepted
        self.status: RegistrationStatusEnumType | None = None
        """What the CSMS said last; None if it never answered."""
        self._not_before = 0.0
        """The loop's time until which the CSMS wants to be left alone, over whatever connection (B02.FR.04)."""

    @property
    def accepted(self) -> bool:
        return self.status is RegistrationStatusEnumType.accepted

    @property
    def refused_for_now(self) -> bool:
        """The CSMS answered, but not with Accepted: no charging is begun meanwhile (B02.FR.03, B03.FR.01)."""
        return self.status is not None and not self.accepted

    def permit_outgoing(self, action: str) -> None:
        """Raise NotPermitted for whatever may not be sent yet (B01.FR.08)."""
        if not self.accepted and action != "BootNotification":
            raise NotPermitted(f"{action} has to wait until the CSMS accepts this station")

    def refuse_incoming(self, action: str) -> None:
        """Raise SecurityError while the CSMS rejects this station (B03.FR.08)."""
        if self.status is RegistrationStatusEnumType.rejected:
            raise SecurityError(f"{action} refused: this station is not registered")  # type: ignore[no-untyped-call]

    async def on_connected(self) -> None:
        """Announce the station over the connection that is open; returns when it is accepted."""
        while not self.accepted:
            await asyncio.sleep(self._not_before - asyncio.get_running_loop().time())
            await self._announce()

    async def _announce(self) -> None:
        try:
            answer = await self._session.call(
                call.BootNotification(charging_station=self._station, reason=self._reason)
            )
        except RpcError as error:
            log.warning("boot_notification_failed", error=str(error), retry_s=OWN_RETRY_S)
            # No longer than the connection lasts: the next one begins with it again.
            await asyncio.sleep(OWN_RETRY_S)
        else:
            self._take(answer)

    def _take(self, answer: call_result.BootNotification) -> None:
        self.status = RegistrationStatusEnumType(answer.status)
        log.info("registration_answered", status=self.status.value, interval_s=answer.interval)
        if time := current_time(answer.current_time):
            self._set_time(time)
        if self.accepted:
            self._on_accepted(answer.interval)
        else:
            wait_s = answer.interval if answer.interval > 0 else OWN_RETRY_S
            self._not_before = asyncio.get_running_loop().time() + wait_s
