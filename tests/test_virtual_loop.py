"""The loop that all other tests stand on."""

import asyncio
import os
import time


async def test_a_day_of_timers_passes_in_a_moment() -> None:
    loop = asyncio.get_running_loop()
    began, real = loop.time(), time.monotonic()
    for _ in range(24):
        await asyncio.sleep(3600)
    assert loop.time() - began >= 24 * 3600
    assert time.monotonic() - real < 10


async def test_bytes_of_a_pipe_win_against_a_timer() -> None:
    read_end, write_end = os.pipe()
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[bytes] = loop.create_future()
    loop.add_reader(read_end, lambda: arrived.set_result(os.read(read_end, 10)))
    os.write(write_end, b"x")
    async with asyncio.timeout(0.5):
        assert await arrived == b"x"
    loop.remove_reader(read_end)
    os.close(read_end)
    os.close(write_end)
