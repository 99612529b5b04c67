"""The driver against a small meter that can do everything wrong."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from station.core.records import Metadata, RecordKind
from station.errors import (
    ClockUnsetError,
    LineSilentError,
    MeterBusyError,
    MeterError,
    RecordInvalidError,
    SnapshotFailedError,
    WrongMeterError,
)
from station.meter.bsm import BsmMeter
from station.meter.registers import address
from tests.fakes_clock import FakeClock
from tests.meter.fake_device import SERIAL, FakeDevice

METADATA = Metadata("contract-id: rfid:12345678abcdef", "evse-id: DE*BDO*E8025334492*2", "csc-sw-version: v1.2.34")
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
DO, ON, OFF = address("bsm", "DO"), address("stons", "St"), address("stoffs", "St")


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice()


@pytest.fixture
async def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def meter(device: FakeDevice, clock: FakeClock) -> BsmMeter:
    return BsmMeter(device, name="meter 1", clock=clock, zone=timezone(timedelta(hours=1)))


@pytest.fixture
async def ready(meter: BsmMeter, device: FakeDevice) -> BsmMeter:
    await meter.identify()
    await meter.set_time()
    device.requests.clear()
    return meter


async def test_the_meter_says_who_it_is_and_what_its_key_is(meter: BsmMeter, device: FakeDevice) -> None:
    identity = await meter.identify()
    assert identity.manufacturer == "BAUER Electronic"
    assert identity.model == "BSM-WS36A-H01-1311-0000"
    assert (identity.serial, identity.meter_firmware, identity.communication_firmware) == (
        SERIAL,
        "1.9:32CA:AFF4",
        "01d484f",
    )
    assert identity.public_key == device.public_key
    assert len(device.requests) == 3


@pytest.mark.parametrize(("alias", "name", "value"), [("cb", "ID", 2), ("bsm", "ID", 64901)])
async def test_something_else_is_not_taken_for_a_meter(
    meter: BsmMeter, device: FakeDevice, alias: str, name: str, value: int
) -> None:
    device.put(alias, name, value)
    with pytest.raises(WrongMeterError, match="meter 1"):
        await meter.identify()


async def test_a_meter_without_a_usable_key_is_refused(meter: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "BPK", 90)
    with pytest.raises(MeterError, match="public key"):
        await meter.identify()


async def test_a_start_gives_the_verified_record_and_the_output_is_on(ready: BsmMeter, device: FakeDevice) -> None:
    record = await ready.turn_on(METADATA)
    assert record.kind is RecordKind.TURN_ON
    assert record.ocmf.startswith(b"OCMF|")
    assert record.ocmf.endswith(b'"}')
    assert record.public_key == device.public_key
    assert (record.meter_serial, record.pagination) == (SERIAL, 101)
    assert (record.session_energy_wh, record.energy_wh) == (0, 123450)
    assert abs(record.taken_at - NOON) < timedelta(seconds=5)
    assert record.verified
    assert record.doubts == ()
    assert device.output_on
    assert [device.get("bsm", f"Meta{i}") for i in (1, 2, 3)] == [METADATA.meta1, METADATA.meta2, METADATA.meta3]


async def test_an_end_gives_the_verified_record_and_the_output_is_off(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.turn_on(METADATA)
    record = await ready.turn_off()
    assert (record.kind, record.pagination, record.session_energy_wh) == (RecordKind.TURN_OFF, 102, 1230)
    assert record.doubts == ()
    assert not device.output_on


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


@pytest.mark.parametrize(
    ("fault", "value", "reason"),
    [
        ("stale", True, "old one"),
        ("counter_stuck", True, "old one"),
        ("bad_signature", True, "signature does not fit"),
        ("other_serial", "001BZR1521999999", "of meter 001BZR1521999999"),
        ("other_id", "somebody else", "somebody else"),
        ("other_kind", True, "turn_off record"),
    ],
)
async def test_a_record_that_cannot_be_trusted_is_refused_kept_and_the_output_is_off(
    ready: BsmMeter, device: FakeDevice, fault: str, value: object, reason: str
) -> None:
    await ready.turn_on(METADATA)
    setattr(device.faults, fault, value)
    with pytest.raises(RecordInvalidError, match=reason) as caught:
        await ready.turn_on(METADATA)
    assert caught.value.ocmf.startswith(b"OCMF|")
    assert not device.output_on


async def test_no_text_at_all_is_no_record(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.stale = True
    with pytest.raises(RecordInvalidError, match="OCMF"):
        await ready.turn_on(METADATA)


async def test_event_bits_are_a_doubt_and_no_refusal(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.events = True
    record = await ready.turn_on(METADATA)
    assert record.verified
    assert record.doubts == ("event_bits",)


async def test_the_error_says_when_the_output_could_not_be_turned_off(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.fail_with = 5
    device.faults.output_stuck = True
    with pytest.raises(SnapshotFailedError, match=r"status 5.*could not be turned off.*stays on") as caught:
        await ready.turn_on(METADATA)
    assert caught.value.status == 5


async def test_the_error_says_when_the_line_fell_silent_as_well(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.bad_signature = True
    device.faults.deaf_to = {DO}
    with pytest.raises(RecordInvalidError, match=r"signature.*could not be turned off"):
        await ready.turn_on(METADATA)


@pytest.mark.parametrize("after_s", [0.001, 0.2, 0.31])
async def test_a_cancelled_start_leaves_the_output_off(ready: BsmMeter, device: FakeDevice, after_s: float) -> None:
    start = asyncio.create_task(ready.turn_on(METADATA), name="start")
    await asyncio.sleep(after_s)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert not device.output_on
    assert (device.requests[-2].address, device.requests[-2].write) == (DO, True)


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


async def test_metadata_that_does_not_fit_is_refused_before_anything_is_signed(
    ready: BsmMeter, device: FakeDevice
) -> None:
    for metadata in (Metadata("x" * 141), Metadata("", "y" * 101), Metadata("Ü"), Metadata("a|b"), Metadata('"')):
        with pytest.raises(MeterError, match=r"(?i)meta[12]"):
            await ready.turn_on(metadata)
    assert device.snapshots == []


async def test_empty_metadata_overwrites_what_the_meter_kept(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.turn_on(METADATA)
    record = await ready.turn_on(Metadata())
    assert b'"IS":false' in record.ocmf
    assert b"X2" not in record.ocmf


# Time


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


async def test_time_may_be_given_up(device: FakeDevice, clock: FakeClock) -> None:
    clock.shift(-NOON.timestamp())
    meter = BsmMeter(device, name="meter 1", clock=clock, require_time=False)
    await meter.identify()
    await meter.set_time()
    record = await meter.turn_on(METADATA)
    assert record.doubts == ("clock_unset",)
    assert device.output_on


async def test_a_meter_that_lost_its_power_is_given_the_time_and_the_start_is_taken_again(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.lose_power()
    record = await ready.turn_on(METADATA)
    assert record.doubts == ()
    assert record.pagination == 102
    assert device.snapshots == [RecordKind.TURN_ON] * 2
    writes = [request.address for request in device.requests if request.write]
    assert writes == [40279, 40399, ON, DO, 40260, 40279, 40399, ON]
    assert device.output_on


async def test_a_start_without_time_that_cannot_be_helped_is_refused(
    ready: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    device.lose_power()
    clock.shift(-NOON.timestamp())
    with pytest.raises(ClockUnsetError):
        await ready.turn_on(METADATA)
    assert not device.output_on


async def test_a_meter_that_signs_without_time_although_it_has_one_is_refused(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.faults.signs_without_time = True
    with pytest.raises(ClockUnsetError, match="although"):
        await ready.turn_on(METADATA)
    assert not device.output_on


async def test_a_computer_without_time_leaves_a_running_clock_alone(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    await meter.set_time()
    device.requests.clear()
    await asyncio.sleep(25 * 3600)
    clock.shift(-clock.now().timestamp())
    await meter.set_time()
    assert not [request for request in device.requests if request.write]


async def test_an_end_without_time_is_kept_with_its_doubts(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.turn_on(METADATA)
    device.lose_power()
    record = await ready.turn_off()
    assert record.verified
    assert record.doubts == ("clock_unset", "id_differs")


# Output, readings, what is left over


async def test_releasing_the_output_is_read_back(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.turn_on(METADATA)
    await ready.release_output()
    assert not device.output_on
    await ready.turn_on(METADATA)
    device.faults.output_stuck = True
    with pytest.raises(MeterError, match="stays on"):
        await ready.release_output()


async def test_live_values_come_with_one_request(ready: BsmMeter, device: FakeDevice) -> None:
    reading = await ready.read()
    assert reading.energy_wh == 123450
    assert reading.power_w == 11040
    assert reading.current_a == (16.0, 16.01, 15.99)
    assert reading.voltage_v == (230.1, 230.2, 230.3)
    assert reading.frequency_hz == 50.0
    assert abs(reading.taken_at - NOON) < timedelta(seconds=5)
    assert [(request.address, request.count) for request in device.requests] == [(40092, 53)]


async def test_phases_that_are_not_measured_count_as_nothing(ready: BsmMeter, device: FakeDevice) -> None:
    for name in ("AphB", "AphC", "PhVphB", "PhVphC", "Hz"):
        device.put("tpm", name, None)
    reading = await ready.read()
    assert reading.current_a == (16.0, 0.0, 0.0)
    assert reading.voltage_v == (230.1, 0.0, 0.0)
    assert reading.frequency_hz is None


async def test_a_meter_without_power_reading_is_an_error(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("tpm", "W", None)
    with pytest.raises(MeterError, match="W is not available"):
        await ready.read()


async def test_nothing_is_left_over_after_power_up(meter: BsmMeter, device: FakeDevice) -> None:
    device.lose_power()
    left = await meter.left_over()
    assert (left.output_on, left.contactor_closed, left.begin, left.end) == (False, False, None, None)


async def test_a_session_that_still_runs_is_found_with_its_start(
    ready: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    begin = await ready.turn_on(METADATA)
    device.put("bsm", "DI", 0)
    again = BsmMeter(device, name="meter 1", clock=clock)
    left = await again.left_over()
    assert (left.output_on, left.contactor_closed, left.begin, left.end) == (True, True, begin, None)
    end = await again.turn_off()
    assert (end.pagination, end.doubts) == (102, ())


async def test_begin_and_end_of_a_finished_session_are_found(ready: BsmMeter, device: FakeDevice) -> None:
    begin, end = await ready.turn_on(METADATA), await ready.turn_off()
    left = await ready.left_over()
    assert (left.begin, left.end) == (begin, end)


async def test_a_snapshot_still_being_taken_is_waited_for(
    ready: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    await device.write_registers(ON, [2])
    left = await BsmMeter(device, name="meter 1", clock=clock).left_over()
    assert left.begin is not None
    assert left.begin.pagination == 101
    assert left.output_on


async def test_a_counter_moved_by_somebody_else_is_learnt(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "RCnt", 500)
    device.take_now(RecordKind.TURN_OFF)
    await ready.left_over()
    device.faults.counter_stuck = True
    with pytest.raises(RecordInvalidError, match="old one"):
        await ready.turn_on(METADATA)


@pytest.mark.parametrize("fault", ["bad_signature", "other_kind"])
async def test_a_kept_record_that_cannot_be_trusted_counts_as_none(
    ready: BsmMeter, device: FakeDevice, fault: str
) -> None:
    setattr(device.faults, fault, True)
    device.take_now(RecordKind.TURN_ON)
    assert (await ready.left_over()).begin is None


async def test_a_kept_record_whose_text_failed_counts_as_none(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.ocmf_status = 3
    device.take_now(RecordKind.TURN_OFF)
    assert (await ready.left_over()).end is None


async def test_a_meter_that_never_settles_is_told(ready: BsmMeter, device: FakeDevice) -> None:
    device.busy_s = 1e9
    await device.write_registers(OFF, [2])
    with pytest.raises(MeterBusyError, match="turn_off"):
        await ready.left_over()


async def test_a_dead_line_stays_the_lines_error(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.deaf_to = {40279}
    with pytest.raises(LineSilentError):
        await ready.turn_on(METADATA)


async def test_an_ocmf_block_of_another_kind_is_refused(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("ostons", "Typ", 3)
    with pytest.raises(MeterError, match="Typ 3"):
        await ready.turn_on(METADATA)


async def test_a_text_that_fills_its_block_is_read_to_the_end(ready: BsmMeter, device: FakeDevice) -> None:
    record = await ready.turn_on(Metadata("x" * 140, "y" * 100, "z" * 100))
    assert record.verified
    assert len(record.ocmf) > 900
    assert sum(request.count for request in device.requests if request.address >= 42293) == 498
