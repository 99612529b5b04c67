"""Block F: RequestStartTransaction and RequestStopTransaction."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import StatusInfoType
from ocpp.v201.enums import RequestStartStopStatusEnumType

from station.core.events import Authorized, StopCause, StopRequested
from station.core.presented import only_one_meant, unused
from station.core.session import refusal
from station.core.tokens import NEVER_CHECKED, UNCHECKED, IdToken, TokenInfo
from station.evse import Evse, evse_of
from station.ocpp import words
from station.ocpp.model_words import because
from station.ocpp.router import Reply, on
from station.ocpp.spawn import Spawn

StartAnswer = call_result.RequestStartTransaction
StopAnswer = call_result.RequestStopTransaction
Status = RequestStartStopStatusEnumType

NOT_REGISTERED = because("CSNotAccepted", "the CSMS has not accepted this station")
"""B02.FR.05."""

log = structlog.get_logger("station.remote_control")


@dataclass(frozen=True, slots=True)
class _Start:
    """What the CSMS wants to begin."""

    evse: Evse
    token: IdToken
    group: IdToken | None
    """Of the token, as the CSMS says; who is asked about the token may know better."""
    id: int


class RemoteControl:
    """Starts and stops at the wish of the CSMS. The answer goes first, then the start is authorized (F01, F02)."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        *,
        admit: Callable[[IdToken, int], Awaitable[TokenInfo | None]],
        barred: Callable[[TokenInfo, int], str | None],
        must_authorize: Callable[[], bool],
        accepted: Callable[[], bool],
        spawn: Spawn,
    ) -> None:
        """`admit` returns what is known about a token that may charge at an EVSE, or None.

        `barred` says why one may not start there that nobody is asked about, or None.

        `must_authorize` is AuthorizeRemoteStart; `accepted`: the CSMS has accepted this station.
        """
        self._evses = evses
        self._admit = admit
        self._barred = barred
        self._must_authorize = must_authorize
        self._accepted = accepted
        self._spawn = spawn
        self._starting: set[int] = set()
        """EVSEs where a start was accepted and is being authorized: a second one would come to nothing."""

    @on("RequestStartTransaction")
    async def request_start(self, request: call.RequestStartTransaction) -> Reply | StartAnswer:
        """Accept if the EVSE could begin now; whether the token may charge is found out after the answer.

        A charging profile is ignored: there is no smart charging (F01.FR.12, F02.FR.20).
        """
        token = words.token_of(request.id_token)
        evse = self._choose(request.evse_id, token)
        if isinstance(evse, StatusInfoType):
            log.info("remote_start_rejected", evse=request.evse_id, reason=evse.additional_info)
            return StartAnswer(status=Status.rejected, status_info=evse)
        log.info(
            "remote_start_accepted",
            evse=evse.evse_id,
            remote_start_id=request.remote_start_id,
            profile_ignored=request.charging_profile is not None,
        )
        transaction = evse.session.transaction
        group = words.token_of(request.group_id_token) if request.group_id_token else None
        start = _Start(evse, token, group, request.remote_start_id)
        return Reply(
            StartAnswer(
                status=Status.accepted,
                # F01.FR.13: a transaction that runs without authorization is named.
                transaction_id=transaction.id if transaction and transaction.started else None,
            ),
            then=lambda: self._begin(start),
        )

    @on("RequestStopTransaction")
    async def request_stop(self, request: call.RequestStopTransaction) -> StopAnswer:
        """F03, F04: end the transaction that is named; that it ends already is no reason to refuse (F03.FR.07)."""
        if not self._accepted():
            return StopAnswer(status=Status.rejected, status_info=NOT_REGISTERED)
        evse = evse_of(self._evses, request.transaction_id)
        log.info("remote_stop_requested", transaction=request.transaction_id, runs=evse is not None)
        if evse is None:
            return StopAnswer(status=Status.rejected, status_info=because("TxNotFound", "no such transaction runs"))
        evse.post(StopRequested(StopCause.REMOTE, request.transaction_id))
        return StopAnswer(status=Status.accepted)

    def _choose(self, evse_id: int | None, token: IdToken) -> Evse | StatusInfoType:
        """Return the EVSE that is meant and could begin, or why there is none."""
        if not self._accepted():
            return NOT_REGISTERED
        if not token.value and token.type not in NEVER_CHECKED:
            return because("InvalidIdToken", f"an idToken of type {token.type} is not empty")
        if evse_id is None:
            return self._choose_any(token)
        evse = self._evses.get(evse_id)
        if evse is None:
            return because("UnknownEvse", f"there is no EVSE {evse_id}")
        why = self._refusal(evse)
        if why is None:
            return evse
        taken = evse.session.transaction or evse.session.authorization or evse_id in self._starting
        return because("TxInProgress" if taken else "Unspecified", f"EVSE {evse_id}: {why}")

    def _choose_any(self, token: IdToken) -> Evse | StatusInfoType:
        """F01.FR.20: the only EVSE that could begin, where a cable is plugged in if there are several."""
        free = [evse.session for evse in self._evses.values() if self._refusal(evse) is None]
        likely = unused(free, token) if len(self._evses) > 1 else free
        if meant := only_one_meant(likely):
            return self._evses[meant.evse_id]
        if free:
            return because("MissingParam", "name an EVSE: several could be meant")
        return because("Unspecified", "no EVSE is free")

    def _refusal(self, evse: Evse) -> str | None:
        """Return why an EVSE cannot begin now, or None (F01.FR.23, F01.FR.24, F02.FR.25, F02.FR.26)."""
        transaction = evse.session.transaction
        if why := refusal(evse.session):
            return why
        if transaction is not None and transaction.over is not None:
            return "its transaction was authorized before"
        return "another remote start is being authorized" if evse.evse_id in self._starting else None

    def _begin(self, start: _Start) -> None:
        self._starting.add(start.evse.evse_id)
        self._spawn("remote-start", self._start(start))

    async def _start(self, start: _Start) -> None:
        evse = start.evse
        try:
            info = await self._authorize(start)
            if info is None:
                log.info("remote_start_not_authorized", evse=evse.evse_id, remote_start_id=start.id)
                return
            evse.post(
                Authorized(start.token, group=info.group or start.group, remote_start_id=start.id, source=info.source)
            )
            await asyncio.sleep(0)  # the EVSE, which waits for events, has taken it then
        finally:
            self._starting.discard(evse.evse_id)
        authorization = evse.session.authorization
        if authorization is None or authorization.remote_start_id != start.id:
            log.warning("remote_start_came_too_late", evse=evse.evse_id, reason=refusal(evse.session))

    async def _authorize(self, start: _Start) -> TokenInfo | None:
        """Return what is known about a token that may charge, or None (F01.FR.01, F01.FR.02)."""
        if not self._must_authorize() or start.token.type in NEVER_CHECKED:
            unasked = replace(UNCHECKED, group=start.group)
            return None if self._barred(unasked, start.evse.evse_id) else unasked
        return await self._admit(start.token, start.evse.evse_id)
