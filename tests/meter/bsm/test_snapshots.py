"""Taking snapshots: a meter that is slow, deaf or fails, and what that costs on the line."""

import asyncio
from collections.abc import Callable

import pytest

from station.core.metadata import Filled
from station.core.records import Metadata, RecordKind
from station.errors import MeterBusyError, MeterError, SnapshotFailedError
from station.meter.bsm import BsmMeter
from station.meter.registers import address
from tests.meter.charging import REQUEST, TRANSACTION
from tests.meter.fake_device import FakeDevice

ON, OFF = address("stons", "St"), address("stoffs", "St")
WHOLE_START, WHOLE_STOP = 1456, 1082
"""Bytes, METER.md section 8."""


async def known_pace(meter: BsmMeter, device: FakeDevice, busy_s: float) -> None:
    """Let the driver learn how long this meter takes."""
    for _ in range(2):
        device.busy_s = busy_s
        await meter.start_transaction(REQUEST)
        await meter.stop_transaction(TRANSACTION)
    device.requests.clear()


def unless_polls(device: FakeDevice) -> list[int]:
    """Every register that was asked for or written, without the polls."""
    polls = [*device.polls(RecordKind.TURN_ON), *device.polls(RecordKind.TURN_OFF)]
    return [at for request in device.requests if request not in polls for at in request.span]


@pytest.mark.parametrize("busy_s", [2.7, 10.0])
async def test_a_start_costs_hardly_more_bytes_than_it_must_and_nothing_is_read_twice(
    ready: BsmMeter, device: FakeDevice, busy_s: float
) -> None:
    await known_pace(ready, device, busy_s)
    for _ in range(3):
        device.requests.clear()
        await ready.start_transaction(REQUEST)
        assert sum(request.size for request in device.requests) <= 1.05 * WHOLE_START
        asked = unless_polls(device)
        assert len(asked) == len(set(asked))


@pytest.mark.parametrize("busy_s", [2.7, 8.0])
async def test_an_end_costs_hardly_more_bytes_than_it_must_and_nothing_is_read_twice(
    ready: BsmMeter, device: FakeDevice, busy_s: float
) -> None:
    await known_pace(ready, device, busy_s)
    for _ in range(3):
        device.requests.clear()
        await ready.stop_transaction(TRANSACTION)
        assert sum(request.size for request in device.requests) <= 1.05 * WHOLE_STOP
        asked = unless_polls(device)
        assert len(asked) == len(set(asked))


@pytest.mark.parametrize("old_firmware", [False, True])
async def test_the_metadata_of_a_snapshot_is_not_read(
    ready: BsmMeter, device: FakeDevice, old_firmware: bool
) -> None:
    device.old_firmware = old_firmware
    record = (await ready.start_transaction(REQUEST)).record
    first, end = address("stons", "Meta1"), address("stons", "Evt")
    assert not any(set(range(first, end)) & set(request.span) for request in device.requests)
    payload = device._registers[40777 - 40000 : 41029 - 40000]
    assert record.snapshot == b"".join(word.to_bytes(2, "big") for word in payload)


async def test_metadata_that_nobody_knows_is_read_out_of_the_snapshot(
    ready: BsmMeter, device: FakeDevice, make: Callable[..., BsmMeter]
) -> None:
    device.old_firmware = True
    await ready.start_transaction(REQUEST)
    device.requests.clear()
    assert (await make().current()).verified
    asked = [request.span for request in device.requests]
    assert range(40553, 40678) in asked
    assert range(40678, 40723) in asked


async def test_metadata_that_the_text_tells_is_not_read(
    ready: BsmMeter, device: FakeDevice, make: Callable[..., BsmMeter]
) -> None:
    await ready.start_transaction(REQUEST)
    device.requests.clear()
    assert (await make().current()).verified
    assert not any(set(range(40553, 40723)) & set(request.span) for request in device.requests)


@pytest.mark.parametrize("holds", ["nothing", "answers", "acknowledge"])
@pytest.mark.parametrize("busy_s", [0.0, 2.0, 9.9])
async def test_every_manner_of_a_busy_meter_is_understood(
    ready: BsmMeter, device: FakeDevice, busy_s: float, holds: str
) -> None:
    device.busy_s = busy_s
    device.holds_answers, device.holds_acknowledge = holds == "answers", holds == "acknowledge"
    for count in (1, 2):
        assert (await ready.start_transaction(REQUEST)).record.verified
        assert len(device.snapshots) == count
    polls = device.polls(RecordKind.TURN_ON)
    assert len(polls) == 2 or holds != "answers"
    assert all(request.retries == 0 for request in polls)


