"""Out of service and back, and what the CSMS is told of it: once, when it is so, and after a restart too."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.flows.house import House, is_whole, until
from tests.flows.test_variables import set_to


async def change(house: House, status: str, **evse: int) -> str:
    answer = await house.call("ChangeAvailability", operationalStatus=status, **({"evse": evse} if evse else {}))
    return str(answer["status"])


def statuses(house: House) -> list[str]:
    """Return all that was told, oldest first."""
    return [str(told["connectorStatus"]) for told in house.seen.received("StatusNotification")]


def problems(house: House) -> list[Any]:
    return [event for told in house.seen.received("NotifyEvent") for event in told["eventData"]]


def cleared(house: House) -> set[str]:
    return {str(event["techCode"]) for event in problems(house) if event.get("cleared")}


@pytest.mark.ocpp("G01.FR.02", "G01.FR.07", "G03.FR.04", "G03.FR.08", "G04.FR.05", "G04.FR.08", "G04.FR.09")
@pytest.mark.parametrize("place", [{}, {"id": 1}, {"id": 1, "connectorId": 1}])
async def test_what_is_out_of_service_serves_nobody_until_it_is_put_back(
    tmp_path: Path, place: dict[str, int]
) -> None:
    async with House(tmp_path) as house:
        assert await change(house, "Inoperative", **place) == "Accepted"
        await house.status("Unavailable")
        await house.kill()
        await house.start(wait=False)
        await until(lambda: len(statuses(house)) == 3, "the status after the restart")
        house.plug()
        house.swipe()
        await asyncio.sleep(30)
        assert statuses(house) == ["Available", "Unavailable", "Unavailable"]  # and not Occupied
        assert not house.contactor_closed
        assert await change(house, "Operative", **place) == "Accepted"
        await house.status("Occupied")
        await house.charge()


@pytest.mark.ocpp("G03.FR.03", "G03.FR.05", "G04.FR.06")
async def test_who_charges_finishes_before_it_goes_out_of_service(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        assert await change(house, "Inoperative") == "Scheduled"
        await asyncio.sleep(30)
        assert house.contactor_closed
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        await house.status("Unavailable")
        house.unplug()
        await asyncio.sleep(5)
        assert statuses(house) == ["Available", "Occupied", "Unavailable"]


@pytest.mark.ocpp("G01.FR.05")
async def test_who_unplugs_where_it_was_scheduled_leaves_it_unavailable_at_once(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        assert await change(house, "Inoperative", id=1) == "Scheduled"
        house.bench.evse(1).unplug("vehicle")
        assert is_whole(await house.finished(transaction_id))
        await house.status("Unavailable")
        assert statuses(house) == ["Available", "Occupied", "Unavailable"]


@pytest.mark.ocpp("G03.FR.08", "G04.FR.09")
async def test_what_was_scheduled_holds_after_a_power_cut(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        assert await change(house, "Inoperative") == "Scheduled"
        await house.kill()
        await house.start(wait=False)
        assert is_whole(await house.finished(transaction_id))
        await house.status("Unavailable")


@pytest.mark.ocpp("B04.FR.01", "B04.FR.02")
@pytest.mark.parametrize(("away_s", "told"), [(20, 1), (120, 2)])
async def test_only_after_long_silence_what_did_not_change_is_told_again(
    tmp_path: Path, away_s: float, told: int
) -> None:
    async with House(tmp_path, variables='"OCPPCommCtrlr.OfflineThreshold" = 60') as house:
        await house.csms.go_away(abruptly=True)
        await asyncio.sleep(away_s)
        await house.csms.come_back()
        await house.seen.wait_connected(timeout_s=300)
        await asyncio.sleep(10)
        assert statuses(house) == ["Available"] * told


async def test_a_status_that_does_not_last_is_not_told(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"OCPPCommCtrlr.MinimumStatusDuration": "30"})
        for _ in range(3):
            house.plug()
            await asyncio.sleep(5)
            house.unplug()
            await asyncio.sleep(5)
        assert statuses(house) == ["Available"]
        house.plug()
        await asyncio.sleep(40)
        assert statuses(house) == ["Available", "Occupied"]
        house.unplug()
        await asyncio.sleep(5)
        await set_to(house, {"OCPPCommCtrlr.MinimumStatusDuration": "0"})
        await house.status("Available")


@pytest.mark.ocpp("G05.FR.01", "G05.FR.02")
async def test_a_plug_that_cannot_be_locked_is_not_charged_and_told(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        await house.status("Occupied")
        house.fault("controller_lock_jammed")
        house.swipe()
        await house.status("Faulted")
        problem = next(
            event for event in problems(house) if event["component"]["name"] == "ConnectorPlugRetentionLock"
        )
        assert problem["variable"] == {"name": "Problem"}
        assert (problem["actualValue"], problem["trigger"]) == ("true", "Delta")
        assert not house.contactor_closed
        assert house.bench.state()["evses"][0]["power_w"] == 0
        house.fault("controller_lock_jammed", on=False)
        house.unplug()
        await house.status("Available")
        await until(lambda: house.seen.faults == {}, "the end of the problem")
        await asyncio.sleep(3)
        await house.charge()


@pytest.mark.ocpp("N07.FR.05", "E06.FR.16")
async def test_a_problem_names_the_transaction_it_hurt_and_the_event_it_follows_from(tmp_path: Path) -> None:
    async with House(tmp_path, variables='"SampledDataCtrlr.TxUpdatedInterval" = 5') as house:
        transaction_id = await house.charge()
        house.fault("meter_silent")
        await house.finished(transaction_id)
        await until(lambda: len(problems(house)) >= 2, "both problems")
        silent, missing = problems(house)[:2]
        assert (silent["techCode"], silent.get("transactionId")) == ("MeterSilent", transaction_id)
        assert (missing["techCode"], missing.get("transactionId")) == ("SignedEndMissing", transaction_id)
        assert missing["cause"] == silent["eventId"]
        assert "cause" not in silent
        house.fault("meter_silent", on=False)
        await until(lambda: cleared(house) == {"MeterSilent", "SignedEndMissing"}, "the end of both")
        ids = [event["eventId"] for event in problems(house)]
        assert len(ids) == len(set(ids))
