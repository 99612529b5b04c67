"""The meter through a station's eyes: swapped, forgetful, lying, late; and what CSMS and receipts are told."""

import asyncio
import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from station.storage.outbox import Outbox
from tests.flows.house import House, is_whole, meter_settings, until
from tests.flows.test_faults import ended_without_energy, nothing_told, told


def signed_in(payload: Any) -> list[bytes]:
    """Return the signed records in a TransactionEvent."""
    values = [value for sample in payload["meterValue"] for value in sample["sampledValue"]]
    signed = [value["signedMeterValue"] for value in values if "signedMeterValue" in value]
    return [base64.b64decode(value["signedMeterData"]) for value in signed]


# Another meter


@pytest.mark.parametrize("name", ["meter_changed_key", "meter_changed_serial"])
async def test_a_meter_that_was_swapped_charges_nobody_until_it_is_confirmed(tmp_path: Path, name: str) -> None:
    async with House(tmp_path) as house:
        await house.stop()
        house.fault(name)
        await house.start(wait=False)
        await house.status("Faulted")
        await told(house, "FiscalMetering")
        house.plug()
        house.swipe()
        await asyncio.sleep(30)
        assert house.seen.received("TransactionEvent") == ()
        assert not house.contactor_closed
        await house.stop()
        meter = house.bench.evse(1).meter
        house.confirm(meter.serial, meter.public_key)
        await house.start(wait=False)
        await house.status("Occupied")
        await nothing_told(house)
        await asyncio.sleep(3)
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        assert {record.public_key for record in house.receipts()[0].records} == {meter.public_key}


async def test_what_a_swapped_meter_owed_is_given_up_with_it(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        house.fault("meter_silent")
        await house.finished(transaction_id)
        await house.stop()
        house.fault("meter_silent", on=False)
        house.fault("meter_changed_serial")
        house.fault("meter_changed_key")
        meter = house.bench.evse(1).meter
        house.confirm(meter.serial, meter.public_key)
        await house.start(wait=False)
        await house.status("Occupied")
        await nothing_told(house)
        assert [record.kind for record in house.receipts()[0].records] == ["turn_on"]
        house.unplug()
        await house.status("Available")
        await asyncio.sleep(3)
        other = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(other))


# Records that must not be believed


@pytest.mark.parametrize(
    "name",
    ["meter_bad_ocmf_signature", "meter_ocmf_differs", "meter_event_bits", "meter_event_17", "meter_event_19"],
)
async def test_a_start_that_cannot_be_believed_or_billed_is_kept_as_evidence_and_nothing_flows(
    tmp_path: Path, name: str
) -> None:
    async with House(tmp_path) as house:
        house.plug()
        await house.status("Occupied")
        house.fault(name)
        house.swipe()
        await house.status("Faulted")
        await ended_without_energy(house)
        assert not house.contactor_closed
        assert len(house.rejected()) == 1
        house.fault(name, on=False)
        house.unplug()
        await house.status("Available")
        await asyncio.sleep(3)
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))


async def test_records_that_went_elsewhere_are_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        house.fault("meter_counter_gap")
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
    assert "records_missing" in capsys.readouterr().out


# Records that come late


async def test_an_end_that_comes_late_is_in_the_ended_that_waits_for_the_csms(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        await house.csms.go_away()
        house.fault("meter_silent")
        await until(lambda: house.receipts()[0].ended_at is not None, "an end without signature")
        ended = json.loads(Outbox(house.database).of_transaction(transaction_id)[-1].body)
        assert ended["event"] == "Ended"
        house.fault("meter_silent", on=False)
        await until(lambda: len(house.receipts()[0].records) == 2, "the late record")
        await house.csms.come_back()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert signed_in(transaction.events[-1].payload)[-1] == house.receipts()[0].records[1].ocmf


async def test_an_end_that_comes_too_late_for_the_csms_is_in_the_receipt_and_never_sent(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        house.fault("meter_silent")
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction, signed=["begin"])
        last = transaction.events[-1].payload["meterValue"][-1]["sampledValue"][0]
        assert last["context"] == "Transaction.End"
        assert "signedMeterValue" not in last
        house.fault("meter_silent", on=False)
        await until(lambda: len(house.receipts()[0].records) == 2, "the late record")
        await asyncio.sleep(5)
        begin, end = house.receipts()[0].kept
        assert begin.sent_at is not None
        assert end.sent_at is None
        assert end.record.verified


# Time


async def test_nobody_charges_while_nobody_can_tell_the_meter_its_time(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await house.stop()
        house.fault("meter_clock_unset")
        await house.start(wait=False)
        await house.status("Faulted")
        house.plug()
        house.swipe()
        await asyncio.sleep(20)
        assert house.seen.received("TransactionEvent") == ()
        house.fault("meter_clock_unset", on=False)
        await house.status("Occupied")
        await asyncio.sleep(3)
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))


