"""Block C: who may charge, as far as the station knows, and what the CSMS says if it is asked."""

from collections.abc import Callable

import structlog
from ocpp.v201 import call

from station.core.authorization import Rules, Verdict, bar, decide
from station.core.tokens import UNCHECKED, IdToken, TokenInfo
from station.ocpp import words
from station.ocpp.known_tokens import KnownTokens
from station.ocpp.rpc_errors import RpcError
from station.ocpp.session import RpcSession

log = structlog.get_logger("station.authorization")


class Authority:
    """Finds out whether a token may charge."""

    def __init__(
        self,
        session: RpcSession,
        *,
        known: KnownTokens,
        rules: Callable[[], Rules],
        online: Callable[[], bool],
    ) -> None:
        self._session = session
        self._known = known
        self._rules = rules
        self._online = online

    async def admit(self, token: IdToken, evse_id: int) -> TokenInfo | None:
        """Return what is known about a token that may start at this EVSE; None, and say so in the log, if not."""
        info = await self.authorize(token)
        if info is None or not info.accepted:
            log.info("token_refused", evse=evse_id, reason=_refused_because(info))
            return None
        if why := self.barred(info, evse_id):
            log.info("token_refused", evse=evse_id, reason=why)
            return None
        return info

    def barred(self, info: TokenInfo, evse_id: int) -> str | None:
        """Return why a token that is accepted may not start at an EVSE, or None if it may."""
        return bar(info, self._rules(), evse_id=evse_id)

    async def authorize(self, token: IdToken) -> TokenInfo | None:
        """Return what is known about a token, asking the CSMS if the rules say so; None means refused."""
        known, rules, online = self._known.get(token), self._rules(), self._online()
        verdict = decide(token, known, rules=rules, online=online)
        if verdict is Verdict.ASK:
            answer = await self._ask(token)
            if answer is not None:
                return answer
            verdict = decide(token, known, rules=rules, online=False)
        log.debug("authorization_decided", verdict=verdict.value, online=online, known=known is not None)
        if verdict is not Verdict.ACCEPT:
            return None
        return known if known and known.accepted else UNCHECKED

    def known(self, token: IdToken) -> TokenInfo | None:
        """Return what the local list or the cache says about a token, without asking anybody."""
        return self._known.get(token)

    def rules(self) -> Rules:
        """Return the rules as the variables have them now."""
        return self._rules()

    async def _ask(self, token: IdToken) -> TokenInfo | None:
        try:
            answer = await self._session.call(call.Authorize(id_token=words.id_token(token)))
        except RpcError as error:
            log.warning("authorize_unanswered", error=str(error))
            return None
        info = words.token_info(answer.id_token_info)
        self._known.learn(token, info)
        return info


def _refused_because(info: TokenInfo | None) -> str:
    """Return why a token was refused, for people."""
    return f"the CSMS says {info.status.value}" if info else "unknown here, or not accepted before"
