"""The digital lines: DO and DOE close the contactor after a moment, DI tells whether it did."""

import asyncio
from pathlib import Path

from tests.simulators.bench.meter.rig import rig
from tests.simulators.bench.places import DI, DI_CHG, DO, number

SLOW = 1000.0
"""At this scale the contactor closes in 20 s and opens in 10 s."""
NEVER = 0xFFFFFFFF


async def test_the_feedback_follows_the_output_after_the_contactors_time(tmp_path: Path) -> None:
    async with rig(tmp_path, time_scale=SLOW) as line:
        for output, early_s, late_s in ((1, 18.0, 4.0), (0, 8.0, 4.0)):
            await line.write(DO, output)
            assert await line.read(DO) == [output]
            await asyncio.sleep(early_s)
            assert await line.read(DI) == [output]  # still what it was: open is 1
            await asyncio.sleep(late_s)
            assert await line.read(DI) == [1 - output]


async def test_the_contactor_needs_output_and_enable_both(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        for output, enabled, read in ((0, True, 1), (0, False, 1), (1, False, 1), (1, True, 0), (1, False, 1)):
            await line.write(DO, output)
            line.contactor.enable(enabled)
            await asyncio.sleep(0.5)
            assert await line.read(DI) == [read]
            assert await line.read(DO) == [output]


async def test_a_welded_contactor_reads_closed_until_it_is_free(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await asyncio.sleep(50)
        assert await number(line, DI_CHG) == NEVER
        line.faults.put("contactor_welded", True)
        assert await line.read(DI) == [0]
        assert 50 <= await number(line, DI_CHG) <= 55
        await asyncio.sleep(50)
        line.faults.put("contactor_welded", False)
        assert await line.read(DI) == [1]
        assert 100 <= await number(line, DI_CHG) <= 105


async def test_without_feedback_it_reads_closed_whatever_the_contactor_does(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        line.faults.put("meter_no_feedback", True)
        for output in (1, 0):
            await line.write(DO, output)
            await asyncio.sleep(0.5)
            assert line.contactor.closed == bool(output)
            assert await line.read(DI) == [0]
        line.faults.put("meter_no_feedback", False)
        assert await line.read(DI) == [1]
