"""What is done about tokens that drivers present: cards, codes and buttons at a reader, and choices of an EVSE."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog
from ocpp.v201.enums import IdTokenEnumType

from station.core.authorization import Rules, bar, is_master_pass
from station.core.events import Authorized, StopCause, StopRequested
from station.core.presented import (
    NOBODY,
    Choose,
    Purpose,
    Step,
    for_master_pass,
    other_vehicle,
    purpose,
    same_driver,
    stoppable,
)
from station.core.session import Session, refusal
from station.core.tokens import IdToken, TokenInfo
from station.driver_notices import personal
from station.errors import DeviceError
from station.evse import Evse
from station.hardware.ports import CardReader, Display, DriverNotice, Notice, Selection
from station.ocpp.questions import Questions
from station.ocpp.reader_manners import Patience, Sightings

CHOICE_S = 30.0
"""How long a choice at a keypad is waited for, and how long one waits for its card (C16, error handling)."""
CLOSED_POLL_S = 5.0

log = structlog.get_logger("station.authorization")


class Judge(Protocol):
    """Who says whether a token may charge."""

    async def authorize(self, token: IdToken) -> TokenInfo | None:
        """Return what is known, asking the CSMS if need be; None means refused."""

    def known(self, token: IdToken) -> TokenInfo | None:
        """Return what the list or the cache says."""

    def rules(self) -> Rules: ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Which EVSEs a reader serves, and how it finds the one that is meant."""

    evse_ids: tuple[int, ...]
    choose: Choose = Choose.NEWEST_PLUG
    selectable: bool = False
    """Drivers can choose an EVSE: at this device, or at one beside it."""


