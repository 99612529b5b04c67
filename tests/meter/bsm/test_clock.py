"""Keeping the meter's clock, seldom."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from station.core.records import RecordKind
from station.errors import ClockUnsetError
from station.meter.bsm import BsmMeter
from tests.fakes_clock import FakeClock
from tests.meter.charging import REQUEST
from tests.meter.fake_device import EPOCH, TZO, FakeDevice

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY_S = 24 * 3600.0
SECONDS = timedelta(seconds=2)
Make = Callable[..., BsmMeter]


def running(device: FakeDevice, *, off_s: int = 0, offset_min: int = 60) -> None:
    """Let the meter's clock run, wrong by so much."""
    device.set_clock(round(NOON.timestamp()) + off_s, offset_min)


def told(logs: list[Any], event: str) -> list[Any]:
    return [entry for entry in logs if entry["event"] == event]


async def test_the_time_is_set_once_in_one_write_and_then_left_alone_for_a_day(
    meter: BsmMeter, device: FakeDevice
) -> None:
    updated_at = None
    for _ in range(3):
        updated_at = await meter.set_time(updated_at)
        await asyncio.sleep(7 * 3600)
    assert device.writes == [(EPOCH, 3)]
    assert updated_at is not None
    assert abs(updated_at - NOON) < SECONDS
    assert device.number("bsm", "TZO") == 60
    assert abs(device.number("bsm", "Epoch") - NOON.timestamp() - 21 * 3600) <= 2


