"""What the meter holds from before, and what the driver knows after a restart."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from station.core.metadata import Templates, fill
from station.core.records import RecordKind
from station.errors import MeterBusyError, RecordInvalidError
from station.meter.bsm import BsmMeter
from station.meter.registers import address
from tests.meter.charging import REQUEST, STRANGER, TRANSACTION
from tests.meter.fake_device import SERIAL, FakeDevice

ON, OFF = address("stons", "St"), address("stoffs", "St")
Make = Callable[..., BsmMeter]


async def test_nothing_is_left_over_after_power_up(meter: BsmMeter, device: FakeDevice) -> None:
    device.lose_power()
    left = await meter.left_over(REQUEST)
    assert (left.output_on, left.contactor_closed, left.begin, left.end) == (False, False, None, None)
    assert left.meter_serial == SERIAL


async def test_a_session_that_still_runs_is_found_with_its_begin(
    ready: BsmMeter, device: FakeDevice, make: Make
) -> None:
    begin = (await ready.start_transaction(REQUEST)).record
    device.put("bsm", "DI", 0)
    again = make()
    left = await again.left_over(REQUEST)
    assert (left.output_on, left.contactor_closed, left.begin, left.end) == (True, True, begin, None)
    assert len(left.begin.snapshot) == 504
    stop = await again.stop_transaction(TRANSACTION)
    assert (stop.record.pagination, stop.record.doubts) == (102, ())
    assert stop.start_signed_meter_value.signed_meter_data == begin.ocmf.decode()


async def test_begin_and_end_of_a_finished_session_are_found(ready: BsmMeter) -> None:
    begin = (await ready.start_transaction(REQUEST)).record
    end = (await ready.stop_transaction(TRANSACTION)).record
    left = await ready.left_over(REQUEST)
    assert (left.begin, left.end) == (begin, end)


async def test_a_begin_for_somebody_else_is_left_out_and_told(ready: BsmMeter, make: Make) -> None:
    await ready.start_transaction(STRANGER)
    with capture_logs() as logs:
        left = await make().left_over(REQUEST)
    assert left.begin is None
    told = next(entry for entry in logs if entry["event"] == "kept_record_of_somebody_else")
    assert (told["kind"], told["pagination"]) == ("turn_on", 101)
    assert "deadbeef" not in str(logs)


async def test_the_end_of_a_session_whose_begin_is_of_somebody_else_has_its_doubt(
    ready: BsmMeter, make: Make
) -> None:
    await ready.start_transaction(STRANGER)
    again = make()
    await again.left_over(REQUEST)
    stop = await again.stop_transaction(TRANSACTION)
    assert stop.record.doubts == ("id_differs",)
    assert stop.start_signed_meter_value is None


async def test_nobodys_begin_is_not_even_read(ready: BsmMeter, device: FakeDevice, make: Make) -> None:
    await ready.start_transaction(REQUEST)
    again = make()
    await again.identify()
    device.requests.clear()
    left = await again.left_over(None)
    assert (left.begin, left.output_on) == (None, True)
    assert sum(request.size for request in device.requests) < 200
    assert (await again.stop_transaction(TRANSACTION)).record.doubts == ()


async def test_what_the_meter_signs_after_a_power_cut_is_not_for_the_one_who_charged(
    ready: BsmMeter, device: FakeDevice, make: Make
) -> None:
    await ready.start_transaction(REQUEST)
    device.lose_power()
    again = make()
    await again.left_over(REQUEST)
    assert (await again.stop_transaction(TRANSACTION)).record.doubts == ("clock_unset", "id_differs")


@pytest.mark.parametrize("request_known", [True, False])
async def test_what_the_driver_saw_itself_outlives_the_meters_power(
    ready: BsmMeter, device: FakeDevice, request_known: bool
) -> None:
    start = await ready.start_transaction(REQUEST)
    device.lose_power()
    assert (await ready.left_over(REQUEST if request_known else None)).begin is None
    stop = await ready.stop_transaction(TRANSACTION)
    assert stop.start_signed_meter_value == start.signed_meter_value
    assert stop.record.doubts == ("clock_unset", "id_differs")


async def test_metadata_of_another_software_version_is_the_begins_own_after_a_restart(
    ready: BsmMeter, make: Make
) -> None:
    await ready.start_transaction(REQUEST)
    again = make(metadata=lambda request: fill(Templates(), request, version="v2"))
    assert (await again.left_over(REQUEST)).begin is not None
    assert (await again.stop_transaction(TRANSACTION)).record.doubts == ()


async def test_a_snapshot_still_being_taken_is_waited_for_with_few_looks(
    ready: BsmMeter, device: FakeDevice, make: Make
) -> None:
    await ready.start_transaction(REQUEST)
    device.busy_s = 9.0
    await device.write_registers(ON, [2])
    left = await make().left_over(REQUEST)
    assert left.begin is not None
    assert left.begin.pagination == 102
    assert left.output_on
    assert len(device.polls(RecordKind.TURN_ON)) < 70


async def test_a_meter_that_holds_its_answers_back_meanwhile_is_asked_once(
    ready: BsmMeter, device: FakeDevice
) -> None:
    await ready.identify()
    device.busy_s, device.holds_answers = 9.0, True
    await device.write_registers(ON, [2])
    assert (await ready.left_over(None)).output_on
    assert len(device.polls(RecordKind.TURN_ON)) == 1


async def test_a_snapshot_that_never_ends_is_told(ready: BsmMeter, device: FakeDevice) -> None:
    device.busy_s = 1e9
    await device.write_registers(OFF, [2])
    with pytest.raises(MeterBusyError, match="turn_off"):
        await ready.left_over(None)


async def test_a_counter_moved_by_somebody_else_is_learnt(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "RCnt", 500)
    device.take_now(RecordKind.TURN_OFF)
    await ready.left_over(None)
    device.faults.counter_stuck = True
    with pytest.raises(RecordInvalidError, match="old one"):
        await ready.start_transaction(REQUEST)


@pytest.mark.parametrize(
    ("fault", "value"),
    [
        ("bad_signature", True),
        ("bad_snapshot_signature", True),
        ("text_edits", {'"XT":2': '"XT":3'}),
        ("text_edits", {'"XV":123.45': '"XV":123.44'}),
        ("ocmf_status", 3),
    ],
)
async def test_a_kept_record_that_cannot_be_trusted_counts_as_none(
    ready: BsmMeter, device: FakeDevice, fault: str, value: object
) -> None:
    setattr(device.faults, fault, value)
    device.take_now(RecordKind.TURN_OFF)
    with capture_logs() as logs:
        assert (await ready.left_over(None)).end is None
    assert [entry["event"] for entry in logs] == ["kept_record_unusable"]


async def test_a_kept_text_of_another_kind_counts_as_none(ready: BsmMeter, device: FakeDevice) -> None:
    device.take_now(RecordKind.TURN_OFF)
    device.put("ostoffs", "Typ", 4)
    assert (await ready.left_over(None)).end is None
