"""Block F: TriggerMessage."""

import asyncio
from collections.abc import Mapping

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import StatusInfoType
from ocpp.v201.enums import MessageTriggerEnumType, TriggerMessageStatusEnumType

from station.ocpp.router import Reply, on
from station.ocpp.rpc_errors import CallTimeout, NotPermitted, Offline, RpcError
from station.ocpp.spawn import Spawn
from station.ocpp.triggering import Source, Work

Answer = call_result.TriggerMessage
Status = TriggerMessageStatusEnumType

ATTEMPTS = 3
AGAIN_S = 10.0
"""When to try again what was accepted and could not be delivered; what is sent then is current then (F06.FR.09)."""

log = structlog.get_logger("station.trigger")


class Trigger:
    """Has messages sent that the CSMS asks for, after the answer (F06.FR.04); works before acceptance too."""

    def __init__(self, sources: Mapping[MessageTriggerEnumType, Source], *, spawn: Spawn) -> None:
        """What is not among the `sources` is NotImplemented (F06.FR.08)."""
        self._sources = sources
        self._spawn = spawn

    @on("TriggerMessage")
    async def trigger(self, request: call.TriggerMessage) -> Reply | Answer:
        wanted = MessageTriggerEnumType(request.requested_message)
        source = self._sources.get(wanted)
        if source is None:
            return Answer(status=Status.not_implemented)
        work = source(request.evse)
        why = work.additional_info if isinstance(work, StatusInfoType) else None
        log.info("message_triggered", message=wanted.value, accepted=callable(work), why=why)
        if work is None or isinstance(work, StatusInfoType):
            return Answer(status=Status.rejected, status_info=work)
        return Reply(Answer(status=Status.accepted), then=lambda: self._spawn("trigger", _send(wanted, work)))


async def _send(wanted: MessageTriggerEnumType, work: Work) -> None:
    """F06.FR.10: what was accepted is sent, unless the CSMS stays away; it may ask again then."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await work()
        except (CallTimeout, Offline, NotPermitted) as error:
            log.warning("triggered_message_undelivered", message=wanted.value, attempt=attempt, error=str(error))
            await asyncio.sleep(AGAIN_S)
        except RpcError as error:
            log.warning("triggered_message_failed", message=wanted.value, error=str(error))
            return
        else:
            return
