"""Block C, so far: Authorize, the cache, and what a card is for."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import structlog
from ocpp.v201 import call
from ocpp.v201.enums import AuthorizationStatusEnumType

from station.core.authorization import Rules, Verdict, decide
from station.core.events import Authorized, StopCause, StopRequested
from station.core.presented import Step, may_stop, purpose
from station.core.session import Session
from station.core.tokens import IdToken, Source, TokenInfo
from station.errors import DeviceError
from station.evse import Evse
from station.hardware.ports import CardReader, Selection
from station.ocpp import words
from station.ocpp.rpc_errors import RpcError
from station.ocpp.session import RpcSession

UNCHECKED = TokenInfo(AuthorizationStatusEnumType.accepted, source=Source.NOBODY)
"""For a token that is let in without anybody's word: AuthCtrlr.Enabled is false, or offline for unknown ids."""

log = structlog.get_logger("station.authorization")


class TokenCache(Protocol):
    """What was said about tokens before (C10)."""

    def get(self, token: IdToken) -> TokenInfo | None: ...

    def learn(self, token: IdToken, info: TokenInfo) -> None: ...


class Authorization:
    """Finds out whether a token may charge, and takes cards to the EVSE they are meant for."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        session: RpcSession,
        *,
        cache: TokenCache,
        rules: Callable[[], Rules],
        online: Callable[[], bool],
        closed: Callable[[], str | None],
    ) -> None:
        self._evses = evses
        self._session = session
        self._cache = cache
        self._rules = rules
        self._online = online
        self._closed = closed
        """Says why the whole station admits nobody, or None."""
        self._pending: set[IdToken] = set()
        """Cards that are being dealt with."""

    async def serve(self, reader: CardReader, evse_ids: Sequence[int]) -> None:
        """Take cards from one reader for ever, each at once, however long the CSMS thinks about another."""
        try:
            async with asyncio.TaskGroup() as tasks:
                async for card in reader.cards():
                    if isinstance(card, Selection):
                        continue
                    token = IdToken(card.uid, card.type)
                    tasks.create_task(self.card_presented(token, evse_ids), name="card-presented")
        except* DeviceError as group:
            raise group.exceptions[0] from group

    async def card_presented(self, token: IdToken, evse_ids: Sequence[int]) -> None:
        """Start or stop what the card is meant for; a refusal is told to the operator's log only."""
        if token in self._pending:
            # An impatient driver; the second tap would take back what the first one is about to give.
            log.info("card_without_effect", reason="the CSMS is being asked about it")
            return
        self._pending.add(token)
        try:
            await self._act_on(token, evse_ids)
        finally:
            self._pending.discard(token)

    async def admit(self, token: IdToken, evse_id: int) -> TokenInfo | None:
        """Return what is known about a token that may charge at this EVSE; None, and say so in the log, if not."""
        info = await self.authorize(token)
        if info is None or not info.accepted:
            log.info("token_refused", evse=evse_id, status=info.status.value if info else "unknown here")
            return None
        if info.evse_ids and evse_id not in info.evse_ids:
            # C01.FR.21: the token is good, but not for this outlet.
            log.info("token_refused", evse=evse_id, reason=f"only for EVSE {info.evse_ids}")
            return None
        return info

    async def authorize(self, token: IdToken) -> TokenInfo | None:
        """Return what is known about a token, asking the CSMS if the rules say so; None means refused."""
        known, rules, online = self._cache.get(token), self._rules(), self._online()
        verdict = decide(known, rules, online=online)
        if verdict is Verdict.ASK:
            answer = await self._ask(token)
            if answer is not None:
                return answer
            verdict = decide(known, rules, online=False)
        log.debug("authorization_decided", verdict=verdict.value, online=online, known=known is not None)
        if verdict is not Verdict.ACCEPT:
            return None
        return replace(known, source=Source.CACHE) if known and known.accepted else UNCHECKED

    async def _act_on(self, token: IdToken, evse_ids: Sequence[int]) -> None:
        meant = purpose(self._sessions(evse_ids), token)
        match meant.step:
            case Step.STOP:
                log.info("card_stopped", evse=meant.evse_id)
                self._evses[meant.evse_id].post(StopRequested(StopCause.CARD, token=token))
            case Step.IGNORE | Step.NOWHERE:
                log.info("card_without_effect", evse=meant.evse_id or None, reason=meant.why)
            case Step.ASK_GROUP:
                await self._stop_by_group(token, evse_ids)
            case Step.START:
                await self._start(token, meant.evse_id)

    async def _start(self, token: IdToken, evse_id: int) -> None:
        if why := self._closed():
            log.info("token_refused", evse=evse_id, reason=why)
        elif info := await self.admit(token, evse_id):
            log.info("card_accepted", evse=evse_id)
            self._evses[evse_id].post(Authorized(token, group=info.group, source=info.source))

    async def _stop_by_group(self, token: IdToken, evse_ids: Sequence[int]) -> None:
        """C09: a card of the same group stops too; one that the cache knows so stops unasked (C09.FR.07)."""
        stopped = self._of_group(evse_ids, self._cache.get(token))
        if stopped is None:
            stopped = self._of_group(evse_ids, await self.authorize(token))
        if stopped is None:
            log.info("token_refused", reason="another driver charges here")
            return
        log.info("card_of_group_stopped", evse=stopped)
        self._evses[stopped].post(StopRequested(StopCause.CARD, token=token))

    def _of_group(self, evse_ids: Sequence[int], info: TokenInfo | None) -> int | None:
        """Return the EVSE where somebody charges whom this token may stop (C09.FR.11)."""
        if info is None:
            return None
        sessions = self._sessions(evse_ids)
        return next((evse_id for evse_id in evse_ids if may_stop(sessions, evse_id, info)), None)

    def _sessions(self, evse_ids: Sequence[int]) -> list[Session]:
        return [self._evses[evse_id].session for evse_id in evse_ids]

    async def _ask(self, token: IdToken) -> TokenInfo | None:
        try:
            answer = await self._session.call(call.Authorize(id_token=words.id_token(token)))
        except RpcError as error:
            log.warning("authorize_unanswered", error=str(error))
            return None
        info = words.token_info(answer.id_token_info)
        self._cache.learn(token, info)
        return info
