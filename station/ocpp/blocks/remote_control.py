"""Block F, so far: RequestStartTransaction and RequestStopTransaction."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import StatusInfoType
from ocpp.v201.enums import RequestStartStopStatusEnumType

from station.core.events import Authorized, StopCause, StopRequested
from station.core.presented import only_one_meant
from station.core.session import Session, refusal
from station.core.tokens import NEVER_CHECKED, IdToken, Source, TokenInfo
from station.evse import Evse
from station.ocpp import words
from station.ocpp.router import Reply, on
from station.ocpp.spawn import Spawn

StartAnswer = call_result.RequestStartTransaction
StopAnswer = call_result.RequestStopTransaction
Status = RequestStartStopStatusEnumType

NOT_REGISTERED = ("CSNotAccepted", "the CSMS has not accepted this station")
"""B02.FR.05."""

log = structlog.get_logger("station.remote_control")


class RemoteControl:
    """Starts and stops at the wish of the CSMS. The answer goes first, then the start is authorized (F01, F02)."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        *,
        admit: Callable[[IdToken, int], Awaitable[TokenInfo | None]],
        must_authorize: Callable[[], bool],
        accepted: Callable[[], bool],
        spawn: Spawn,
    ) -> None:
        """`admit` returns what is known about a token that may charge at an EVSE, or None."""
        self._evses = evses
        self._admit = admit
        self._must_authorize = must_authorize
        self._accepted = accepted
        self._spawn = spawn

    @on("RequestStartTransaction")
    async def request_start(self, request: call.RequestStartTransaction) -> Reply | StartAnswer:
        """Accept if the EVSE could begin now; whether the token may charge is found out after the answer."""
        evse = self._choose(request.evse_id)
        if isinstance(evse, StatusInfoType):
            log.info("remote_start_rejected", evse=request.evse_id, reason=evse.additional_info)
            return StartAnswer(status=Status.rejected, status_info=evse)
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
    async def request_stop(self, request: call.RequestStopTransaction) -> StopAnswer:
        """F03: end the transaction that is named."""
        if not self._accepted():
            return StopAnswer(status=Status.rejected, status_info=_because(*NOT_REGISTERED))
        evse = self._running(request.transaction_id)
        if evse is None:
            return StopAnswer(status=Status.rejected, status_info=_because("TxNotFound", "no such transaction runs"))
        evse.post(StopRequested(StopCause.REMOTE, request.transaction_id))
        return StopAnswer(status=Status.accepted)

    def _choose(self, evse_id: int | None) -> Evse | StatusInfoType:
        """Return the EVSE that is meant and could begin, or why there is none."""
        if not self._accepted():
            return _because(*NOT_REGISTERED)
        if evse_id is None:
            return self._choose_any()
        evse = self._evses.get(evse_id)
        if evse is None:
            return _because("UnknownEvse", f"there is no EVSE {evse_id}")
        why = refusal(evse.session)
        if why is None:
            return evse
        return _because("TxInProgress" if evse.session.transaction else "Unspecified", f"EVSE {evse_id}: {why}")

    def _choose_any(self) -> Evse | StatusInfoType:
        """F01.FR.20: the only EVSE that could begin, where a cable is plugged in if there are several."""
        free = [evse.session for evse in self._evses.values() if refusal(evse.session) is None]
        if meant := only_one_meant(free):
            return self._evses[meant.evse_id]
        if free:
            return _because("MissingParam", "name an EVSE: several could be meant")
        return _because("Unspecified", "no EVSE is free")

    async def _start(self, evse: Evse, token: IdToken, remote_start_id: int) -> None:
        info: TokenInfo | None = None
        if self._must_authorize() and token.type not in NEVER_CHECKED:
            info = await self._admit(token, evse.evse_id)
            if info is None:
                return
        group, source = (info.group, info.source) if info else (None, Source.NOBODY)
        evse.post(Authorized(token, group=group, remote_start_id=remote_start_id, source=source))

    def _running(self, transaction_id: str) -> Evse | None:
        def runs(session: Session) -> bool:
            return session.transaction is not None and session.transaction.id == transaction_id

        return next((evse for evse in self._evses.values() if runs(evse.session)), None)


def _because(reason_code: str, text: str) -> StatusInfoType:
    return StatusInfoType(reason_code=reason_code, additional_info=text)
