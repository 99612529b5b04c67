"""What goes wrong at the devices: no energy without a signed start, one clear fault, and a way back."""

import asyncio
from pathlib import Path

import pytest

from station.storage.outbox import Outbox
from tests.flows.house import CARD, House, is_whole, meter_settings, until

FAST = '"SampledDataCtrlr.TxUpdatedInterval" = 5'


async def fault(house: House, name: str, on: bool = True) -> None:
    house.bench.evse(1).fault(name, on)


async def told(house: House, component: str = "") -> None:
    """Return when the CSMS knows of a problem of a component."""
    await until(lambda: any(component in name for name in house.seen.faults), f"a problem of {component or 'any'}")


async def nothing_told(house: House) -> None:
    """Return when the CSMS knows that all problems are gone; those that may flap are said to be so later."""
    await until(lambda: not house.seen.faults, "no problem")


async def ended_without_energy(house: House) -> None:
    """The CSMS got the transaction whose start nobody signed: it ends as it began, and nothing of it is signed."""
    started = await house.event(kind="Started")
    transaction = await house.finished(started["transactionInfo"]["transactionId"])
    assert is_whole(transaction, signed=[])
    assert transaction.signed == ()
    assert {event.payload["transactionInfo"].get("chargingState") for event in transaction.events} == {"EVConnected"}
    assert transaction.events[-1].payload["triggerReason"] == "AbnormalCondition"
    assert transaction.stopped_reason == "Other"
    assert house.receipts() == []
    assert not house.bench.evse(1).controller.pwm_on
    in_the_beginning = meter_settings(house.folder).evses[0].meter.energy_wh
    assert house.bench.state()["evses"][0]["energy_wh"] == in_the_beginning


@pytest.mark.parametrize(
    "name",
    [
        "meter_silent",
        "meter_crc",
        "meter_wrong_unit",
        "meter_exception",
        "meter_truncated",
        "meter_garbage",
        "meter_busy_forever",
        "meter_snapshot_fails",
        "meter_bad_signature",
        "contactor_welded",
    ],
)
async def test_without_a_signed_start_nothing_flows_and_afterwards_all_is_well(tmp_path: Path, name: str) -> None:
    async with House(tmp_path) as house:
        house.plug()
        await house.status("Occupied")
        await fault(house, name)
        house.swipe()
        await house.status("Faulted")
        await ended_without_energy(house)
        await told(house)
        await fault(house, name, on=False)
        house.unplug()
        await house.status("Available")
        await nothing_told(house)
        await asyncio.sleep(3)  # the reader takes two reads within two seconds for one
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))


@pytest.mark.parametrize("name", ["meter_silent", "meter_snapshot_fails", "meter_bad_signature"])
async def test_a_transaction_that_begins_with_the_signature_does_not_begin_without_one(
    tmp_path: Path, name: str
) -> None:
    async with House(tmp_path, variables='"TxCtrlr.TxStartPoint" = "DataSigned"') as house:
        house.plug()
        await house.status("Occupied")
        await fault(house, name)
        house.swipe()
        await house.status("Faulted")
        await told(house)
        await asyncio.sleep(60)
        assert house.seen.received("TransactionEvent") == ()
        assert house.receipts() == []
        assert not house.bench.evse(1).controller.pwm_on


async def test_a_meter_that_goes_silent_while_charging_ends_it_and_gives_its_record_later(tmp_path: Path) -> None:
    async with House(tmp_path, variables=FAST) as house:
        transaction_id = await house.charge()
        await fault(house, "meter_silent")
        transaction = await house.finished(transaction_id)
        assert transaction.stopped_reason == "Other"
        assert transaction.events[-1].payload["triggerReason"] == "AbnormalCondition"
        assert is_whole(transaction, signed=["begin"])
        assert not house.bench.evse(1).controller.pwm_on
        await house.status("Faulted")
        await fault(house, "meter_silent", on=False)
        await until(lambda: len(house.receipts()[0].records) == 2, "the late record")
        await house.status("Occupied")
        assert house.receipts()[0].records[1].verified
        await nothing_told(house)


