"""A station that switches by itself: the meter only measures and signs."""

import asyncio
from collections.abc import Callable

import pytest

from station.core.records import RecordKind
from station.errors import ContactorStuckError, MeterBusyError, MeterError, RecordInvalidError, SnapshotFailedError
from station.meter.bsm import BsmMeter
from station.meter.port import Switching
from station.meter.registers import address
from tests.meter.charging import REQUEST, TRANSACTION
from tests.meter.fake_device import FakeDevice

DO, ON, START, END = address("bsm", "DO"), address("stons", "St"), address("sss", "St"), address("ses", "St")


@pytest.fixture
async def external(make: Callable[..., BsmMeter], device: FakeDevice) -> BsmMeter:
    meter = make(switching=Switching.EXTERNAL)
    await meter.identify()
    await meter.set_time(None)
    stop_flowing(device)
    device.requests.clear()
    return meter


def stop_flowing(device: FakeDevice) -> None:
    flow(device, 0)


def flow(device: FakeDevice, current: int = 1600) -> None:
    for name in ("AphA", "AphB", "AphC"):
        device.put("tpm", name, current)


async def test_begin_and_end_are_start_and_end_snapshots(external: BsmMeter, device: FakeDevice) -> None:
    stop_flowing(device)
    start = await external.start_transaction(REQUEST)
    stop = await external.stop_transaction(TRANSACTION)
    assert (start.record.kind, stop.record.kind) == (RecordKind.START, RecordKind.END)
    assert (start.record.session_energy_wh, stop.record.pagination) == (0, 102)
    assert stop.start_signed_meter_value == start.signed_meter_value
    assert device.snapshots == [RecordKind.START, RecordKind.END]


async def test_nothing_is_ever_written_to_the_output(external: BsmMeter, device: FakeDevice) -> None:
    stop_flowing(device)
    await external.start_transaction(REQUEST)
    await external.release_output()
    await external.stop_transaction(TRANSACTION)
    device.faults.fail_with = 3
    for call in (external.start_transaction(REQUEST), external.stop_transaction(TRANSACTION)):
        with pytest.raises(SnapshotFailedError):
            await call
    device.faults.fail_with = 0
    start = asyncio.create_task(external.start_transaction(REQUEST), name="start")
    await asyncio.sleep(0.1)
    start.cancel()
    await asyncio.wait([start])
    assert {at for at, _ in device.writes} == {40279, 40399, START, END}


async def test_the_end_is_signed_when_no_current_flows_any_more(external: BsmMeter, device: FakeDevice) -> None:
    await external.start_transaction(REQUEST)
    flow(device)
    device.requests.clear()
    loop = asyncio.get_running_loop()
    began = loop.time()
    loop.call_later(2.0, stop_flowing, device)
    await external.stop_transaction(TRANSACTION)
    command = next(request for request in device.requests if request.write)
    assert 2.0 <= command.at - began < 3.0


async def test_nothing_is_signed_while_current_flows(external: BsmMeter, device: FakeDevice) -> None:
    flow(device)
    for call in (external.start_transaction(REQUEST), external.stop_transaction(TRANSACTION)):
        began = asyncio.get_running_loop().time()
        with pytest.raises(ContactorStuckError, match="current still flows"):
            await call
        assert 6.0 <= asyncio.get_running_loop().time() - began < 7.0
    assert device.writes == []


async def test_the_noise_of_an_idle_line_is_no_current(external: BsmMeter, device: FakeDevice) -> None:
    flow(device, 24)
    assert (await external.start_transaction(REQUEST)).record is not None


async def test_what_is_left_over_are_start_and_end(
    external: BsmMeter, device: FakeDevice, make: Callable[..., BsmMeter]
) -> None:
    stop_flowing(device)
    begin = (await external.start_transaction(REQUEST)).record
    end = (await external.stop_transaction(TRANSACTION)).record
    device.put("bsm", "DO", 1)
    device.put("bsm", "DI", 0)
    left = await make(switching=Switching.EXTERNAL).left_over(REQUEST)
    assert (left.begin, left.end) == (begin, end)
    assert (left.output_on, left.contactor_closed) == (False, False)


async def test_a_begin_with_event_bits_is_refused(external: BsmMeter, device: FakeDevice) -> None:
    device.put("tpm", "Evt", 1 << 19)
    with pytest.raises(RecordInvalidError, match="not fit for billing"):
        await external.start_transaction(REQUEST)


async def test_a_begin_that_lost_its_time_is_taken_again(external: BsmMeter, device: FakeDevice) -> None:
    device.lose_power()
    assert (await external.start_transaction(REQUEST)).record.doubts == ()
    assert [at for at, _ in device.writes] == [40279, 40399, START, 40260, 40279, 40399, START]


async def test_a_meter_that_stays_busy_is_given_up_without_a_word_about_its_output(
    external: BsmMeter, device: FakeDevice
) -> None:
    device.busy_s = 1e9
    with pytest.raises(MeterBusyError, match=r"within 15 s$"):
        await external.start_transaction(REQUEST)


async def test_a_turn_on_is_not_to_be_had(external: BsmMeter, device: FakeDevice) -> None:
    with pytest.raises(MeterError, match="external"):
        await external.snapshot(RecordKind.TURN_ON)
    assert device.requests == []
