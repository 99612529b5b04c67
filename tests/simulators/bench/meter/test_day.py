"""A day at full load: nothing piles up in the meter."""

import asyncio
import gc
import tracemalloc
from pathlib import Path

from tests.simulators.bench.meter.rig import Rig, rig
from tests.simulators.bench.places import META1, META3, SNAPSHOTS, number, ocmf, set_clock

HALF_A_DAY_S = 12 * 3600
SESSION_S = 3600
POLL_S = 120
POLLS = 3
"""At each look; the loop's jump costs more than all of them."""
LEFT_OVER_BYTES = 20_000
"""Blocks that were filled again, numbers that grew; a leak of 50 bytes a poll would be more."""
EPOCH_0 = 1_700_000_000


async def snapshot(line: Rig, kind: str) -> None:
    await line.write(SNAPSHOTS[kind] + 1, 2)
    while (await line.read(SNAPSHOTS[kind] + 1))[0] == 2:
        await asyncio.sleep(3)
    assert await line.read(SNAPSHOTS[kind] + 1) == [0]
    assert (await ocmf(line, kind)).startswith("OCMF|")
    assert len(await line.read_bytes(SNAPSHOTS[kind], 252)) == 504


async def session(line: Rig, ends_s: float) -> None:
    """What a station does with a meter; until `ends_s` of loop time."""
    loop = asyncio.get_running_loop()
    await line.write_text(META1, f"id {loop.time()}".ljust(140, "\0") + "evse", 120)
    await line.write_text(META3, "software", 50)
    await snapshot(line, "turn_on")
    while loop.time() < ends_s - 30:
        for _ in range(POLLS):
            await line.read(40092, 53)
            await line.read(40251, 29)
        await asyncio.sleep(POLL_S)
    await snapshot(line, "current")
    await snapshot(line, "turn_off")


async def half_a_day(line: Rig) -> None:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await set_clock(line, EPOCH_0 + int(began_s))
    for number_ in range(1, HALF_A_DAY_S // SESSION_S + 1):
        await session(line, began_s + number_ * SESSION_S)


def traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def test_a_day_of_sessions_leaves_no_memory_and_no_task_behind(tmp_path: Path) -> None:
    tasks = len(asyncio.all_tasks())
    async with rig(tmp_path, load_a=(32.0, 32.0, 32.0)) as line:
        tracemalloc.start()
        try:
            await half_a_day(line)
            after_one, objects = traced(), len(gc.get_objects())
            await half_a_day(line)
            after_two = traced()
        finally:
            tracemalloc.stop()
        assert after_two - after_one < LEFT_OVER_BYTES
        assert len(gc.get_objects()) - objects < 200
        assert len(asyncio.all_tasks()) == tasks
        assert await number(line, 40256) == 2 * 3 * HALF_A_DAY_S // SESSION_S
        assert 3 * 230 * 32 * 24 * 0.95 < line.meter.measuring.kept.total_wh - 12_345.678 < 3 * 230 * 32 * 24
    assert len(asyncio.all_tasks()) == tasks
