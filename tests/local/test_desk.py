"""What may be asked for is one table; what is asked for wrongly is answered with what is allowed."""

import asyncio
import json
from typing import Any

import pytest

from station.core.tokens import IdToken
from station.errors import StationError
from station.hardware.ports import CardRead
from station.local.learning import LearningError
from station.local.rings import LoggedEvent
from station.ocpp.redaction import Shown
from station.storage.card_names import CardNames, NameRefusedError
from tests.local.place import Place


async def asked(place: Place, do: str, **given: Any) -> Any:
    """Return the one answer, as it is after its way through JSON."""
    [answer] = [answer async for answer in place.desk.answers(do, given)]
    return json.loads(json.dumps(answer))


async def refused(place: Place, do: str, **given: Any) -> str:
    with pytest.raises(StationError) as error:
        await asked(place, do, **given)
    return str(error.value)


async def test_looking_is_answered_with_views(place: Place) -> None:
    async with place.open() as yard:
        transaction = await yard.charge()
        status = await asked(place, "status")
        assert status["identity"] == "CS001"
        assert status["outlets"][0]["transaction_id"] == transaction
        assert [outlet["evse_id"] for outlet in await asked(place, "outlets")] == [1, 2]
        assert await asked(place, "certificates") == []
        assert (await asked(place, "queue"))["queued"][0]["kind"] == "TransactionEvent"
        [row] = await asked(place, "variables", text="HeartbeatInterval")
        assert (row["name"], row["value"]) == ("OCPPCommCtrlr.HeartbeatInterval", "300")


async def test_why_is_answered_for_one_outlet_or_all(place: Place) -> None:
    async with place.open() as yard:
        await yard.charge()
        both = await asked(place, "why")
        assert [(answer["evse_id"], answer["charging"]) for answer in both] == [(1, True), (2, False)]
        assert both[0]["first"] is None
        assert both[1]["first"]["code"] == place.look.outlet(2).why_code
        assert {"step", "standing", "code", "detail", "params"} == both[1]["links"][0].keys()
        [second] = await asked(place, "why", evse=2)
        assert second["evse_id"] == 2
        assert "there is no EVSE 3; this station has 1, 2" in await refused(place, "why", evse=3)


async def test_a_self_test_learns_what_only_the_process_knows(place: Place) -> None:
    place.learning.wrap(None, name="front")  # type: ignore[arg-type]
    async with place.open():
        facts = await asked(place, "doctor_facts")
    assert facts["station"]["identity"] == "CS001"
    assert facts["readers"] == ["front"]
    assert len(facts["why"]) == 2


async def test_lines_of_the_log_are_listed(place: Place) -> None:
    place.events.add(LoggedEvent("2026-12-01T12:00:00Z", "info", "station.app", "station_started", {}))
    place.events.add(LoggedEvent("2026-12-01T12:00:01Z", "error", "station.app", "crashed", {"why": "x"}))
    answer = await asked(place, "events", level="error")
    assert answer["last"] == 2
    assert [line["event"] for line in answer["events"]] == ["crashed"]
    assert (await asked(place, "events", after=2))["events"] == []


async def test_messages_are_listed(place: Place) -> None:
    place.frames.take(True, Shown('[2,"a","Heartbeat",{}]'))
    answer = await asked(place, "messages", action="Heartbeat")
    assert (answer["last"], answer["messages"][0]["text"]) == (1, '[2,"a","Heartbeat",{}]')


@pytest.mark.parametrize(("after", "expected"), [(None, ["third"]), (0, ["second", "third"])])
async def test_the_log_is_followed_from_now_or_from_what_is_kept(
    place: Place, after: int | None, expected: list[str]
) -> None:
    seen: list[str] = []

    def happened(event: str, level: str = "error") -> None:
        place.events.add(LoggedEvent("", level, "station.test", event, {}))

    async def follow() -> None:
        lines = place.desk.answers("follow", {"level": "error", "after": after})
        while True:
            seen.append((await anext(lines))["event"])

    happened("first", "info")
    happened("second")
    following = asyncio.create_task(follow())
    await asyncio.sleep(1)
    happened("quiet", "debug")
    happened("third")
    await asyncio.sleep(1)
    following.cancel()
    assert seen == expected


