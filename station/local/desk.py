"""What may be asked of a running station over its socket: one table, from the name of an action to what does it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from station.core.documents import to_document
from station.core.tokens import IdToken
from station.core.why import Explanation
from station.local.acts import Acts, Outcome
from station.local.arguments import Arguments, DeskError
from station.local.learning import Learning
from station.local.listing import listed_events, listed_messages
from station.local.look import Look
from station.local.rings import Events, Frames
from station.local.views import Done
from station.storage.card_names import CardNames

BY: Final = "socket"
LEARN_S: Final = 60.0
LONGEST_LEARN_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the table: what does it, with which arguments."""

    handle: Callable[[Arguments], Awaitable[Any] | AsyncIterator[Any]]
    takes: tuple[str, ...] = ()
    waits: bool = False
    """For something to happen; ended without a loss when the asker goes."""


class Desk:
    """Answers requests with JSON data."""

    def __init__(self, look: Look, acts: Acts, *, events: Events, frames: Frames, learning: Learning) -> None:
        self._look, self._acts, self._learning = look, acts, learning
        self._events, self._frames = events, frames
        filters = ("after", "level", "text")
        self._table: Mapping[str, Action] = {
            "status": Action(self._status),
            "outlets": Action(self._outlets),
            "why": Action(self._why, ("evse",)),
            "doctor_facts": Action(self._doctor_facts),
            "events": Action(self._list_events, filters),
            "follow": Action(self._follow, filters, waits=True),
            "messages": Action(self._list_messages, ("after", "action", "text")),
            "variables": Action(self._variables, ("text",)),
            "set_variable": Action(self._set_variable, ("name", "value", "confirmed")),
            "certificates": Action(self._certificates),
            "queue": Action(self._queue),
            "unlock": Action(self._unlock, ("evse",)),
            "stop": Action(self._stop, ("evse",)),
            "reset": Action(self._reset, ("evse",)),
            "inputs": Action(self._inputs),
            "reset_inputs": Action(self._reset_inputs, ("evse",)),
            "test_session": Action(self._test_session, ("evse",), waits=True),
            "learn": Action(self._learn, ("reader", "timeout_s"), waits=True),
            "cards": Action(self._cards),
            "name_card": Action(self._name_card, ("uid", "type", "name")),
            "forget_card": Action(self._forget_card, ("name",)),
        }

    def waits(self, do: str) -> bool:
        """Say whether an action waits for something to happen; false also for what is none."""
        return do in self._table and self._table[do].waits

    async def answers(self, do: str, given: Mapping[str, Any]) -> AsyncIterator[Any]:
        """Yield the answer to a request, or one after the other. Raises StationError with what is wrong with it."""
        action = self._table.get(do)
        if action is None:
            raise DeskError(f"{do[:50]!r} is nothing that can be asked for; there are {', '.join(self._table)}")
        if unknown := sorted(given.keys() - set(action.takes)):
            takes = ", ".join(action.takes) or "nothing"
            raise DeskError(f"{do} does not take {', '.join(unknown)[:100]}; it takes {takes}")
        answers = action.handle(Arguments(given))
        if isinstance(answers, AsyncIterator):
            async for answer in answers:
                yield to_document(answer)
        else:
            yield to_document(await answers)

    # Looking

    async def _status(self, _: Arguments) -> Any:
        return self._look.station()

    async def _outlets(self, _: Arguments) -> Any:
        return self._look.outlets()

    async def _why(self, arguments: Arguments) -> Any:
        asked, known = arguments.evse(), tuple(self._look.parts.evses)
        if asked is not None and asked not in known:
            raise DeskError(f"there is no EVSE {asked}; this station has {', '.join(map(str, known))}")
        return [explained(self._look.why(evse_id)) for evse_id in known if asked in (None, evse_id)]

    async def _doctor_facts(self, _: Arguments) -> Any:
        """What only the process knows that has the devices open (station doctor)."""
        explanations = [explained(self._look.why(evse_id)) for evse_id in self._look.parts.evses]
        return {"station": self._look.station(), "why": explanations, "readers": self._learning.readers}

    async def _list_events(self, arguments: Arguments) -> Any:
        return {"last": self._events.number, "events": list(self._lines(arguments, arguments.number("after", 0)))}

    async def _list_messages(self, arguments: Arguments) -> Any:
        messages = listed_messages(
            self._frames,
            after=arguments.number("after", 0),
            action=arguments.text("action"),
            text=arguments.text("text"),
        )
        return {"last": self._frames.number, "messages": list(messages)}

    async def _follow(self, arguments: Arguments) -> AsyncIterator[Any]:
        """Lines of the log as they come, for ever; those that are kept first, if `after` says so."""
        seen = arguments.number("after", self._events.number)
        while True:
            newest = self._events.number
            for line in self._lines(arguments, seen):
                yield line
            seen = newest
            await self._events.news(seen)

    def _lines(self, arguments: Arguments, after: int) -> Iterator[Any]:
        return listed_events(self._events, after=after, level=arguments.text("level"), text=arguments.text("text"))

    async def _variables(self, arguments: Arguments) -> Any:
        return self._look.variables(arguments.text("text"))

    async def _certificates(self, _: Arguments) -> Any:
        try:
            return self._look.certificates()
        except OSError as error:
            raise DeskError(f"the certificates cannot be read: {error}") from error

    async def _inputs(self, _: Arguments) -> Any:
        return self._look.inputs()

    async def _queue(self, _: Arguments) -> Any:
        return {"queued": self._look.queue(), "dead": self._look.dead_letters()}

    # Acting

    async def _unlock(self, arguments: Arguments) -> Any:
        return _told(await self._acts.unlock(arguments.number("evse"), who=BY))

    async def _stop(self, arguments: Arguments) -> Any:
        return _told(await self._acts.stop(arguments.number("evse"), who=BY))

    async def _reset(self, arguments: Arguments) -> Any:
        return _told(await self._acts.reset(arguments.evse(), who=BY))

    async def _reset_inputs(self, arguments: Arguments) -> Any:
        return _told(await self._acts.reset_inputs(arguments.evse(), who=BY))

    async def _test_session(self, arguments: Arguments) -> Any:
        return _told(await self._acts.test_session(arguments.number("evse"), who=BY))

    async def _set_variable(self, arguments: Arguments) -> Any:
        name, value = arguments.text("name", None), arguments.text("value", None)
        return _told(await self._acts.set_variable(name, value, who=BY, confirmed=arguments.flag("confirmed")))

    # Cards

    async def _learn(self, arguments: Arguments) -> Any:
        """The next card, for whoever wants to know it; it charges nothing."""
        wait_s = arguments.seconds("timeout_s", LEARN_S, longest=LONGEST_LEARN_S)
        learned = await self._learning.next_card(wait_s, reader=arguments.text("reader"))
        token = IdToken(learned.card.uid, learned.card.type)
        return {"uid": token.value, "type": token.type, "reader": learned.reader, "name": self._names().of(token)}

    async def _cards(self, _: Arguments) -> Any:
        return self._names().all()

    async def _name_card(self, arguments: Arguments) -> Any:
        token, name = IdToken(arguments.text("uid", None), arguments.text("type", None)), arguments.text("name", None)
        self._names().give(token, name, at=self._look.parts.clock.now())
        return _told(Done(f"this card is called {name.strip()}"))

    async def _forget_card(self, arguments: Arguments) -> Any:
        name = arguments.text("name", None)
        if not self._names().forget(name):
            raise DeskError(f"no card is called {name[:60]}; see: station card list")
        return _told(Done(f"{name} is forgotten"))

    def _names(self) -> CardNames:
        return CardNames(self._look.parts.database)


def explained(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON data, with what comes first named."""
    document: dict[str, Any] = to_document(explanation)
    first = explanation.first
    return {**document, "first": None if first is None else to_document(first)}


def _told(outcome: Outcome) -> dict[str, Any]:
    """Return what came of an act as JSON data."""
    return {"done": isinstance(outcome, Done), **to_document(outcome)}
