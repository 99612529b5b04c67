"""Which EVSE is meant: questions that a driver answers by plugging in, or by choosing at a keypad."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from station.core.session import Session
from station.core.tokens import IdToken
from station.evse import Evse


@dataclass(eq=False, slots=True)
class _Question:
    token: IdToken
    choices: frozenset[int]
    """What may be chosen at a keypad."""
    plugs: frozenset[int]
    """Where plugging in is an answer."""
    answer: asyncio.Future[int | None] = field(default_factory=asyncio.Future)

    def open(self) -> bool:
        return not self.answer.done()


class Questions:
    """Holds what drivers are asked, and gives each answer to one of them.

    A plug answers the oldest question, because its driver had the most time to get there; a choice at a keypad
    answers the newest, because its driver still stands there. A choice that nobody asked for is kept for the card
    that follows.
    """

    def __init__(self, evses: Mapping[int, Evse], *, choice_kept_s: float) -> None:
        self._evses = evses
        self._choice_kept_s = choice_kept_s
        self._open: list[_Question] = []
        self._choice: tuple[int, float] | None = None
        """The EVSE that was chosen before a card came, and when, in the loop's time."""
        self._answered: dict[int, Session] = {}
        """The last plug at each EVSE that was an answer: it is none to the next question."""

    async def ask(
        self, token: IdToken, choices: Collection[int], *, plugs: Sequence[Session] = (), within_s: float
    ) -> int | None:
        """Return the EVSE that the driver means; None if he says nothing in time, or takes it back.

        `plugs` are sessions as they were when the token was presented: what is plugged in after that, is an answer.
        """
        question = _Question(token, frozenset(choices), frozenset(session.evse_id for session in plugs))
        self._open.append(question)
        try:
            async with asyncio.timeout(within_s), asyncio.TaskGroup() as tasks:
                watchers = [
                    tasks.create_task(self._watch(session), name=f"next-plug-{session.evse_id}") for session in plugs
                ]
                answer = await question.answer
                for watcher in watchers:
                    watcher.cancel()
                return answer
        except TimeoutError:
            return None
        finally:
            self._open.remove(question)

    def choose(self, evse_id: int) -> bool:
        """Take a choice; return whether somebody was asked for it."""
        for question in reversed(self._open):
            if evse_id in question.choices and question.open():
                question.answer.set_result(evse_id)
                return True
        self._choice = evse_id, asyncio.get_running_loop().time()
        return False

    def chosen(self, evse_ids: Collection[int]) -> int | None:
        """Return, once, which of these EVSEs was chosen a moment ago."""
        if self._choice is None:
            return None
        evse_id, at_s = self._choice
        if evse_id not in evse_ids or asyncio.get_running_loop().time() - at_s > self._choice_kept_s:
            return None
        self._choice = None
        return evse_id

    def take_back(self, token: IdToken) -> bool:
        """End the question that was asked because of this token; return whether there was one."""
        for question in self._open:
            if question.token == token and question.open():
                question.answer.set_result(None)
                return True
        return False

    async def _watch(self, before: Session) -> None:
        while True:
            before = await self._evses[before.evse_id].wait_for(partial(_plugged_since, before))
            self._plugged(before)

    def _plugged(self, session: Session) -> None:
        evse_id = session.evse_id
        last = self._answered.get(evse_id)
        if last is not None and last.plugged_at == session.plugged_at:
            return
        for question in self._open:
            if evse_id in question.plugs and question.open():
                self._answered[evse_id] = session
                question.answer.set_result(evse_id)
                return


def _plugged_since(before: Session, now: Session) -> bool:
    return now.plugged and (not before.plugged or now.plugged_at != before.plugged_at)
