"""Taking snapshots: a meter that is slow, deaf or fails."""

import asyncio

import pytest

from station.core.records import Metadata, RecordKind
from station.errors import (
    MeterBusyError,
    MeterError,
    SnapshotFailedError,
)
from station.meter.bsm import BsmMeter
from station.meter.registers import address
from tests.meter.fake_device import FakeDevice

METADATA = Metadata("contract-id: rfid:12345678abcdef", "evse-id: DE*BDO*E8025334492*2", "csc-sw-version: v1.2.34")
ON, OFF = address("stons", "St"), address("stoffs", "St")


async def test_a_start_reads_nothing_twice_and_costs_no_more_bytes_than_it_must(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.busy_s = 0.01
    await ready.turn_on(METADATA)
    assert sum(request.size for request in device.requests) <= 1456
    ranges = [range(request.address, request.address + request.count) for request in device.requests]
    asked = [at for span in ranges for at in span]
    assert asked.count(ON) == 2, "one command, one poll"
    del asked[asked.index(ON)]
    assert len(asked) == len(set(asked))
    assert len(device.requests) <= 8


async def test_an_end_costs_no_more_bytes_than_it_must(ready: BsmMeter, device: FakeDevice) -> None:
    device.busy_s = 0.01
    await ready.turn_off()
    assert sum(request.size for request in device.requests) <= 1082
    assert len(device.requests) <= 6


@pytest.mark.parametrize("holds_answers", [False, True])
@pytest.mark.parametrize("busy_s", [0.0, 2.0, 9.9])
async def test_both_manners_of_a_busy_meter_are_understood(
    ready: BsmMeter, device: FakeDevice, busy_s: float, holds_answers: bool
) -> None:
    device.busy_s, device.holds_answers = busy_s, holds_answers
    assert (await ready.turn_on(METADATA)).verified
    polls = [request for request in device.requests if request.address == ON and not request.write]
    assert len(polls) == 1 or not holds_answers
    assert all(request.retries == 0 for request in polls)


async def test_nothing_else_is_on_the_line_between_command_and_record(ready: BsmMeter, device: FakeDevice) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(ready.turn_on(METADATA), name="start")
        await asyncio.sleep(0.1)
        group.create_task(ready.read(), name="read")
    addresses = [request.address for request in device.requests]
    first = next(i for i, request in enumerate(device.requests) if request.address == ON and request.write)
    assert set(addresses[first:-4]) == {ON}
    assert addresses[-4:] == [42293, 42418, 42543, 40092]


@pytest.mark.parametrize("holds_answers", [False, True])
async def test_a_meter_that_stays_busy_is_given_up_after_15_s_and_switched_off(
    ready: BsmMeter, device: FakeDevice, holds_answers: bool
) -> None:
    device.busy_s, device.holds_answers = 1e9, holds_answers
    began = asyncio.get_running_loop().time()
    with pytest.raises(MeterBusyError, match="15 s"):
        await ready.turn_on(METADATA)
    assert 15 <= asyncio.get_running_loop().time() - began < 30
    assert not device.output_on


@pytest.mark.parametrize("status", [1, 3, 4, 5])
async def test_a_failed_snapshot_is_told_with_its_status_and_the_output_is_off(
    ready: BsmMeter, device: FakeDevice, status: int
) -> None:
    device.faults.fail_with = status
    with pytest.raises(SnapshotFailedError, match=f"status {status}") as caught:
        await ready.turn_on(METADATA)
    assert caught.value.status == status
    assert not device.output_on


async def test_a_text_that_could_not_be_rendered_is_a_failed_snapshot(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.ocmf_status = 3
    with pytest.raises(SnapshotFailedError) as caught:
        await ready.turn_on(METADATA)
    assert caught.value.status == 3


async def test_a_command_whose_acknowledge_is_lost_is_not_repeated(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.acknowledge_lost = {ON}
    assert (await ready.turn_on(METADATA)).pagination == 101
    assert device.snapshots == [RecordKind.TURN_ON]
    assert [request.retries for request in device.requests if request.address == ON and request.write] == [0]


async def test_a_quick_snapshot_whose_acknowledge_is_lost_is_not_repeated(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.faults.acknowledge_lost = {ON}
    device.busy_s = 0.0
    assert (await ready.turn_on(METADATA)).pagination == 101
    assert device.snapshots == [RecordKind.TURN_ON]


async def test_a_command_that_was_not_heard_is_repeated_once(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.deaf_to = {ON}
    asyncio.get_running_loop().call_later(0.5, device.faults.deaf_to.clear)
    assert (await ready.turn_on(METADATA)).pagination == 101
    assert device.snapshots == [RecordKind.TURN_ON]


async def test_a_poll_that_is_lost_is_asked_again(ready: BsmMeter, device: FakeDevice) -> None:
    loop = asyncio.get_running_loop()
    loop.call_later(0.02, device.faults.deaf_to.add, ON)
    loop.call_later(1.0, device.faults.deaf_to.clear)
    assert (await ready.turn_on(METADATA)).pagination == 101


async def test_a_text_that_is_rendered_later_is_waited_for(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.text_ready_later = True
    assert (await ready.turn_on(METADATA)).pagination == 101


async def test_a_meter_that_never_settles_is_told(ready: BsmMeter, device: FakeDevice) -> None:
    device.busy_s = 1e9
    await device.write_registers(OFF, [2])
    with pytest.raises(MeterBusyError, match="turn_off"):
        await ready.left_over()


async def test_an_ocmf_block_of_another_kind_is_refused(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("ostons", "Typ", 3)
    with pytest.raises(MeterError, match="Typ 3"):
        await ready.turn_on(METADATA)


async def test_a_text_that_fills_its_block_is_read_to_the_end(ready: BsmMeter, device: FakeDevice) -> None:
    record = await ready.turn_on(Metadata("x" * 140, "y" * 100, "z" * 100))
    assert record.verified
    assert len(record.ocmf) > 900
    assert sum(request.count for request in device.requests if request.address >= 42293) == 498
