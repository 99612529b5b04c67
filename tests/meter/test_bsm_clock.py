"""Keeping the meter's clock, seldom."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from station.errors import (
    ClockUnsetError,
)
from station.meter.bsm import BsmMeter
from tests.fakes_clock import FakeClock
from tests.meter.fake_device import FakeDevice

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


async def test_the_time_is_set_once_in_one_write_and_then_left_alone_for_a_day(
    meter: BsmMeter, device: FakeDevice
) -> None:
    for _ in range(3):
        await meter.set_time()
        await asyncio.sleep(7 * 3600)
    writes = [request for request in device.requests if request.write]
    assert [(request.address, request.count) for request in writes] == [(40260, 3)]
    assert device.number("bsm", "TZO") == 60
    assert device.number("bsm", "Epoch") == int(NOON.timestamp())


async def test_a_running_clock_is_updated_after_a_day(meter: BsmMeter, device: FakeDevice) -> None:
    await meter.set_time()
    device.requests.clear()
    await asyncio.sleep(25 * 3600)
    await meter.set_time()
    await meter.set_time()
    assert [(request.address, request.count) for request in device.requests if request.write] == [(40260, 2)]
    assert abs(device.number("bsm", "Epoch") - NOON.timestamp() - 25 * 3600) <= 1


async def test_a_clock_that_runs_already_is_not_touched_at_once(meter: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "Epoch", 1_700_000_000)
    device.put("bsm", "TZO", 60)
    await meter.set_time()
    await asyncio.sleep(23 * 3600)
    await meter.set_time()
    assert not [request for request in device.requests if request.write]


async def test_daylight_saving_writes_the_offset_and_nothing_else(device: FakeDevice, clock: FakeClock) -> None:
    device.put("bsm", "Epoch", 1_700_000_000)
    device.put("bsm", "TZO", 60)
    meter = BsmMeter(device, name="meter 1", clock=clock, zone=timezone(timedelta(hours=2)))
    await meter.set_time()
    assert [(request.address, request.count) for request in device.requests if request.write] == [(40262, 1)]
    assert device.number("bsm", "TZO") == 120


async def test_a_computer_without_time_gives_none_to_the_meter(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    clock.shift(-NOON.timestamp())
    with pytest.raises(ClockUnsetError, match="NTP"):
        await meter.set_time()
    assert not [request for request in device.requests if request.write]


async def test_a_meter_that_does_not_take_the_time_is_told(meter: BsmMeter, device: FakeDevice) -> None:
    device.faults.ignore_time = True
    with pytest.raises(ClockUnsetError, match="did not take"):
        await meter.set_time()


async def test_a_computer_without_time_leaves_a_running_clock_alone(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    await meter.set_time()
    device.requests.clear()
    await asyncio.sleep(25 * 3600)
    clock.shift(-clock.now().timestamp())
    await meter.set_time()
    assert not [request for request in device.requests if request.write]