async def test_a_meter_that_tells_that_it_is_busy_is_not_given_long_for_an_answer(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.busy_s = 3.0
    await ready.start_transaction(REQUEST)
    first, *others = device.polls(RecordKind.TURN_ON)
    assert first.timeout_s == 11.0
    assert {request.timeout_s for request in others} == {None}


async def test_nothing_else_is_on_the_line_between_command_and_record(ready: BsmMeter, device: FakeDevice) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(ready.start_transaction(REQUEST), name="start")
        await asyncio.sleep(0.1)
        group.create_task(ready.read(), name="read")
    addresses = [request.address for request in device.requests]
    first = addresses.index(ON)
    assert set(addresses[first:-6]) == {ON}
    assert addresses[-6:] == [42293, 42418, 42543, 40779, 40977, 40092]


@pytest.mark.parametrize("holds_answers", [False, True])
async def test_a_meter_that_stays_busy_is_given_up_after_15_s_and_switched_off(
    ready: BsmMeter, device: FakeDevice, holds_answers: bool
) -> None:
    device.busy_s, device.holds_answers = 1e9, holds_answers
    began = asyncio.get_running_loop().time()
    with pytest.raises(MeterBusyError, match="15 s"):
        await ready.start_transaction(REQUEST)
    assert 15 <= asyncio.get_running_loop().time() - began < 30
    assert not device.output_on


@pytest.mark.parametrize("status", [1, 3, 4, 5])
async def test_a_failed_snapshot_is_told_with_its_status_and_the_output_is_off(
    ready: BsmMeter, device: FakeDevice, status: int
) -> None:
    device.faults.fail_with = status
    with pytest.raises(SnapshotFailedError, match=f"status {status}") as caught:
        await ready.start_transaction(REQUEST)
    assert caught.value.status == status
    assert not device.output_on


async def test_a_failure_does_not_teach_how_long_a_snapshot_takes(ready: BsmMeter, device: FakeDevice) -> None:
    await known_pace(ready, device, 5.0)
    device.busy_s, device.faults.fail_with = 0.5, 3
    with pytest.raises(SnapshotFailedError):
        await ready.start_transaction(REQUEST)
    device.busy_s, device.faults.fail_with = 5.0, 0
    device.requests.clear()
    await ready.start_transaction(REQUEST)
    assert len(device.polls(RecordKind.TURN_ON)) <= 7


async def test_a_text_that_could_not_be_rendered_is_a_failed_snapshot(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.ocmf_status = 3
    with pytest.raises(SnapshotFailedError) as caught:
        await ready.start_transaction(REQUEST)
    assert caught.value.status == 3


@pytest.mark.parametrize("busy_s", [0.0, 0.3, 2.0])
async def test_a_command_whose_acknowledge_is_lost_is_not_repeated(
    ready: BsmMeter, device: FakeDevice, busy_s: float
) -> None:
    device.busy_s = busy_s
    device.faults.acknowledge_lost = {ON}
    assert (await ready.start_transaction(REQUEST)).record.pagination == 101
    assert device.snapshots == [RecordKind.TURN_ON]
    assert [request.retries for request in device.requests if request.address == ON and request.write] == [0]


async def test_a_command_that_was_not_heard_is_repeated_once(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.deaf_to = {ON}
    asyncio.get_running_loop().call_later(0.5, device.faults.deaf_to.clear)
    assert (await ready.start_transaction(REQUEST)).record.pagination == 101
    assert device.snapshots == [RecordKind.TURN_ON]


async def test_a_command_that_is_repeated_late_gets_its_whole_time(ready: BsmMeter, device: FakeDevice) -> None:
    device.busy_s = 9.9
    device.faults.deaf_to = {ON}
    asyncio.get_running_loop().call_later(8.0, device.faults.deaf_to.clear)
    assert (await ready.start_transaction(REQUEST)).record.pagination == 101


async def test_a_poll_that_is_lost_is_asked_again(ready: BsmMeter, device: FakeDevice) -> None:
    device.busy_s = 1.0
    loop = asyncio.get_running_loop()
    loop.call_later(0.1, device.faults.deaf_to.add, ON)
    loop.call_later(2.0, device.faults.deaf_to.clear)
    assert (await ready.start_transaction(REQUEST)).record.pagination == 101


async def test_looks_that_were_missed_are_not_made_up_for(ready: BsmMeter, device: FakeDevice) -> None:
    device.busy_s = 13.0
    loop = asyncio.get_running_loop()
    loop.call_later(0.1, device.faults.deaf_to.add, ON)
    loop.call_later(2.0, device.faults.deaf_to.clear)
    await ready.start_transaction(REQUEST)
    assert len(device.polls(RecordKind.TURN_ON)) < 6


async def test_a_text_that_is_rendered_later_is_waited_for_with_small_looks(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.faults.text_ready_after_s = 1.0
    assert (await ready.start_transaction(REQUEST)).record.pagination == 101
    assert [request.span for request in device.requests].count(range(42293, 42418)) == 2


async def test_a_text_that_is_never_rendered_is_told(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.text_ready_after_s = 1e9
    with pytest.raises(MeterBusyError, match="15 s"):
        await ready.start_transaction(REQUEST)
    assert not device.output_on


async def test_an_ocmf_block_of_another_kind_is_refused(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("ostons", "Typ", 3)
    with pytest.raises(MeterError, match="Typ 3"):
        await ready.start_transaction(REQUEST)


async def test_a_text_that_fills_its_block_is_read_to_the_end(
    make: Callable[..., BsmMeter], device: FakeDevice
) -> None:
    longest = Metadata("x" * 140, "y" * 100, "z" * 100)
    meter = make(metadata=lambda _: Filled(longest))
    await meter.set_time(None)
    record = (await meter.start_transaction(REQUEST)).record
    assert record.verified
    assert len(record.ocmf) > 900
    assert sum(request.count for request in device.requests if 42293 <= request.address < 42791) == 498