class Presenting:
    """Takes what is presented to the EVSE that it is meant for."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        judge: Judge,
        *,
        closed: Callable[[], str | None],
        cable_timeout_s: Callable[[], float],
        display: Display,
    ) -> None:
        """`closed` says why the whole station admits nobody, or None; `cable_timeout_s` is EVConnectionTimeOut."""
        self._evses = evses
        self._judge = judge
        self._closed = closed
        self._cable_timeout_s = cable_timeout_s
        self._display = display
        self._questions = Questions(evses, choice_kept_s=CHOICE_S)
        self._patience = Patience()
        self._pending: set[IdToken] = set()
        """Tokens that are being dealt with."""
        self._languages: dict[int, tuple[IdToken, str]] = {}
        """What who was admitted last wants to read, by EVSE."""

    async def serve(self, reader: CardReader, reach: Reach) -> None:
        """Take what one reader yields for ever, each at once, however long the CSMS thinks about another."""
        sightings = Sightings()
        try:
            async with asyncio.TaskGroup() as tasks:
                async for seen in reader.cards():
                    if isinstance(seen, Selection):
                        self.chosen(seen.evse_id, reach)
                        continue
                    token = IdToken(seen.uid, seen.type)
                    if not sightings.again(token):
                        tasks.create_task(self.presented(token, reach), name="token-presented")
        except* DeviceError as group:
            raise group.exceptions[0] from group

    async def presented(self, token: IdToken, reach: Reach) -> None:
        """Do what a token is meant for; a refusal is told to the driver and the operator's log only (E02.FR.20)."""
        if token in self._pending:
            # An impatient driver; the second tap would take back what the first one is about to give.
            if not self._questions.take_back(token):
                log.info("token_without_effect", reason="the CSMS is being asked about it")
            return
        guessable = token.type == IdTokenEnumType.key_code
        if guessable and (break_s := self._patience.break_s(reach.evse_ids)):
            self._refuse(f"too many wrong codes; try again in {break_s:.0f} s")
            return
        self._pending.add(token)
        try:
            good = await self._act_on(token, reach)
        finally:
            self._pending.discard(token)
        if guessable:
            (self._patience.right if good else self._patience.wrong)(reach.evse_ids)

    def chosen(self, evse_id: int, reach: Reach) -> None:
        """Take a driver's choice of an EVSE: the answer to a question, or the beginning with a card to follow."""
        if evse_id not in reach.evse_ids:
            self._refuse(f"there is no EVSE {evse_id} here")
        elif not self._questions.choose(evse_id):
            log.info("evse_chosen", evse=evse_id)

    async def admit_whoever_plugs_in(self, evse_id: int) -> None:
        """Let everybody charge at an EVSE while AuthCtrlr.Enabled is false; runs for ever."""
        evse = self._evses[evse_id]
        while True:
            await evse.wait_for(lambda session: session.plugged and (_busy(session) or refusal(session) is None))
            while self._closed():  # noqa: ASYNC110 nobody tells when that is over
                await asyncio.sleep(CLOSED_POLL_S)
            session = evse.session
            if not self._judge.rules().enabled and session.plugged and refusal(session) is None:
                log.info("admitted_unasked", evse=evse_id)
                evse.post(Authorized(NOBODY))
            await evse.wait_for(lambda session: not session.plugged)

    def language(self, evse_id: int) -> str:
        """Return what the driver of an EVSE wants to read (C01.FR.08); empty if that is not known."""
        token, language = self._languages.get(evse_id, (None, ""))
        authorization = self._evses[evse_id].session.authorization
        return language if authorization is None or authorization.token == token else ""

    async def _act_on(self, token: IdToken, reach: Reach) -> bool:
        """Return whether the token was good for anything."""
        if chosen := self._questions.chosen(reach.evse_ids):
            reach = replace(reach, evse_ids=(chosen,))
        sessions = [self._session(evse_id) for evse_id in reach.evse_ids]
        meant = self._purpose(sessions, token, reach)
        match meant.step:
            case Step.STOP | Step.RELEASE:
                log.info("token_stopped" if meant.step is Step.STOP else "plug_released", evse=meant.evse_id)
                self._stop(meant.evse_id, StopCause.CARD, token)
            case Step.IGNORE:
                log.info("token_without_effect", reason=meant.why)
            case Step.NOWHERE:
                return self._refuse(meant.why)
            case Step.VOUCH:
                return await self._vouch(token, reach, sessions)
            case Step.START | Step.CHOOSE:
                return await self._start(token, reach, sessions)
        return True

    def _purpose(self, sessions: Sequence[Session], token: IdToken, reach: Reach) -> Purpose:
        rules = self._judge.rules()
        return purpose(
            sessions,
            token,
            choose=reach.choose,
            alone=len(reach.evse_ids) == 1,
            anybody_stops=not rules.enabled,
            master_pass=bool(rules.master_pass_group) and any(map(for_master_pass, self._all_sessions())),
        )

    # Starting

    async def _start(self, token: IdToken, reach: Reach, sessions: Sequence[Session]) -> bool:
        """`sessions`: as they were when the token was presented; who plugs in after that is no reason to guess."""
        if why := self._closed():
            return self._refuse(why)
        info = await self._identify(token, self._purpose(sessions, token, reach).evse_id or None)
        if info is None:
            return False
        if is_master_pass(info, self._judge.rules()):
            return await self._use_master_pass(token, reach)
        # C01.FR.21: for this token the reader serves only some of its EVSEs.
        rules = self._judge.rules()
        barred = {session.evse_id: bar(info, rules, evse_id=session.evse_id) for session in sessions}
        allowed = [session for session in sessions if not barred[session.evse_id]]
        meant = self._purpose(allowed, token, reach)
        match meant.step:
            case Step.START:
                before = next(session for session in allowed if session.evse_id == meant.evse_id)
                if other_vehicle(before, self._evses[meant.evse_id].session):
                    return self._refuse("another vehicle was plugged in meanwhile", meant.evse_id, info)
                return self._accept(token, info, meant.evse_id)
            case Step.CHOOSE:
                plugs = [session for session in allowed if session.evse_id in meant.among]
                return await self._start_at_choice(token, info, reach, plugs=plugs)
        return self._refuse(next((why for why in barred.values() if why), meant.why))

    async def _start_at_choice(
        self, token: IdToken, info: TokenInfo, reach: Reach, *, plugs: Sequence[Session]
    ) -> bool:
        notice = Notice.CHOOSE if reach.choose is Choose.ASK else Notice.PLUG_IN
        self._display.show(DriverNotice(notice, language=info.language))
        evse_id = await self._questions.ask(token, reach.evse_ids, plugs=plugs, within_s=self._cable_timeout_s())
        if evse_id is None:
            why = "nobody plugged in, or the driver took it back"  # C01.FR.26
            log.info("token_without_effect", reason=why)
            self._display.show(DriverNotice(Notice.REFUSED, text=why, language=info.language))
        elif evse_id in [session.evse_id for session in plugs]:
            return self._accept(token, info, evse_id)
        elif stoppable([self._session(evse_id)], info):
            self._stop(evse_id, StopCause.CARD, token)
        else:
            return self._refuse(self._purpose([self._session(evse_id)], token, reach).why, evse_id)
        return True

    def _accept(self, token: IdToken, info: TokenInfo, evse_id: int) -> bool:
        if why := refusal(self._evses[evse_id].session):
            return self._refuse(why, evse_id)
        log.info("token_accepted", evse=evse_id)
        self._languages[evse_id] = token, info.language
        self._display.show(DriverNotice(Notice.ACCEPTED, evse_id, language=info.language))
        self._evses[evse_id].post(Authorized(token, group=info.group, source=info.source))
        return True

    # Stopping

    async def _vouch(self, token: IdToken, reach: Reach, before: Sequence[Session]) -> bool:
        """C09: a token of the same group stops too; one that the list or the cache knows so, unasked (C09.FR.07)."""
        info = self._judge.known(token)
        stops = stoppable(before, info) if info else []
        if not stops:
            info = await self._identify(token, None)
            if info is None:
                return False
            if is_master_pass(info, self._judge.rules()):
                return await self._use_master_pass(token, reach)
            now = [(session, self._session(session.evse_id)) for session in before]
            stops = stoppable((session for was, session in now if same_driver(was, session)), info)
        if not stops:
            return self._refuse("another driver charges here")
        evse_id: int | None = stops[0]
        if len(stops) > 1:
            if not reach.selectable:
                return self._refuse("several of this group charge here; use the card that began")
            self._display.show(DriverNotice(Notice.CHOOSE))
            evse_id = await self._questions.ask(token, stops, within_s=CHOICE_S)
        if evse_id is not None:
            log.info("token_of_group_stopped", evse=evse_id)
            self._stop(evse_id, StopCause.CARD, token)
        return True

    async def _use_master_pass(self, token: IdToken, reach: Reach) -> bool:
        """C16.FR.01, C16.FR.02: without an input everything is stopped, with one what is chosen, for a while."""
        targets = {session.evse_id for session in self._all_sessions() if for_master_pass(session)}
        if not targets:
            return self._refuse("a master pass starts nothing")  # C12.FR.09, C16.FR.03
        while targets:
            chosen = set(targets)
            if reach.selectable:
                self._display.show(DriverNotice(Notice.CHOOSE, text="choose whose charging to stop"))
                answer = await self._questions.ask(token, targets, within_s=CHOICE_S)
                if answer is None:
                    break
                chosen = {answer}
            for evse_id in sorted(chosen):
                log.info("master_pass_stopped", evse=evse_id)
                self._stop(evse_id, StopCause.MASTER_PASS, token)
            targets -= chosen
        return True

    def _stop(self, evse_id: int, cause: StopCause, token: IdToken) -> None:
        evse = self._evses[evse_id]
        transaction = evse.session.transaction
        evse.post(StopRequested(cause, transaction.id if transaction else None, token=token))

    # Telling

    async def _identify(self, token: IdToken, evse_id: int | None) -> TokenInfo | None:
        """Return what is known about a token that is accepted; tell the driver if it is not."""
        self._display.show(DriverNotice(Notice.CHECKING, evse_id))
        info = await self._judge.authorize(token)
        if info is not None and (message := personal(info, evse_id)):
            self._display.show(message)
        if info is not None and info.accepted:
            return info
        self._refuse(f"the token is {info.status.value}" if info else "the token is not known here", evse_id, info)
        return None

    def _refuse(self, why: str, evse_id: int | None = None, info: TokenInfo | None = None) -> bool:
        log.info("token_refused", evse=evse_id, reason=why)
        self._display.show(DriverNotice(Notice.REFUSED, evse_id, why, language=info.language if info else ""))
        return False

    # Looking

    def _all_sessions(self) -> list[Session]:
        return [evse.session for evse in self._evses.values()]

    def _session(self, evse_id: int) -> Session:
        """Return a session with the group of its driver, as far as the list or the cache knows it (C01.FR.03b)."""
        session = self._evses[evse_id].session
        authorization = session.authorization
        if authorization is None or authorization.group is not None:
            return session
        known = self._judge.known(authorization.token)
        return replace(session, authorization=replace(authorization, group=known.group if known else None))


def _busy(session: Session) -> bool:
    return session.authorization is not None
