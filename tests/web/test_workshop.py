"""Work beside the loop: one piece after the other."""

import asyncio
import threading

import pytest

from station.web.workshop import Workshop


async def test_work_is_done_in_one_other_thread() -> None:
    workshop = Workshop()
    threads = {await workshop.do(threading.get_ident) for _ in range(5)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    workshop.close()


async def test_an_error_comes_back() -> None:
    workshop = Workshop()
    with pytest.raises(ValueError, match="invalid literal"):
        await workshop.do(int, "x")
    workshop.close()


async def test_it_opens_again_after_it_was_closed() -> None:
    workshop = Workshop()
    workshop.close()
    assert await workshop.do(int, "1") == 1
    workshop.close()
    assert await workshop.do(int, "2") == 2
    workshop.close()


async def test_what_is_not_done_yet_is_counted_and_what_failed_is_done() -> None:
    workshop, go_on = Workshop(), threading.Event()
    work = [asyncio.create_task(workshop.do(go_on.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    assert workshop.pending == 3
    go_on.set()
    await asyncio.gather(*work)
    with pytest.raises(ValueError, match="invalid literal"):
        await workshop.do(int, "x")
    assert workshop.pending == 0
    workshop.close()
