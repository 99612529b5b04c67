"""The driver against a small meter that can do everything wrong."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from station.core.records import Metadata, RecordKind
from station.errors import (
    ClockUnsetError,
    LineSilentError,
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
DO, ON = address("bsm", "DO"), address("stons", "St")


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


async def test_an_end_without_time_is_kept_with_its_doubts(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.turn_on(METADATA)
    device.lose_power()
    record = await ready.turn_off()
    assert record.verified
    assert record.doubts == ("clock_unset", "id_differs")


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


async def test_a_dead_line_stays_the_lines_error(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.deaf_to = {40279}
    with pytest.raises(LineSilentError):
        await ready.turn_on(METADATA)
