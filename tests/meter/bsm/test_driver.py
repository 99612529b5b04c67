"""The driver against a small meter that can do everything wrong: starts, ends, and who they are for."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from station.core.metadata import Filled
from station.core.powermeter import ResponseStatus, TransactionReq
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
from tests.meter.charging import METADATA, REQUEST, TRANSACTION
from tests.meter.fake_device import SERIAL, FakeDevice

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
DO, ON, OFF = address("bsm", "DO"), address("stons", "St"), address("stoffs", "St")


def signs(metadata: Metadata, *changed: str) -> Callable[[TransactionReq], Filled]:
    return lambda _: Filled(metadata, changed)


async def test_a_start_gives_the_proven_record_and_the_output_is_on(ready: BsmMeter, device: FakeDevice) -> None:
    response = await ready.start_transaction(REQUEST)
    assert response.status is ResponseStatus.OK
    record = response.record
    assert record is not None
    assert record.kind is RecordKind.TURN_ON
    assert record.ocmf.startswith(b"OCMF|")
    assert record.ocmf.endswith(b'"}')
    assert record.public_key == device.public_key
    assert (record.meter_serial, record.pagination) == (SERIAL, 101)
    assert (record.session_energy_wh, record.energy_wh) == (0, 123450)
    assert abs(record.taken_at - NOON) < timedelta(seconds=15)
    assert record.verified
    assert record.doubts == ()
    assert device.output_on
    assert [device.get("bsm", f"Meta{i}") for i in (1, 2, 3)] == [METADATA.meta1, METADATA.meta2, METADATA.meta3]


async def test_a_start_answers_in_the_words_of_other_systems_as_well(ready: BsmMeter, device: FakeDevice) -> None:
    response = await ready.start_transaction(REQUEST)
    value = response.signed_meter_value
    assert response.record is not None
    assert value is not None
    assert value.signed_meter_data == response.record.ocmf.decode()
    assert (value.encoding_method, value.public_key) == ("OCMF", device.public_key.hex())


async def test_an_end_gives_both_records_and_the_output_is_off(ready: BsmMeter, device: FakeDevice) -> None:
    start = await ready.start_transaction(REQUEST)
    device.put("bsm", "RCR", 123)
    stop = await ready.stop_transaction(TRANSACTION)
    record = stop.record
    assert record is not None
    assert (record.kind, record.pagination, record.session_energy_wh) == (RecordKind.TURN_OFF, 102, 1230)
    assert record.doubts == ()
    assert stop.signed_meter_value is not None
    assert stop.signed_meter_value.signed_meter_data == record.ocmf.decode()
    assert stop.start_signed_meter_value == start.signed_meter_value
    assert not device.output_on


async def test_the_begin_of_another_transaction_is_not_passed_off_as_this_ones(ready: BsmMeter) -> None:
    await ready.start_transaction(REQUEST)
    assert (await ready.stop_transaction("another")).start_signed_meter_value is None


async def test_a_begin_is_forgotten_as_soon_as_another_one_is_commanded(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.start_transaction(REQUEST)
    device.faults.fail_with = 3
    with pytest.raises(SnapshotFailedError):
        await ready.start_transaction(REQUEST)
    device.faults.fail_with = 0
    assert (await ready.stop_transaction(TRANSACTION)).start_signed_meter_value is None


async def test_what_is_commanded_is_the_snapshot_never_the_text(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.start_transaction(REQUEST)
    await ready.stop_transaction(TRANSACTION)
    assert [at for at, count in device.writes if count == 1] == [ON, OFF]


@pytest.mark.parametrize(
    ("fault", "value", "reason"),
    [
        ("stale", True, "old one"),
        ("counter_stuck", True, "old one"),
        ("bad_signature", True, "signature does not fit"),
        ("bad_snapshot_signature", True, "signature of its snapshot"),
        ("signs", {"MA1": "001BZR1521999999"}, "of meter 001BZR1521999999"),
        ("signs", {"Meta1": "somebody else"}, "meta1 is another text of 13 characters"),
        ("signs", {"Meta2": ""}, "meta2 is empty"),
        ("text_edits", {'"XT":1': '"XT":2'}, "XT turn_off is not Typ turn_on"),
    ],
)
async def test_a_record_that_cannot_be_trusted_is_refused_kept_and_the_output_is_off(
    ready: BsmMeter, device: FakeDevice, fault: str, value: object, reason: str
) -> None:
    await ready.start_transaction(REQUEST)
    setattr(device.faults, fault, value)
    with pytest.raises(RecordInvalidError, match=reason) as caught:
        await ready.start_transaction(REQUEST)
    assert caught.value.ocmf.startswith(b"OCMF|")
    assert not device.output_on


async def test_no_text_at_all_is_no_record(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.stale = True
    with pytest.raises(RecordInvalidError, match="OCMF"):
        await ready.start_transaction(REQUEST)


async def test_no_error_repeats_whom_the_meter_names(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.signs = {"Meta1": "contract-id: rfid:deadbeef"}
    with pytest.raises(RecordInvalidError, match="meta1") as caught:
        await ready.start_transaction(REQUEST)
    assert "deadbeef" not in str(caught.value)
    assert "12345678abcdef" not in str(caught.value)


async def test_a_begin_with_event_bits_is_refused_with_their_meaning_and_the_output_is_off(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.put("tpm", "Evt", 1 << 16 | 1 << 18)
    with pytest.raises(RecordInvalidError, match=r"fatal error.*hash; not fit for billing") as caught:
        await ready.start_transaction(REQUEST)
    assert b'"ST":"E"' in caught.value.ocmf
    assert not device.output_on


async def test_an_end_with_event_bits_is_kept_with_its_doubt(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.start_transaction(REQUEST)
    device.put("tpm", "Evt", 1 << 16)
    record = (await ready.stop_transaction(TRANSACTION)).record
    assert record is not None
    assert record.verified
    assert record.doubts == ("event_bits",)


async def test_the_error_says_when_the_output_could_not_be_turned_off(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.start_transaction(REQUEST)
    device.faults.fail_with = 5
    device.faults.output_stuck = True
    with pytest.raises(SnapshotFailedError, match=r"status 5.*may be on.*stays on") as caught:
        await ready.stop_transaction(TRANSACTION)
    assert caught.value.status == 5


async def test_the_error_says_when_the_line_fell_silent_as_well(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.bad_signature = True
    device.faults.deaf_to = {DO}
    with pytest.raises(RecordInvalidError, match=r"signature.*may be on"):
        await ready.start_transaction(REQUEST)


async def test_a_dead_line_stays_the_lines_error(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.deaf_to = {40279}
    with pytest.raises(LineSilentError):
        await ready.start_transaction(REQUEST)


async def test_a_device_that_is_no_meter_gets_no_writes_at_all(meter: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "ID", 64901)
    with pytest.raises(WrongMeterError):
        await meter.start_transaction(REQUEST)
    with pytest.raises(WrongMeterError):
        await meter.stop_transaction(TRANSACTION)
    assert device.writes == []


@pytest.mark.parametrize("after_s", [0.001, 0.005, 0.2, 0.31])
async def test_a_cancelled_start_leaves_the_output_off(ready: BsmMeter, device: FakeDevice, after_s: float) -> None:
    start = asyncio.create_task(ready.start_transaction(REQUEST), name="start")
    await asyncio.sleep(after_s)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert not device.output_on
    assert (device.requests[-2].address, device.requests[-2].write) == (DO, True)
    await asyncio.sleep(20)
    assert not device.output_on


async def test_metadata_that_does_not_fit_is_refused_before_anything_is_signed(
    make: Callable[..., BsmMeter], device: FakeDevice
) -> None:
    for metadata in (Metadata("x" * 141), Metadata("", "y" * 101), Metadata("Ü"), Metadata("a|b"), Metadata('"')):
        with pytest.raises(MeterError, match=r"Meta[12]"):
            await make(metadata=signs(metadata), require_time=False).start_transaction(REQUEST)
    assert device.snapshots == []


async def test_the_log_tells_which_metadata_had_to_be_changed(make: Callable[..., BsmMeter]) -> None:
    meter = make(metadata=signs(Metadata("a", "b", "c"), "meta2"), require_time=False)
    with capture_logs() as logs:
        await meter.start_transaction(REQUEST)
    assert [entry["fields"] for entry in logs if entry["event"] == "metadata_changed"] == [("meta2",)]


async def test_empty_metadata_overwrites_what_the_meter_kept(make: Callable[..., BsmMeter], ready: BsmMeter) -> None:
    await ready.start_transaction(REQUEST)
    record = (await make(metadata=signs(Metadata())).start_transaction(REQUEST)).record
    assert record is not None
    assert b'"IS":false' in record.ocmf
    assert b"X2" not in record.ocmf


async def test_an_old_firmware_signs_as_well(ready: BsmMeter, device: FakeDevice) -> None:
    device.old_firmware = True
    begin = (await ready.start_transaction(REQUEST)).record
    end = (await ready.stop_transaction(TRANSACTION)).record
    assert begin is not None
    assert end is not None
    assert b'"X2"' not in begin.ocmf
    assert (begin.energy_wh, end.doubts) == (123450, ())


async def test_a_start_leaves_the_clock_of_a_meter_that_has_time_alone(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.start_transaction(REQUEST)
    assert 40260 not in [request.address for request in device.requests]


# Time


async def test_time_may_be_given_up(make: Callable[..., BsmMeter], device: FakeDevice, clock: FakeClock) -> None:
    clock.shift(-NOON.timestamp())
    meter = make(require_time=False)
    await meter.identify()
    assert await meter.set_time(None) is None
    record = (await meter.start_transaction(REQUEST)).record
    assert record is not None
    assert record.doubts == ("clock_unset",)
    assert device.output_on


async def test_a_meter_that_lost_its_power_is_given_the_time_and_the_start_is_taken_again(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.lose_power()
    record = (await ready.start_transaction(REQUEST)).record
    assert record is not None
    assert record.doubts == ()
    assert record.pagination == 102
    assert device.snapshots == [RecordKind.TURN_ON] * 2
    assert [at for at, _ in device.writes] == [40279, 40399, ON, DO, 40260, 40279, 40399, ON]
    assert device.output_on


async def test_a_meter_that_was_seen_without_time_gets_it_before_anything_is_signed(
    ready: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    await ready.start_transaction(REQUEST)
    device.lose_power()
    end = (await ready.stop_transaction(TRANSACTION)).record
    assert end is not None
    assert "clock_unset" in end.doubts
    assert (await ready.start_transaction(REQUEST)).record is not None
    assert device.snapshots == [RecordKind.TURN_ON, RecordKind.TURN_OFF, RecordKind.TURN_ON]


async def test_a_meter_that_was_seen_without_time_signs_nothing_if_there_is_none_to_give(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    clock.follows = False
    with pytest.raises(ClockUnsetError):
        await meter.set_time(None)
    with pytest.raises(ClockUnsetError):
        await meter.start_transaction(REQUEST)
    assert device.snapshots == []
    clock.follows = True
    assert (await meter.start_transaction(REQUEST)).record is not None


async def test_a_start_without_time_that_cannot_be_helped_is_refused(
    ready: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    device.lose_power()
    clock.shift(-NOON.timestamp())
    with pytest.raises(ClockUnsetError):
        await ready.start_transaction(REQUEST)
    assert not device.output_on


async def test_a_meter_that_signs_without_time_although_it_has_one_is_refused(
    ready: BsmMeter, device: FakeDevice
) -> None:
    device.faults.signs = {"Epoch": None, "TZO": None}
    with pytest.raises(ClockUnsetError, match="although"):
        await ready.start_transaction(REQUEST)
    assert not device.output_on


async def test_an_end_without_time_and_name_is_kept_with_its_doubts(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.start_transaction(REQUEST)
    device.lose_power()
    with capture_logs() as logs:
        record = (await ready.stop_transaction(TRANSACTION)).record
    assert record is not None
    assert record.verified
    assert record.doubts == ("clock_unset", "id_differs")
    told = next(entry for entry in logs if entry["event"] == "record_for_somebody_else")
    assert told["metadata"] == ["meta1 is empty", "meta2 is empty", "meta3 is empty"]


async def test_a_moved_clock_is_a_doubt_that_the_log_tells(ready: BsmMeter, device: FakeDevice) -> None:
    device.time_flag = "U"
    with capture_logs() as logs:
        record = (await ready.start_transaction(REQUEST)).record
    assert record is not None
    assert record.doubts == ("clock_moved",)
    assert ("meter_time_unsure", "warning") in [(entry["event"], entry["log_level"]) for entry in logs]


# For people at the command line


async def test_a_record_of_the_present_leaves_metadata_and_output_alone(
    make: Callable[..., BsmMeter], ready: BsmMeter, device: FakeDevice
) -> None:
    await ready.start_transaction(REQUEST)
    device.requests.clear()
    device.faults.bad_signature = True
    with pytest.raises(RecordInvalidError):
        await ready.current()
    device.faults.bad_signature = False
    record = await make().current()
    assert (record.kind, record.verified, record.doubts) == (RecordKind.CURRENT, True, ())
    assert b"12345678abcdef" in record.ocmf
    assert device.output_on
    assert {at for at, _ in device.writes} == {address("scs", "St")}


async def test_a_snapshot_of_any_kind_can_be_had(ready: BsmMeter) -> None:
    assert [(await ready.snapshot(kind)).kind for kind in RecordKind] == list(RecordKind)


async def test_a_turn_on_that_fails_leaves_the_output_off_whoever_asked(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.fail_with = 3
    with pytest.raises(SnapshotFailedError):
        await ready.snapshot(RecordKind.TURN_ON)
    assert not device.output_on


async def test_metadata_is_written_and_read_back(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.write_metadata(METADATA)
    assert device.get("bsm", "Meta3") == METADATA.meta3
    device.faults.ignores = {40399}
    with pytest.raises(MeterError, match="did not take the metadata: meta3 is another text"):
        await ready.write_metadata(replace(METADATA, meta3="other"))