async def test_without_the_csms_a_trusted_clock_is_good_enough(tmp_path: Path) -> None:
    async with House(
        tmp_path,
        station="trust_clock = true",
        variables='"AuthCtrlr.OfflineTxForUnknownIdEnabled" = true',
        wait=False,
    ) as house:
        await house.csms.go_away()
        await until(lambda: house.station is not None and house.station.evse(1).session.awake, "an awake station")
        house.plug()
        house.swipe()
        await house.power()
        house.swipe()
        await until(lambda: bool(house.receipts()) and len(house.receipts()[0].records) == 2, "both records")
        assert all("clock_unset" not in record.doubts for record in house.receipts()[0].records)


async def test_a_meter_whose_power_fails_in_the_middle_of_the_start_charges_nobody_then(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        await house.status("Occupied")
        house.fault("meter_power_loss_in_snapshot")
        house.swipe()
        await house.status("Faulted")
        await ended_without_energy(house)
        assert not house.contactor_closed
        house.unplug()
        await house.status("Available")
        await asyncio.sleep(3)
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        assert all("clock_unset" not in record.doubts for record in house.receipts()[-1].records)


# Firmware and busy styles


@pytest.mark.parametrize("firmware", ["1.2", "1.3"])
@pytest.mark.parametrize("busy", ["answer", "hold"])
async def test_every_firmware_charges_in_both_ways_of_being_busy(tmp_path: Path, firmware: str, busy: str) -> None:
    bench = meter_settings(tmp_path, firmware=firmware, busy=busy, pacing=True)
    async with House(tmp_path, bench=bench) as house:
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        begin, end = house.receipts()[0].records
        assert begin.snapshot
        assert end.snapshot
        assert begin.pagination + 1 == end.pagination


# Who switches


async def test_a_station_that_switches_by_itself_has_start_and_end_signed(tmp_path: Path) -> None:
    bench = meter_settings(tmp_path)
    bench = replace(bench, evses=(replace(bench.evses[0], switched_by="controller"),))
    async with House(tmp_path, bench=bench, meter='switching = "external"') as house:
        house.plug()
        await asyncio.sleep(10)
        assert not house.contactor_closed
        transaction_id = await house.charge()
        await asyncio.sleep(30)
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        begin, end = house.receipts()[0].records
        assert (begin.kind, end.kind) == ("start", "end")
        assert end.session_energy_wh > 0
        assert not house.contactor_closed
        assert house.bench.evse(1).meter.lines.output == 0


async def test_a_station_that_switches_by_itself_ends_after_a_crash_what_it_began(tmp_path: Path) -> None:
    bench = meter_settings(tmp_path)
    bench = replace(bench, evses=(replace(bench.evses[0], switched_by="controller"),))
    async with House(tmp_path, bench=bench, meter='switching = "external"') as house:
        transaction_id = await house.charge()
        await house.kill()
        await house.start(wait=False)
        transaction = await house.finished(transaction_id)
        assert transaction.stopped_reason == "PowerLoss"
        assert is_whole(transaction)
        assert not house.contactor_closed


# The key in the settings


async def test_the_key_in_the_settings_decides_which_meter_it_is(tmp_path: Path) -> None:
    bench = meter_settings(tmp_path)
    async with House(tmp_path, bench=replace(bench, state_folder=tmp_path / "meters")) as house:
        key = house.bench.evse(1).meter.public_key.hex()
        await house.stop()
        house.say(meter=f'public_key = "{key}"')
        await house.start()
        await house.stop()
        house.fault("meter_changed_key")
        await house.start(wait=False)
        await house.status("Faulted")


# The line


async def test_what_a_line_carried_is_told_when_the_station_stops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with House(tmp_path) as house:
        house.fault("meter_crc")
        await asyncio.sleep(7)
        house.fault("meter_crc", on=False)
        await house.stop()
    told = [line for line in capsys.readouterr().out.splitlines() if "line_closed" in line and "line=meter" in line]
    assert len(told) == 1
    assert "crc_errors=0" not in told[0]
    assert "retries=0" not in told[0]
    assert "frames=" in told[0]