async def test_a_welded_contactor_is_told_and_blocks_the_outlet(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        await fault(house, "contactor_welded")
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction, signed=["begin"])
        await told(house, "PowerContactor")
        await house.status("Faulted")
        house.unplug()
        await fault(house, "contactor_welded", on=False)
        await house.status("Available")
        assert len(house.receipts()[0].records) == 2


async def test_a_silent_controller_ends_the_session_through_the_meter(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        await fault(house, "controller_silent")
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.events[-1].payload["triggerReason"] == "AbnormalCondition"
        assert not house.contactor_closed
        await fault(house, "controller_silent", on=False)
        house.unplug()
        await house.status("Available")


async def test_a_meter_that_lost_its_power_signs_with_its_time_again(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await fault(house, "meter_power_cycle")
        await asyncio.sleep(1)
        await fault(house, "meter_power_cycle", on=False)
        transaction_id = await house.charge()
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.begin is not None
        assert transaction.begin.record is not None
        assert transaction.begin.record.taken_at.year > 2000


async def test_a_meter_that_loses_its_power_in_mid_session(tmp_path: Path) -> None:
    async with House(tmp_path, variables=FAST) as house:
        transaction_id = await house.charge()
        await fault(house, "meter_power_cycle")
        await asyncio.sleep(1)
        await fault(house, "meter_power_cycle", on=False)
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert transaction.begin is not None
        assert transaction.end is not None
        assert transaction.end.verdict.value == "valid"


async def test_a_late_answer_is_never_taken_for_the_next(tmp_path: Path) -> None:
    async with House(tmp_path, variables=FAST) as house:
        transaction_id = await house.charge()
        house.bench.evse(1).fault("meter_late", True, seconds=1.3)
        await asyncio.sleep(20)
        house.swipe()
        transaction = await house.finished(transaction_id)
        house.bench.evse(1).fault("meter_late", False)
        assert transaction.end is None or transaction.end.verdict.value == "valid"
        for event in transaction.events:
            for sample in event.payload.get("meterValue", ()):
                for value in sample["sampledValue"]:
                    if value["measurand"] == "Energy.Active.Import.Register":
                        assert 12_000 < value["value"] < 13_500


async def test_a_meter_that_is_silent_at_start_up_is_found_later(tmp_path: Path) -> None:
    async with House(tmp_path, wait=False) as house:
        await fault(house, "meter_silent")
        await house.status("Faulted")
        house.swipe(CARD)
        await fault(house, "meter_silent", on=False)
        await house.status("Available")
        await nothing_told(house)


async def test_a_meter_that_holds_its_answers_back_is_waited_for(tmp_path: Path) -> None:
    async with House(tmp_path, bench=meter_settings(tmp_path, busy="hold")) as house:
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))


async def test_nothing_is_left_in_the_outbox(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        house.swipe()
        await house.finished(transaction_id)
        assert house._database is not None
        outbox = Outbox(house._database)
        await until(lambda: outbox.size() == 0, "an empty outbox")
        assert outbox.dead_letters() == []


@pytest.mark.parametrize(
    ("name", "component", "reason"),
    [("controller_rcm_tripped", "RCD", "GroundFault"), ("controller_pilot_short", "CPPWMController", "Other")],
)
@pytest.mark.ocpp("E06.FR.16")
async def test_what_the_controller_reports_ends_the_session_and_faults_the_outlet(
    tmp_path: Path, name: str, component: str, reason: str
) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        await fault(house, name)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.events[-1].payload["triggerReason"] == "AbnormalCondition"
        assert transaction.stopped_reason == reason
        await house.status("Faulted")
        await told(house, component)
        house.unplug()
        await fault(house, name, on=False)
        await house.status("Available")
        await nothing_told(house)


@pytest.mark.ocpp("G05.FR.01", "G05.FR.02")
async def test_a_plug_that_could_not_be_locked_is_a_problem_until_it_is_pulled(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        await house.status("Occupied")
        await fault(house, "controller_lock_jammed")
        house.swipe()
        await told(house, "ConnectorPlugRetentionLock")
        await ended_without_energy(house)
        await asyncio.sleep(60)
        await told(house, "ConnectorPlugRetentionLock")
        await house.status("Faulted")
        assert len(house.seen.received("NotifyEvent")) == 1
        await fault(house, "controller_lock_jammed", on=False)
        house.unplug()
        await house.status("Available")
        await nothing_told(house)