async def test_one_look_is_one_small_request(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.set_time(NOON)
    assert [(request.address, request.count) for request in device.requests] == [(40260, 7)]


async def test_a_running_clock_is_updated_after_a_day_by_one_write_of_its_seconds(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    updated_at = await meter.set_time(None)
    device.requests.clear()
    await asyncio.sleep(25 * 3600)
    again = await meter.set_time(updated_at)
    assert again is not None
    assert abs(again - clock.now()) < SECONDS
    assert await meter.set_time(again) == again
    assert device.writes == [(EPOCH, 2)]
    assert abs(device.number("bsm", "Epoch") - NOON.timestamp() - 25 * 3600) <= 1


async def test_a_restart_does_not_bring_the_update_forward_or_put_it_off(
    meter: BsmMeter, make: Make, device: FakeDevice
) -> None:
    updated_at = await meter.set_time(None)
    await asyncio.sleep(23 * 3600)
    assert await make().set_time(updated_at) == updated_at
    assert device.writes == [(EPOCH, 3)]
    await asyncio.sleep(2 * 3600)
    await make().set_time(updated_at)
    assert device.writes == [(EPOCH, 3), (EPOCH, 2)]


async def test_a_running_clock_met_for_the_first_time_counts_as_updated_now(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    running(device, off_s=-5)
    updated_at = await meter.set_time(None)
    assert updated_at is not None
    assert abs(updated_at - clock.now()) < SECONDS
    await asyncio.sleep(23 * 3600)
    assert await meter.set_time(updated_at) == updated_at
    assert device.writes == []
    await asyncio.sleep(2 * 3600)
    assert await meter.set_time(updated_at) != updated_at
    assert device.writes == [(EPOCH, 2)]


async def test_an_update_that_lies_ahead_counts_as_now(meter: BsmMeter, device: FakeDevice, clock: FakeClock) -> None:
    running(device)
    updated_at = await meter.set_time(NOON + timedelta(days=400))
    assert updated_at is not None
    assert abs(updated_at - clock.now()) < SECONDS
    assert device.writes == []


async def test_a_setting_in_between_is_told_at_the_next_look(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    """A start may set it by itself."""
    updated_at = await meter.set_time(None)
    await asyncio.sleep(25 * 3600)
    device.lose_power()
    await meter.start_transaction(REQUEST)
    again = await meter.set_time(updated_at)
    assert again is not None
    assert abs(again - clock.now()) < timedelta(seconds=10)
    assert device.writes.count((EPOCH, 2)) == 0


async def test_every_power_cut_needs_a_new_setting(meter: BsmMeter, device: FakeDevice) -> None:
    updated_at = await meter.set_time(None)
    await asyncio.sleep(600)
    device.lose_power()
    again = await meter.set_time(updated_at)
    assert again is not None
    assert updated_at is not None
    assert again > updated_at
    assert device.writes == [(EPOCH, 3)] * 2


async def test_while_somebody_charges_only_a_clock_without_time_is_touched(make: Make, device: FakeDevice) -> None:
    running(device)
    meter = make(zone=timezone(2 * HOUR))
    noted = NOON - 48 * HOUR
    assert await meter.set_time(noted, only_if_unset=True) == noted
    assert await meter.set_time(None, only_if_unset=True) is None
    assert device.writes == []
    device.lose_power()
    assert await meter.set_time(noted, only_if_unset=True) != noted
    assert device.writes == [(EPOCH, 3)]


async def test_a_start_does_nothing_about_a_clock_that_runs_again(ready: BsmMeter, device: FakeDevice) -> None:
    device.lose_power()
    await ready.snapshot(RecordKind.CURRENT)
    running(device, offset_min=120)
    device.requests.clear()
    await ready.start_transaction(REQUEST)
    assert not {EPOCH, TZO} & {at for at, _ in device.writes}


# Local time


async def test_daylight_saving_writes_the_offset_and_nothing_else(make: Make, device: FakeDevice) -> None:
    running(device)
    meter = make(zone=timezone(2 * HOUR))
    noted = NOON - 3 * HOUR
    assert await meter.set_time(noted) == noted
    assert device.writes == [(TZO, 1)]
    assert device.number("bsm", "TZO") == 120


async def test_the_change_of_summer_time_is_followed(make: Make, device: FakeDevice, clock: FakeClock) -> None:
    clock.shift((datetime(2027, 3, 28, 0, 30, tzinfo=UTC) - clock.now()).total_seconds())
    meter = make(zone=ZoneInfo("Europe/Berlin"))
    updated_at = await meter.set_time(None)
    assert device.number("bsm", "TZO") == 60
    await asyncio.sleep(3600)
    await meter.set_time(updated_at)
    assert device.number("bsm", "TZO") == 120
    assert device.writes == [(EPOCH, 3), (TZO, 1)]


async def test_an_offset_that_is_not_taken_is_told(make: Make, device: FakeDevice) -> None:
    running(device)
    device.faults.ignores = {TZO}
    with capture_logs() as logs:
        await make(zone=timezone(2 * HOUR)).set_time(NOON)
    assert told(logs, "meter_time_zone_not_changed")


async def test_both_can_be_due(make: Make, device: FakeDevice) -> None:
    running(device)
    await make(zone=timezone(2 * HOUR)).set_time(NOON - 30 * HOUR)
    assert device.writes == [(TZO, 1), (EPOCH, 2)]


# Whose time


async def test_a_computer_without_time_gives_none_to_the_meter(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    clock.shift(-NOON.timestamp())
    with pytest.raises(ClockUnsetError, match=r"meter 1: .*NTP"):
        await meter.set_time(None)
    assert device.writes == []


async def test_a_computer_that_follows_nobody_gives_no_time_to_the_meter(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    clock.follows = False
    with pytest.raises(ClockUnsetError, match="neither NTP nor the CSMS"):
        await meter.set_time(None)
    assert device.writes == []
    clock.follows = True
    assert await meter.set_time(None) is not None


@pytest.mark.parametrize("untrusted", ["implausible", "unsynchronised"])
async def test_a_computer_without_time_leaves_a_running_clock_alone(
    make: Make, device: FakeDevice, clock: FakeClock, untrusted: str
) -> None:
    running(device)
    if untrusted == "implausible":
        clock.shift(-clock.now().timestamp())
    else:
        clock.follows = False
    meter = make(zone=timezone(2 * HOUR))
    noted = NOON - 48 * HOUR
    assert await meter.set_time(noted) == noted
    assert await meter.set_time(None) is None
    assert device.writes == []


# What the meter makes of it


@pytest.mark.parametrize("how", ["ignores", "refuses"])
async def test_a_meter_that_does_not_take_the_time_is_told(meter: BsmMeter, device: FakeDevice, how: str) -> None:
    if how == "ignores":
        device.faults.ignores = {EPOCH, TZO}
    else:
        write = device.write_registers

        async def refused(address: int, values: list[int], **ways: Any) -> None:
            device.faults.refuses = {EPOCH}
            try:
                await write(address, values, **ways)
            finally:
                device.faults.refuses = set()

        device.write_registers = refused  # type: ignore[method-assign]
    with pytest.raises(ClockUnsetError, match="did not take"):
        await meter.set_time(None)
    assert device.writes == [(EPOCH, 3)] * 2


async def test_a_first_setting_that_was_not_acknowledged_is_read_back_and_not_repeated(
    meter: BsmMeter, device: FakeDevice
) -> None:
    device.faults.acknowledge_lost = {EPOCH}
    assert await meter.set_time(None) is not None
    assert device.writes == [(EPOCH, 3)]


async def test_an_update_that_was_not_acknowledged_is_repeated_with_the_time_of_then(
    meter: BsmMeter, device: FakeDevice
) -> None:
    running(device)
    device.faults.acknowledge_lost = {EPOCH}
    await meter.set_time(NOON - 25 * HOUR)
    writes = [request for request in device.requests if request.write]
    assert [(request.address, request.count, request.retries) for request in writes] == [(EPOCH, 2, 0)] * 2
    assert abs(device.number("bsm", "Epoch") - NOON.timestamp()) <= 3


async def test_an_update_that_is_not_taken_is_told_and_not_tried_all_the_time(
    meter: BsmMeter, device: FakeDevice, clock: FakeClock
) -> None:
    running(device, off_s=-20)
    device.faults.ignores = {EPOCH}
    with capture_logs() as logs:
        updated_at = await meter.set_time(NOON - 25 * HOUR)
    assert told(logs, "meter_clock_not_updated")
    assert updated_at is not None
    assert abs(updated_at - clock.now()) < SECONDS


async def test_a_clock_that_goes_wrong_by_more_than_a_hundredth_is_told_with_figures(
    meter: BsmMeter, device: FakeDevice
) -> None:
    updated_at = await meter.set_time(None)
    device.drift = 0.011
    await asyncio.sleep(DAY_S)
    with capture_logs() as logs:
        await meter.set_time(updated_at)
    (entry,) = told(logs, "meter_clock_drifted")
    assert entry["drift_s"] == pytest.approx(0.011 * DAY_S, abs=2)
    assert entry["allowed_s"] == pytest.approx(864, abs=1)
    assert entry["since_s"] == pytest.approx(DAY_S, abs=1)


async def test_a_clock_that_goes_almost_right_is_not_told(meter: BsmMeter, device: FakeDevice) -> None:
    updated_at = await meter.set_time(None)
    device.drift = -0.009
    await asyncio.sleep(DAY_S)
    with capture_logs() as logs:
        await meter.set_time(updated_at)
    assert not told(logs, "meter_clock_drifted")


async def test_a_clock_that_is_met_wrong_is_told_and_put_right_once(meter: BsmMeter, device: FakeDevice) -> None:
    running(device, off_s=3600)
    with capture_logs() as logs:
        await meter.set_time(None)
    (entry,) = told(logs, "meter_clock_drifted")
    assert (entry["drift_s"], entry["since_s"]) == (pytest.approx(3600, abs=1), None)
    assert device.writes == [(EPOCH, 2)]
    assert abs(device.number("bsm", "Epoch") - NOON.timestamp()) <= 2


@pytest.mark.parametrize(("off_s", "known"), [(50, None), (3600, NOON)])
async def test_a_clock_that_is_nearly_right_or_was_updated_today_is_left_alone(
    meter: BsmMeter, device: FakeDevice, off_s: int, known: datetime | None
) -> None:
    running(device, off_s=off_s)
    await meter.set_time(known)
    assert device.writes == []


# Other masters


async def test_a_setting_by_somebody_else_is_told_with_numbers(ready: BsmMeter, device: FakeDevice) -> None:
    counted = device.number("bsm", "EpochSetCnt")
    device.put("bsm", "EpochSetCnt", counted + 2)
    device.put("bsm", "EpochSetOS", 1234)
    with capture_logs() as logs:
        await ready.set_time(NOON)
        await ready.set_time(NOON)
    (entry,) = told(logs, "meter_clock_set_by_others")
    assert (entry["settings_before"], entry["settings"], entry["own_settings"]) == (counted, counted + 2, 0)
    assert entry["last_set_at_operating_second"] == 1234


async def test_a_record_shows_a_setting_by_somebody_else_as_well(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "EpochSetCnt", device.number("bsm", "EpochSetCnt") + 1)
    with capture_logs() as logs:
        await ready.snapshot(RecordKind.CURRENT)
    assert told(logs, "meter_clock_set_by_others")


async def test_own_settings_are_not_told(make: Make, device: FakeDevice) -> None:
    with capture_logs() as logs:
        meter = make()
        updated_at = await meter.set_time(None)
        device.lose_power()
        updated_at = await meter.set_time(updated_at)
        device.drift = 0.01
        await asyncio.sleep(2 * DAY_S)
        await meter.set_time(updated_at)
        device.put("bsm", "TZO", 120)
        await meter.set_time(updated_at)
        await meter.start_transaction(REQUEST)
    assert device.number("bsm", "EpochSetCnt") == 7 + 4
    assert not told(logs, "meter_clock_set_by_others")


async def test_a_time_that_was_told_by_a_clock_ahead_is_put_right(meter: BsmMeter, device: FakeDevice) -> None:
    ahead = timedelta(days=2)
    running(device, off_s=round(ahead.total_seconds()))
    await meter.set_time(NOON + ahead)
    assert abs(device.number("bsm", "Epoch") - NOON.timestamp()) <= 2
