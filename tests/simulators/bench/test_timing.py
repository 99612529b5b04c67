"""Who owns timers and tasks."""

import asyncio

import pytest

from simulators.bench.timing import Tasks, Timer, until


async def test_a_timer_started_again_forgets_its_first_start() -> None:
    calls: list[float] = []
    loop = asyncio.get_running_loop()
    timer = Timer(lambda: calls.append(loop.time()))
    began = loop.time()
    timer.start(10)
    timer.start(20)
    timer.start_if_idle(1)
    await asyncio.sleep(100)
    assert len(calls) == 1
    assert calls[0] - began >= 20
    assert not timer.running


async def test_a_stopped_timer_does_not_call() -> None:
    calls: list[int] = []
    timer = Timer(lambda: calls.append(1))
    timer.start(1)
    timer.stop()
    await asyncio.sleep(5)
    assert calls == []


async def test_an_instant_is_waited_for_unless_it_has_passed() -> None:
    loop = asyncio.get_running_loop()
    instant_s = loop.time() + 10
    assert await until(instant_s) == instant_s
    assert loop.time() >= instant_s
    now_s = loop.time()
    assert now_s <= await until(instant_s - 5) <= now_s + 1


async def test_the_first_error_of_a_task_is_raised_when_its_owner_closes() -> None:
    async def fail() -> None:
        raise LookupError("lost")

    tasks = Tasks()
    waiting = tasks.start(asyncio.sleep(1000), name="waiting")
    tasks.start(fail(), name="failing")
    await asyncio.sleep(1)
    with pytest.raises(LookupError, match="lost"):
        await tasks.close()
    assert waiting.cancelled()
