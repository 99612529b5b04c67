"""What the sensor of a bay says is believed at the second look, and told when it changed."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from station.bay_watch import LOOKS_TO_COMPLAIN, POLL_S, BayWatch
from station.core.events import BayChanged
from station.hardware.bay_sensor import ValueFileSensor


@pytest.fixture
def value(tmp_path):
    file = tmp_path / "value"
    file.write_text("0\n")
    return file


@contextlib.asynccontextmanager
async def watched(file, **sensor):
    told = []
    watch = BayWatch(ValueFileSensor(file, **sensor), evse_id=1, post=told.append)
    task = asyncio.create_task(watch.run())
    await asyncio.sleep(2.5 * POLL_S)
    yield told
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("occupied", [False, True])
async def test_the_first_thing_told_is_how_the_bay_is(value, occupied):
    value.write_text(str(int(occupied)))
    async with watched(value) as told:
        assert told == [BayChanged(occupied)]


async def test_who_comes_and_who_leaves_is_told_once_each(value):
    async with watched(value) as told:
        for text in ("1", "0"):
            value.write_text(text)
            await asyncio.sleep(10)
        assert told == [BayChanged(occupied=False), BayChanged(occupied=True), BayChanged(occupied=False)]


async def test_a_sensor_that_is_active_low_is_understood(value):
    async with watched(value, occupied=0) as told:
        assert told == [BayChanged(occupied=True)]


async def test_who_walks_through_the_bay_does_not_occupy_it(value):
    async with watched(value) as told:
        for _ in range(5):
            value.write_text("1")
            await asyncio.sleep(POLL_S)
            value.write_text("0")
            await asyncio.sleep(POLL_S)
        assert told == [BayChanged(occupied=False)]


async def test_while_the_sensor_fails_its_last_word_stands_and_one_line_says_so(value):
    value.write_text("1")
    with capture_logs() as logs:
        async with watched(value) as told:
            value.unlink()
            await asyncio.sleep(20 * LOOKS_TO_COMPLAIN * POLL_S)
            assert told == [BayChanged(occupied=True)]
            value.write_text("0")
            await asyncio.sleep(3 * POLL_S)
            assert told == [BayChanged(occupied=True), BayChanged(occupied=False)]
    events = [entry["event"] for entry in logs]
    assert events == ["bay_changed", "bay_sensor_failed", "bay_sensor_recovered", "bay_changed"]
    assert str(value) in logs[1]["error"]
