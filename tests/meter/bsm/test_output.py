"""The output: off, and sure to stay off."""

import asyncio

import pytest

from station.errors import ContactorStuckError, LineRefusedError, MeterBusyError, MeterError
from station.meter.bsm import BsmMeter
from station.meter.registers import address
from tests.meter.charging import REQUEST
from tests.meter.fake_device import FakeDevice

DO, ON = address("bsm", "DO"), address("stons", "St")


async def being_turned_on(meter: BsmMeter, device: FakeDevice) -> asyncio.Task:
    """Return a start whose turn-on was just commanded."""
    start = asyncio.create_task(meter.start_transaction(REQUEST), name="start")
    while not device.snapshots:
        await asyncio.sleep(0.001)
    return start


async def given_up_on(meter: BsmMeter, device: FakeDevice) -> None:
    """Leave a turn-on of 5 s alone after one second, by somebody who did not even wait for the release."""
    device.busy_s = 5.0
    start = await being_turned_on(meter, device)
    await asyncio.sleep(1.0)
    for _ in range(2):
        start.cancel()
        await asyncio.sleep(0.01)
    with pytest.raises(asyncio.CancelledError):
        await start


async def test_releasing_the_output_is_read_back(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.start_transaction(REQUEST)
    await ready.release_output()
    assert not device.output_on
    await ready.start_transaction(REQUEST)
    device.faults.output_stuck = True
    with pytest.raises(MeterError, match="stays on"):
        await ready.release_output()


async def test_a_refused_release_is_told(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.refuses = {DO}
    with pytest.raises(LineRefusedError):
        await ready.release_output()


async def test_a_contactor_that_stays_closed_is_told(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "DI", 0)
    with pytest.raises(ContactorStuckError):
        await ready.release_output()


async def test_a_contactor_that_takes_its_time_is_waited_for(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "DI", 0)
    asyncio.get_running_loop().call_later(0.3, device.put, "bsm", "DI", 1)
    await ready.release_output()


@pytest.mark.parametrize("holds_answers", [False, True])
@pytest.mark.parametrize("after_s", [0.0, 0.1, 1.0, 6.0])
async def test_a_turn_on_that_was_given_up_does_not_turn_the_output_on_later(
    ready: BsmMeter, device: FakeDevice, after_s: float, holds_answers: bool
) -> None:
    device.busy_s, device.holds_answers = 9.7, holds_answers
    start = await being_turned_on(ready, device)
    await asyncio.sleep(after_s)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    await asyncio.sleep(20)
    assert not device.output_on


async def test_the_output_is_turned_off_before_the_end_of_the_turn_on_is_waited_for(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.busy_s = 5.0
    start = await being_turned_on(ready, device)
    await asyncio.sleep(1.0)
    start.cancel()
    await asyncio.sleep(0.1)
    assert device.writes.count((DO, 1)) == 1
    await asyncio.wait([start])
    assert device.writes.count((DO, 1)) == 2


async def test_a_turn_on_that_never_ends_is_told(ready: BsmMeter, device: FakeDevice) -> None:
    device.busy_s = 1e9
    with pytest.raises(MeterBusyError, match=r"15 s.*may be on: .*may turn the output on again"):
        await ready.start_transaction(REQUEST)
    assert not device.output_on


async def test_a_turn_on_that_ended_long_after_its_time_is_found_to_have_ended(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.busy_s = 40.0
    with pytest.raises(MeterBusyError):
        await ready.start_transaction(REQUEST)
    with pytest.raises(MeterError, match="may turn the output on again"):
        await ready.release_output()
    await asyncio.sleep(40)
    assert device.output_on
    await ready.release_output()
    assert not device.output_on
    device.busy_s = 0.3
    assert (await ready.start_transaction(REQUEST)).record is not None


@pytest.mark.parametrize("how", ["deaf_to", "refuses"])
async def test_a_line_that_fails_in_the_middle_does_not_keep_the_release_from_being_tried(
    ready: BsmMeter, device: FakeDevice, how: str
) -> None:
    device.busy_s = 5.0
    start = await being_turned_on(ready, device)
    await asyncio.sleep(1.0)
    setattr(device.faults, how, {ON, DO})
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert device.writes.count((DO, 1)) == 2


async def test_a_release_waits_for_a_turn_on_that_nobody_waited_for(ready: BsmMeter, device: FakeDevice) -> None:
    await given_up_on(ready, device)
    await ready.release_output()
    await asyncio.sleep(20)
    assert not device.output_on


async def test_the_next_snapshot_waits_for_a_turn_on_that_nobody_waited_for(
    ready: BsmMeter, device: FakeDevice
) -> None:
    await given_up_on(ready, device)
    assert (await ready.stop_transaction("any")).record is not None
    await asyncio.sleep(20)
    assert not device.output_on


async def test_a_failed_end_turns_the_output_off(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.start_transaction(REQUEST)
    device.faults.deaf_to = {address("stoffs", "St")}
    with pytest.raises(MeterBusyError):
        await ready.stop_transaction("any")
    assert not device.output_on
