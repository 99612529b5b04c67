"""Beginnings and ends of an EVSE: what was open is closed, whatever the process died of, and nothing stays on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.core import events as on
from station.core.faults import Fault
from station.core.session import connector_status, refusal
from station.errors import StorageError
from station.evse import SAFE_TIMEOUT_S
from tests.bay import Bay


@pytest.fixture
def bay(tmp_path: Path) -> Iterator[Bay]:
    bay = Bay(tmp_path)
    yield bay
    bay.database.close()


# Waking


async def test_the_current_goes_before_the_meter_is_heard_and_all_else_waits_for_that(bay: Bay) -> None:
    bay.controller.hardware.offered_amps = 16.0
    bay.plug("C")
    bay.meter.be_silent()
    async with bay.open():
        bay.card()
        await asyncio.sleep(5)
        assert bay.controller.hardware.offered_amps == 0
        assert not bay.evse.session.plugged
        assert connector_status(bay.evse.session) == "Unavailable"
        bay.meter.troubles.over()
        await bay.until(lambda: bay.evse.session.letter == "C", within_s=10.0)
        await bay.until(lambda: bay.told("Started"))
    assert bay.alerts == []


async def test_what_was_posted_before_the_start_counts(bay: Bay) -> None:
    bay.evse.post(on.LimitChanged(10.0))
    async with bay.serve():
        await bay.charging()
        assert bay.controller.hardware.offered_amps == 10.0


async def test_after_a_restart_nobody_is_admitted_before_the_meter_was_heard(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
    bay.meter.be_silent()
    async with bay.open():
        await asyncio.sleep(3)
        assert refusal(bay.evse.session) == "the meter has not been read since the station started"


async def test_a_meter_that_is_silent_at_start_up_is_found_later(bay: Bay) -> None:
    bay.meter.be_silent()
    async with bay.open():
        await bay.until(lambda: bay.alerts)
        assert connector_status(bay.evse.session) == "Faulted"
        await asyncio.sleep(60)
        bay.meter.troubles.over()
        await bay.awake()
        await bay.charging()
    raised = {code for code, active in bay.alerts if active}
    assert raised == {"MeterSilent", "MeterOutput"} == {code for code, active in bay.alerts if not active}
    assert len(bay.alerts) == 4


async def test_a_transaction_that_was_open_is_ended_after_a_restart(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
    assert bay.safe
    async with bay.open():
        await bay.until(lambda: bay.told("Ended"))
        ended = bay.told("Ended")
        assert (ended.seq_no, ended.stopped_reason) == (2, "PowerLoss")
        bay.card()
        await bay.until(lambda: len(bay.records) == 3)
        assert [report.event for report in bay.reports].count("Started") == 2
    assert len(bay.records) == 3


async def test_a_plugged_vehicle_starts_nothing_after_a_restart(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
    async with bay.open():
        await bay.until(lambda: bay.told("Ended"))
        await asyncio.sleep(30)
        assert bay.evse.session.letter == "C"
        assert bay.safe
    assert bay.meter.calls.count("start_transaction") == 1


# Ends of the daemon


@pytest.mark.parametrize("moment_s", [0.5, 5.0, 9.9, 10.2, 20.0])
async def test_whenever_it_is_cancelled_nothing_is_left_on(bay: Bay, moment_s: float) -> None:
    bay.plug("C")
    async with bay.open():
        await bay.until(lambda: bay.evse.session.letter == "C")
        bay.card()
        await asyncio.sleep(moment_s)
    assert isinstance(bay.failure, asyncio.CancelledError)
    assert bay.safe


async def test_an_error_of_one_device_does_not_keep_the_other_on(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        bay.controller.troubles.always("withhold", RuntimeError("a bug"))
    assert not bay.meter.hardware.output_on


async def test_a_device_that_does_not_return_does_not_hold_up_the_end(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        bay.controller.delay_s = 1000.0
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < SAFE_TIMEOUT_S + 5.0
    assert not bay.meter.hardware.output_on


async def test_what_cannot_be_stored_is_not_done(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.plug()
        await bay.until(lambda: bay.evse.session.plugged)
        bay.database.execute("PRAGMA query_only = on")
        bay.card()
        await asyncio.sleep(15)
    assert isinstance(bay.failure, ExceptionGroup)
    assert bay.failure.subgroup(StorageError)
    assert "start_transaction" not in bay.meter.calls


async def test_a_start_that_could_not_be_stored_is_adopted_when_storing_works_again(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.plug("C")
        await bay.until(lambda: bay.evse.session.plugged)
        bay.card()
        await bay.until(lambda: "start_transaction" in bay.meter.calls)
        bay.database.execute("PRAGMA query_only = on")
        await asyncio.sleep(15)
    assert isinstance(bay.failure, ExceptionGroup)
    assert bay.safe
    assert [report.event for report in bay.reports] == ["Started"]
    assert "offer" not in bay.controller.calls
    bay.database.execute("PRAGMA query_only = off")
    async with bay.serve():
        await bay.until(lambda: bay.told("Ended"))
    assert [(report.event, report.stopped_reason) for report in bay.reports] == [
        ("Started", None),
        ("Ended", "PowerLoss"),
    ]
    assert bay.records == bay.meter.hardware.signed


async def test_what_the_crashed_life_still_had_in_its_inbox_is_dropped(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        bay.database.execute("PRAGMA query_only = on")
        bay.stop()
        bay.evse.post(on.FaultRaised(Fault.LOCK))
        await asyncio.sleep(1)
        bay.evse.post(on.LimitChanged(8.0))
    bay.database.execute("PRAGMA query_only = off")
    async with bay.serve():
        await bay.until(lambda: bay.told("Ended"))
        assert bay.evse.session.limit_amps == 8.0
        assert not bay.evse.session.faults


# Starting anew while the station goes on


@pytest.mark.ocpp("B11.FR.08")
async def test_a_restart_makes_everything_safe_and_meets_the_devices_anew(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.evse.post(on.Blocked(on=True))
        await bay.until(lambda: bay.evse.session.blocked)
        bay.controller.calls.clear()
        bay.meter.calls.clear()
        assert await bay.evse.restart()
        assert "identify" in bay.meter.calls
        assert bay.meter.calls.index("release_output") < bay.meter.calls.index("identify")
        await bay.until(lambda: "prepare" in bay.controller.calls)
        assert bay.controller.calls[0] == "withhold"
        assert not bay.evse.session.blocked
        await bay.charging()
    assert bay.failure is None or isinstance(bay.failure, asyncio.CancelledError)


async def test_a_restart_tells_whether_the_meter_answered(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.meter.be_silent()
        assert not await bay.evse.restart()
        bay.meter.troubles.over()
        assert await bay.evse.restart()
        await bay.charging()


async def test_a_restart_ends_what_still_runs(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        assert await bay.evse.restart()
        await bay.until(lambda: bay.told("Ended"))
    assert bay.safe
    assert len(bay.records) == 2
