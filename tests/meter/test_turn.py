"""Turns on a line: one at a time, the urgent first, nobody for ever, and no turn lost with who is cancelled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import combinations, product

import pytest

from station.meter.turn import Turn

URGENT = frozenset({1, 2})
"""Units below 10 are charge controllers here, the others meters."""


class Users:
    """Tasks that want the turn; each has it until told to leave, and `had` tells who had it in which order."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.turn = Turn()
        self.had: list[int] = []
        self.inside = 0
        self._tasks = tasks
        self._leave = asyncio.Event()

    def join(self, unit: int) -> asyncio.Task[None]:
        return self._tasks.create_task(self._use(unit), name=f"unit-{unit}")

    def leave(self) -> None:
        """Let whoever has the turn leave."""
        self._leave.set()

    async def step(self) -> None:
        """Let whoever has the turn leave, and whoever is next have it."""
        self.leave()
        await rounds()

    async def _use(self, unit: int) -> None:
        async with self.turn.of(unit, urgent=unit in URGENT):
            self.had.append(unit)
            self.inside += 1
            assert self.inside == 1
            try:
                self._leave.clear()
                await self._leave.wait()
            finally:
                self.inside -= 1


async def rounds(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@asynccontextmanager
async def users_of_a_turn() -> AsyncIterator[Users]:
    async with asyncio.TaskGroup() as tasks:
        yield Users(tasks)


async def served(*units: int) -> list[int]:
    """Return in which order they get their turn if they come in this one while unit 10 has it."""
    async with users_of_a_turn() as users:
        for unit in (10, *units):
            users.join(unit)
            await rounds()
        for _ in range(len(units) + 1):
            await users.step()
    assert not users.turn.taken
    return users.had[1:]


async def test_a_free_turn_is_had_at_once() -> None:
    turn = Turn()
    async with turn.of(1, urgent=False):
        assert turn.taken
    assert not turn.taken


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ((11, 12, 11), [11, 12, 11]),
        ((11, 12, 1), [1, 11, 12]),
        ((11, 1, 2, 12), [1, 2, 11, 12]),
        ((2, 11, 1), [2, 1, 11]),
        ((1, 2), [1, 2]),
        ((1, 1, 2), [1, 1, 2]),
    ],
)
async def test_the_urgent_go_first_and_else_who_came_first(came: tuple[int, ...], expected: list[int]) -> None:
    assert await served(*came) == expected


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ((11, 12, 1, 1, 1), [1, 11, 1, 12, 1]),
        ((11, 12, 1, 1, 2, 2), [1, 2, 11, 1, 2, 12]),
    ],
)
async def test_between_two_turns_of_an_urgent_unit_one_of_the_others_has_its_own(
    came: tuple[int, ...], expected: list[int]
) -> None:
    assert await served(*came) == expected


async def test_an_urgent_unit_that_always_asks_again_leaves_every_second_turn() -> None:
    async with users_of_a_turn() as users:
        for unit in (1, 11, 12, 13, 1):
            users.join(unit)
        await rounds()
        for _ in range(4):
            users.join(1)
            await users.step()
        assert users.had == [1, 11, 1, 12, 1]
        for _ in range(5):
            await users.step()


async def test_an_error_passes_the_turn_on() -> None:
    turn = Turn()
    with pytest.raises(ZeroDivisionError):
        async with turn.of(1, urgent=False):
            raise ZeroDivisionError
    assert not turn.taken


CAME = (11, 1, 12, 2)


@pytest.mark.parametrize("gone", [gone for size in (1, 2, 3, 4) for gone in combinations(range(4), size)], ids=str)
@pytest.mark.parametrize("rounds_later", range(-1, 5))
async def test_who_is_cancelled_takes_nobodys_turn_along(gone: tuple[int, ...], rounds_later: int) -> None:
    """Some of four who wait are cancelled right before the first turn ends, right after that, or a little later."""
    async with users_of_a_turn() as users:
        users.join(10)
        tasks = [users.join(unit) for unit in CAME]
        await rounds()
        if rounds_later >= 0:
            users.leave()
            await rounds(rounds_later)
        for at in gone:
            tasks[at].cancel()
        for _ in range(6):
            await users.step()
        assert all(task.done() for task in tasks)
        assert not users.turn.taken
        assert not users.turn._waiting
        assert {unit for at, unit in enumerate(CAME) if at not in gone} <= set(users.had)


@pytest.mark.parametrize(("waits", "urgent"), list(product([1, 2, 3], [False, True])))
async def test_who_is_cancelled_in_the_moment_of_the_grant_passes_it_on(waits: int, urgent: bool) -> None:
    turn = Turn()
    unit = 1 if urgent else 11
    had: list[str] = []

    async def use(name: str) -> None:
        async with turn.of(unit, urgent=urgent):
            had.append(name)

    async with asyncio.TaskGroup() as tasks:
        async with turn.of(10, urgent=False):
            cancelled = [tasks.create_task(use("cancelled"), name="cancelled") for _ in range(waits)]
            stays = tasks.create_task(use("stays"), name="stays")
            await rounds()
        # The first of them has been granted the turn by now, but did not run yet.
        for task in cancelled:
            task.cancel()
    assert stays.done()
    assert had == ["stays"]
    assert not turn.taken
