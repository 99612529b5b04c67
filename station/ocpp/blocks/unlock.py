"""Block F: UnlockConnector."""

import asyncio
from collections.abc import Container, Mapping

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import StatusInfoType
from ocpp.v201.enums import UnlockStatusEnumType

from station.core.device_model import CONNECTOR_ID
from station.core.session import Metering, Session
from station.evse import Evse
from station.ocpp.model_words import because
from station.ocpp.router import on

Answer = call_result.UnlockConnector
Status = UnlockStatusEnumType

LONGEST_S = 20.0
"""The CSMS waits for the answer, many of them no longer than half a minute."""
AT_THE_METER = (Metering.STARTING, Metering.STOPPING)

log = structlog.get_logger("station.unlock")


class Unlock:
    """Lets a plug go that is stuck, at the wish of the CSMS; never one that somebody charges with (F05)."""

    def __init__(self, evses: Mapping[int, Evse], *, fixed_cables: Container[int]) -> None:
        """`fixed_cables`: the ids of the EVSEs whose cable cannot be taken out."""
        self._evses = evses
        self._fixed_cables = fixed_cables

    @on("UnlockConnector")
    async def unlock(self, request: call.UnlockConnector) -> Answer:
        """Try it whether or not a cable is there (F05.FR.06), and tell how it went."""
        evse = self._evses.get(request.evse_id)
        if evse is None:
            text = f"there is no EVSE {request.evse_id}"
            return Answer(status=Status.unknown_connector, status_info=because("UnknownEvse", text))
        if request.connector_id != CONNECTOR_ID:
            text = f"EVSE {request.evse_id} has no connector {request.connector_id}"
            return Answer(status=Status.unknown_connector, status_info=because("UnknownConnectorId", text))
        status, why = await self._try(evse)
        log.info("unlock_requested", evse=evse.evse_id, status=status.value)
        return Answer(status=status, status_info=why)

    async def _try(self, evse: Evse) -> tuple[Status, StatusInfoType | None]:
        if evse.evse_id in self._fixed_cables:
            return Status.unlock_failed, because("FixedCable", "the cable of this EVSE is fixed")
        if charges(evse.session):
            return Status.ongoing_authorized_transaction, because("TxInProgress", "somebody charges here")
        try:
            async with asyncio.timeout(LONGEST_S):
                unlocked = await evse.unlock()
        except TimeoutError:
            return Status.unlock_failed, because("InternalError", f"no success within {LONGEST_S:g} s")
        return (Status.unlocked if unlocked else Status.unlock_failed), None


def charges(session: Session) -> bool:
    """F05.FR.02: an authorized transaction, or one whose contactor may still be closed."""
    at_work = session.metering in AT_THE_METER or session.offered_amps > 0
    return session.transaction is not None and (session.authorization is not None or at_work)
