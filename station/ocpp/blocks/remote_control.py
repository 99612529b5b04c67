"""Block F, so far: RequestStartTransaction and RequestStopTransaction."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import StatusInfoType
from ocpp.v201.enums import RequestStartStopStatusEnumType

from station.core.events import Authorized, StopCause, StopRequested
from station.core.session import Session, refusal
from station.core.tokens import IdToken, TokenInfo
from station.evse import Evse
from station.ocpp import words
from station.ocpp.router import Reply, on
from station.ocpp.spawn import Spawn

StartAnswer = call_result.RequestStartTransaction
Status = RequestStartStopStatusEnumType

log = structlog.get_logger("station.remote_control")


class RemoteControl:
    """Starts and stops at the wish of the CSMS. The answer goes first, then the start is authorized (F01, F02)."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        *,
        authorize: Callable[[IdToken], Awaitable[TokenInfo | None]],
        must_authorize: Callable[[], bool],
        accepted: Callable[[], bool],
        spawn: Spawn,
    ) -> None:
        self._evses = evses
        self._authorize = authorize
        self._must_authorize = must_authorize
        self._accepted = accepted
        self._spawn = spawn

    @on("RequestStartTransaction")
    async def request_start(self, request: call.RequestStartTransaction) -> Reply | StartAnswer:
        """Accept if the EVSE could begin now; whether the token may charge is found out after the answer."""
        evse, why = self._choose(request.evse_id)
        if evse is None:
            log.info("remote_start_rejected", evse=request.evse_id, reason=why)
            return StartAnswer(
                status=Status.rejected, status_info=StatusInfoType(reason_code="Rejected", additional_info=why[:512])
            )
        log.info("remote_start_accepted", evse=evse.evse_id, remote_start_id=request.remote_start_id)
        transaction = evse.session.transaction
        token = words.token_of(request.id_token)
        return Reply(
            StartAnswer(
                status=Status.accepted,
                # F01.FR.13: a transaction that runs without authorization is named.
                transaction_id=transaction.id if transaction and transaction.started else None,
            ),
            then=lambda: self._spawn("remote-start", self._start(evse, token, request.remote_start_id)),
        )

    @on("RequestStopTransaction")
    async def request_stop(self, request: call.RequestStopTransaction) -> call_result.RequestStopTransaction:
        """F03: end the transaction that is named."""
        evse = self._running(request.transaction_id)
        if evse is None or not self._accepted():
            return call_result.RequestStopTransaction(
                status=Status.rejected, status_info=StatusInfoType(reason_code="TxNotFound")
            )
        evse.post(StopRequested(StopCause.REMOTE, request.transaction_id))
        return call_result.RequestStopTransaction(status=Status.accepted)

    def _choose(self, evse_id: int | None) -> tuple[Evse | None, str]:
        if not self._accepted():
            return None, "the station is not registered yet"  # B02.FR.05
        if evse_id is not None:
            evse = self._evses.get(evse_id)
            if evse is None:
                return None, f"there is no EVSE {evse_id}"
            why = refusal(evse.session)
            return (None, f"EVSE {evse_id}: {why}") if why else (evse, "")
        free = [evse for evse in self._evses.values() if refusal(evse.session) is None]
        plugged = [evse for evse in free if evse.session.plugged]
        for candidates in (plugged, free):
            if len(candidates) == 1:
                return candidates[0], ""
        return None, "name an EVSE: several could be meant" if free else "no EVSE is free"

    async def _start(self, evse: Evse, token: IdToken, remote_start_id: int) -> None:
        info: TokenInfo | None = None
        if self._must_authorize():
            info = await self._authorize(token)
            if info is None or not info.accepted:
                log.info("remote_start_not_authorized", evse=evse.evse_id)
                return
        evse.post(Authorized(token, group=info.group if info else None, remote_start_id=remote_start_id))

    def _running(self, transaction_id: str) -> Evse | None:
        def runs(session: Session) -> bool:
            return session.transaction is not None and session.transaction.id == transaction_id

        return next((evse for evse in self._evses.values() if runs(evse.session)), None)