async def test_acting_is_answered_with_whether_it_was_done(place: Place) -> None:
    async with place.open() as yard:
        await yard.charge()
        assert (await asked(place, "stop", evse=1))["done"]
        assert not (await asked(place, "stop", evse=2))["done"]
        assert (await asked(place, "unlock", evse=2))["done"]
        assert (await asked(place, "reset", evse=2))["done"]
        assert (await asked(place, "reset"))["done"]
        assert place.resets == [2, None]
        await yard.plug(2)
        assert (await asked(place, "test_session", evse=2))["done"]


async def test_a_variable_is_set_with_care(place: Place) -> None:
    name = "AuthCtrlr.Enabled"
    answer = await asked(place, "set_variable", name=name, value="false")
    assert (answer["done"], answer["needs_confirmation"]) == (False, True)
    answer = await asked(place, "set_variable", name=name, value="false", confirmed=True)
    assert answer == {"done": True, "text": "AuthCtrlr.Enabled is set"}


# Cards


class Shelf:
    """A reader to which cards are held."""

    def __init__(self, place: Place) -> None:
        self.held: asyncio.Queue[CardRead] = asyncio.Queue()
        self.charged: list[object] = []
        self._wrapped = place.learning.wrap(self, name="front")  # type: ignore[arg-type]
        self._task = asyncio.create_task(self._serve())

    async def cards(self) -> Any:
        while True:
            yield await self.held.get()

    async def _serve(self) -> None:
        async for seen in self._wrapped.cards():
            self.charged.append(seen)


async def learn(place: Place, shelf: Shelf, card: CardRead, **given: Any) -> Any:
    learning = asyncio.create_task(asked(place, "learn", **given))
    await asyncio.sleep(0.1)
    shelf.held.put_nowait(card)
    return await learning


async def test_a_card_is_learned_and_named(place: Place) -> None:
    shelf, card = Shelf(place), CardRead("04A1B2C3", "ISO14443")
    answer = await learn(place, shelf, card)
    assert answer == {"uid": "04A1B2C3", "type": "ISO14443", "reader": "front", "name": ""}
    assert (await asked(place, "name_card", uid="04A1B2C3", type="ISO14443", name=" Anna "))["done"]
    assert CardNames(place.database).of(IdToken("04a1b2c3", "ISO14443")) == "Anna"
    [named] = await asked(place, "cards")
    assert named["name"] == "Anna"
    assert (await learn(place, shelf, card))["name"] == "Anna"
    assert shelf.charged == []
    assert (await asked(place, "forget_card", name="anna"))["done"]
    assert await asked(place, "cards") == []
    assert "no card is called anna" in await refused(place, "forget_card", name="anna")


async def test_a_name_that_cannot_be_one_is_refused(place: Place) -> None:
    with pytest.raises(NameRefusedError):
        await asked(place, "name_card", uid="04A1B2C3", type="ISO14443", name="x" * 100)


async def test_a_card_that_nobody_holds_is_not_waited_for_longer_than_asked(place: Place) -> None:
    with pytest.raises(LearningError, match="within 5 s"):
        await asked(place, "learn", timeout_s=5)


# What is asked for wrongly


@pytest.mark.parametrize(
    ("do", "given", "why"),
    [
        ("dance", {}, "'dance' is nothing that can be asked for; there are status, "),
        ("x" * 1000, {}, "nothing that can be asked for"),
        ("status", {"evse": 1}, "status does not take evse; it takes nothing"),
        ("stop", {"id": 1}, "stop does not take id; it takes evse"),
        ("stop", {}, "evse: an integer is wanted"),
        ("stop", {"evse": "1"}, "evse: an integer is wanted"),
        ("stop", {"evse": True}, "evse: an integer is wanted"),
        ("stop", {"evse": 1.5}, "evse: an integer is wanted"),
        ("variables", {"text": 7}, "text: a text is wanted"),
        ("set_variable", {"name": "A.B"}, "value: a text is wanted"),
        ("set_variable", {"name": "A.B", "value": "1", "confirmed": "yes"}, "confirmed: true or false is wanted"),
        ("learn", {"timeout_s": "long"}, "timeout_s: a number of seconds is wanted"),
        ("events", {"after": "x"}, "after: an integer is wanted"),
    ],
)
async def test_what_is_asked_for_wrongly_is_told(place: Place, do: str, given: dict[str, Any], why: str) -> None:
    text = await refused(place, do, **given)
    assert why in text
    assert len(text) < 500


async def test_null_stands_for_what_is_not_said(place: Place) -> None:
    async with place.open():
        assert len(await asked(place, "why", evse=None)) == 2
        assert (await asked(place, "events", after=None, text=None))["events"] == []
