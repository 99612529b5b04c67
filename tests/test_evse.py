"""An EVSE on devices: nothing waits for hardware, nothing is done before it is stored, nothing is left on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.core import events as on
from station.core.session import connector_status
from station.errors import LineSilentError, PortError, RecordInvalidError, SnapshotFailedError
from station.storage.receipts import Receipts
from tests.bay import ANNA, Bay

SILENT = LineSilentError("no answer on /dev/ttyFAKE")


@pytest.fixture
def bay(tmp_path: Path) -> Iterator[Bay]:
    bay = Bay(tmp_path)
    yield bay
    bay.database.close()


# A session


async def test_from_the_card_to_ended(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        assert bay.controller.hardware.offered_amps == 16.0
        assert bay.controller.hardware.locked
        bay.meter.hardware.flow(4200)
        bay.stop()
        await bay.until(lambda: bay.told("Ended"))
        await bay.until(lambda: not bay.controller.hardware.locked)
        assert bay.safe
    assert [(report.event, report.seq_no) for report in bay.reports] == [("Started", 0), ("Updated", 1), ("Ended", 2)]
    assert bay.records == bay.meter.hardware.signed
    [receipt] = Receipts(bay.database).list()
    assert (receipt.token, receipt.stopped_reason) == (ANNA, "Local")


async def test_current_is_offered_after_started_was_stored(bay: Bay) -> None:
    told_before: list[str] = []

    def watch(name: str) -> None:
        if name == "offer":
            told_before.extend(report.event for report in bay.reports)

    bay.controller.watch = watch
    async with bay.open():
        await bay.charging()
    assert told_before == ["Started", "Updated"]


async def test_the_controller_gives_the_cable_rating_that_limits(bay: Bay) -> None:
    bay.change(max_current_amps=63.0)
    async with bay.open():
        await bay.charging()
        assert bay.controller.hardware.offered_amps == 32.0


async def test_signing_for_ten_seconds_does_not_delay_the_unplug(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.plug()
        await bay.until(lambda: bay.evse.session.plugged)
        bay.card()
        await bay.until(lambda: "start_transaction" in bay.meter.calls)
        bay.plug("A")
        await bay.until(lambda: not bay.evse.session.plugged, within_s=1.0)
        assert not bay.meter.hardware.signed
        await bay.until(lambda: bay.told("Ended"))
    assert [report.event for report in bay.reports] == ["Started", "Ended"]
    assert bay.reports[-1].stopped_reason == "EVDisconnected"
    assert "offer" not in bay.controller.calls


async def test_a_driver_who_does_not_come_is_forgotten_after_the_time_limit(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.card()
        await asyncio.sleep(59)
        assert bay.evse.session.authorization is not None
        await asyncio.sleep(2)
        assert bay.evse.session.authorization is None


async def test_samples_are_reported_at_each_interval(bay: Bay) -> None:
    bay.change(updated_interval_s=30.0)
    async with bay.open():
        await bay.charging()
        bay.meter.hardware.flow(500)
        await asyncio.sleep(65)
    samples = [report for report in bay.reports if report.trigger == "MeterValuePeriodic"]
    assert [report.samples[0].values[0].value for report in samples] == [1500.0, 1500.0]


async def test_mail_and_news_ring_when_there_is_something(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        assert bay.news.is_set()
        bay.news.clear()
        bay.mail.clear()
        bay.plug()
        await asyncio.wait_for(bay.news.wait(), 1.0)
        assert not bay.mail.is_set()
        bay.card()
        await asyncio.wait_for(bay.mail.wait(), 20.0)


async def test_idle_is_waited_for(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        waiting = asyncio.create_task(bay.evse.wait_idle())
        await asyncio.sleep(30)
        assert not waiting.done()
        bay.stop(on.StopCause.SHUTDOWN)
        await asyncio.wait_for(waiting, 20.0)
        assert bay.told("Ended")


async def test_reports_of_an_offline_station_are_marked(bay: Bay) -> None:
    bay.online = False
    async with bay.open():
        await bay.charging()
    assert {row[0] for row in bay.database.execute("SELECT offline FROM outbox")} == {1}


# Errors of the meter


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (SnapshotFailedError("status 3", status=3), "SignedStartFailed"),
        (SnapshotFailedError("status 5", status=5), "ContactorFeedback"),
        (LineSilentError("no answer"), "MeterSilent"),
        (PortError("/dev/ttyFAKE is gone"), "MeterSilent"),
    ],
)
async def test_a_start_that_is_not_signed_is_the_fault_of_its_cause(bay: Bay, error: Exception, fault: str) -> None:
    async with bay.open():
        await bay.awake()
        bay.plug()
        await bay.until(lambda: bay.evse.session.plugged)
        bay.meter.troubles.once("start_transaction", error)
        bay.card()
        await bay.until(lambda: bay.alerts)
        assert bay.alerts[0] == (fault, True)
        bay.plug("A")
        await bay.until(lambda: connector_status(bay.evse.session) == "Available")
        if fault == "MeterSilent":  # a fault that flaps is told to be gone when it stays away
            await bay.until(lambda: len(bay.alerts) == 2)
    assert [report.event for report in bay.reports] == ["Started", "Ended"]
    assert (bay.reports[-1].trigger, bay.reports[-1].samples) == ("AbnormalCondition", ())
    assert bay.records == []
    assert bay.alerts == [(fault, True), (fault, False)]


async def test_a_record_that_cannot_be_trusted_is_kept_and_not_reported(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.plug()
        await bay.until(lambda: bay.evse.session.plugged)
        bay.meter.troubles.once("start_transaction", RecordInvalidError("not verified", ocmf=b"OCMF|bad"))
        bay.card()
        await bay.until(lambda: bay.alerts)
    assert bay.alerts == [("SignedStartFailed", True)]
    [rejected] = Receipts(bay.database).rejected()
    assert (rejected.evse_id, rejected.ocmf) == (1, b"OCMF|bad")


async def test_ended_goes_without_its_signed_end_which_is_kept_when_it_comes(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        failed = SnapshotFailedError("status 3", status=3)
        bay.meter.troubles.once("stop_transaction", failed, failed, failed)
        bay.stop()
        await bay.until(lambda: bay.told("Ended"))
        assert connector_status(bay.evse.session) == "Faulted"
        assert len(bay.records) == 1
        await bay.until(lambda: len(bay.records) == 2, within_s=120.0)
        assert connector_status(bay.evse.session) == "Occupied"
    assert bay.alerts == [("SignedEndMissing", True), ("SignedEndMissing", False)]


async def test_a_meter_that_falls_silent_ends_the_transaction_and_is_met_anew(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        bay.meter.calls.clear()
        bay.meter.be_silent()
        await bay.until(lambda: bay.told("Ended"), within_s=120.0)
        assert bay.told("Ended").stopped_reason == "Other"
        assert bay.controller.hardware.offered_amps == 0
        bay.meter.troubles.over()
        await bay.until(lambda: len(bay.records) == 2, within_s=120.0)
        assert {"identify", "look_at_clock"} <= set(bay.meter.calls)
        assert not bay.evse.session.faults
    assert [code for code, active in bay.alerts if active] == ["MeterSilent", "SignedEndMissing"]


async def test_one_lost_answer_of_the_meter_is_no_fault(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.meter.troubles.once("read", SILENT, SILENT)
        await asyncio.sleep(30)
    assert bay.alerts == []


async def test_a_sample_that_cannot_be_taken_is_left_out_without_haste(bay: Bay) -> None:
    bay.change(updated_interval_s=3.0)
    async with bay.open():
        await bay.charging()
        bay.meter.calls.clear()
        bay.meter.troubles.once("read", SILENT)
        await asyncio.sleep(4)
        assert bay.meter.calls.count("read") <= 3


# Errors of the controller


async def test_a_controller_that_falls_silent_ends_the_transaction_and_starts_anew(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        bay.controller.be_silent()
        await bay.until(lambda: bay.told("Ended"))
        assert connector_status(bay.evse.session) == "Faulted"
        assert not bay.meter.hardware.output_on
        assert bay.controller.hardware.offered_amps == 16.0
        bay.controller.troubles.over()
        await bay.until(lambda: not bay.evse.session.faults)
        await bay.until(lambda: bay.safe and not bay.controller.hardware.locked, within_s=1.0)
        await bay.until(lambda: len(bay.alerts) == 2)
    assert bay.alerts == [("ControllerSilent", True), ("ControllerSilent", False)]


async def test_a_controller_that_did_not_take_the_current_away_is_made_to(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        bay.controller.troubles.once("withhold", SILENT)
        bay.stop()
        await bay.until(lambda: bay.told("Ended"))
        await bay.until(lambda: bay.safe, within_s=2.0)
        await bay.until(lambda: not bay.evse.session.faults, within_s=2.0)
    assert bay.told("Ended").stopped_reason == "Local"


async def test_a_plug_that_cannot_be_locked_does_not_charge(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.plug()
        await bay.until(lambda: bay.evse.session.plugged)
        bay.controller.troubles.once("lock", SILENT)
        bay.card()
        await bay.until(lambda: bay.told("Ended"))
        assert "offer" not in bay.controller.calls
        bay.plug("A")
        await bay.until(lambda: not bay.evse.session.faults)
    assert bay.alerts == [("PlugLock", True), ("PlugLock", False)]


async def test_one_lost_answer_of_the_controller_is_no_fault(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        bay.controller.troubles.once("status", SILENT, SILENT)
        await asyncio.sleep(5)
    assert bay.alerts == []
