"""A card that somebody wants to know is held to a reader, and charges nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from station.hardware.ports import CardRead, Selection
from station.local.learning import LEFT_THERE_S, Learning, LearningError

ANNA, BERT = CardRead("04A1B2C3", "ISO14443"), CardRead("04D4E5F6", "ISO14443")


class Reader:
    """Yields what is held to it."""

    def __init__(self) -> None:
        self.held: asyncio.Queue[CardRead | Selection] = asyncio.Queue()

    async def cards(self) -> AsyncIterator[CardRead | Selection]:
        while True:
            yield await self.held.get()


class Site:
    """Two readers, and what reaches charging from them."""

    def __init__(self) -> None:
        self.learning = Learning()
        self.readers = {"front": Reader(), "back": Reader()}
        self.charged: list[CardRead | Selection] = []
        self._tasks = [asyncio.create_task(self._serve(name)) for name in self.readers]

    async def _serve(self, name: str) -> None:
        async for seen in self.learning.wrap(self.readers[name], name=name).cards():
            self.charged.append(seen)

    async def hold(self, card: CardRead | Selection, at: str = "front") -> None:
        self.readers[at].held.put_nowait(card)
        await asyncio.sleep(0.1)

    async def learn(self, *, reader: str = "", timeout_s: float = 30.0) -> "asyncio.Task[object]":
        await asyncio.sleep(0.1)
        task = asyncio.create_task(self.learning.next_card(timeout_s, reader=reader))
        await asyncio.sleep(0.1)
        return task


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    yield site
    for task in site._tasks:
        task.cancel()


async def test_without_a_learner_every_card_charges(site: Site) -> None:
    await site.hold(ANNA)
    await site.hold(Selection(2))
    await site.hold(ANNA)
    assert site.charged == [ANNA, Selection(2), ANNA]


async def test_the_next_card_is_learned_and_the_one_after_charges(site: Site) -> None:
    learning = await site.learn()
    await site.hold(Selection(1))
    await site.hold(ANNA, "back")
    await site.hold(BERT, "back")
    learned = await learning
    assert (learned.card, learned.reader) == (ANNA, "back")  # type: ignore[attr-defined]
    assert site.charged == [Selection(1), BERT]


async def test_a_card_that_is_left_on_the_reader_charges_nothing(site: Site) -> None:
    learning = await site.learn()
    for _ in range(10):
        await site.hold(ANNA)
        await asyncio.sleep(LEFT_THERE_S - 1)
    assert learning.done()
    assert site.charged == []
    await asyncio.sleep(2)
    await site.hold(ANNA)
    assert site.charged == [ANNA]


async def test_a_card_may_be_wanted_from_one_reader(site: Site) -> None:
    learning = await site.learn(reader="front")
    await site.hold(ANNA, "back")
    assert not learning.done()
    await site.hold(BERT, "front")
    assert (await learning).card == BERT  # type: ignore[attr-defined]
    assert site.charged == [ANNA]


async def test_a_reader_that_is_not_there_is_told_with_those_that_are(site: Site) -> None:
    learning = await site.learn(reader="side")
    with pytest.raises(LearningError, match=r"no reader side; .*front, back"):
        await learning


async def test_who_holds_no_card_is_not_waited_for_for_ever(site: Site) -> None:
    with pytest.raises(LearningError, match="no card was held to any reader within 30 s"):
        await site.learning.next_card(30)
    await site.hold(ANNA)
    assert site.charged == [ANNA]


async def test_two_cannot_learn_at_once_but_one_after_the_other(site: Site) -> None:
    first = await site.learn()
    with pytest.raises(LearningError, match="somebody else"):
        await site.learning.next_card(1)
    first.cancel()
    await asyncio.sleep(0.1)
    second = await site.learn()
    await site.hold(ANNA)
    assert (await second).card == ANNA  # type: ignore[attr-defined]


async def test_no_card_is_written_down(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    learning = await site.learn()
    await site.hold(ANNA)
    await learning
    written = capsys.readouterr().out
    assert "card_learned" in written
    assert ANNA.uid not in written
