"""Meters and controllers at a bench: every fault that the bench has is found, and nothing is ever written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from station.commands.doctor import devices
from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Result
from station.settings import Settings
from station.storage.database import Database
from station.storage.meters import Meters
from tests.commands.doctor.place import all_of, bad, case, named
from tests.fakes_clock import START, FakeClock


@asynccontextmanager
async def bench(folder: Path, **text: Any) -> AsyncIterator[tuple[Bench, Case]]:
    async with Bench(plain(folder)) as devices_there:
        yield devices_there, case(folder, **text)


async def look(looked_at: Case, *unusable: str) -> list[Finding]:
    return await all_of(devices.check(looked_at, unusable))


async def test_good_devices_are_well_and_nothing_is_written(tmp_path: Path) -> None:
    async with bench(tmp_path) as (there, looked_at):
        before = there.state()["evses"][0]
        findings = await look(looked_at)
        assert there.state()["evses"][0] == before
    assert bad(findings) == {}
    assert named(findings, "EVSE 1", "meter").found == (
        "BAUER Electronic BSM-WS36A-H01-1311-0000, serial 001BZR1521070001, unit 42 on line meters"
    )
    assert named(findings, "EVSE 1 firmware").found == "1.9:32CA:AFF4 / 01d484f, certified"
    assert "the station sets it when it starts" in named(findings, "EVSE 1 clock").found
    assert named(findings, "EVSE 1", "controller").found.endswith("state A, no vehicle")


METER_FAULTS = {
    "meter_silent": ("EVSE 1", "no answer within"),
    "meter_crc": ("EVSE 1", "damaged answer (checksum)"),
    "meter_truncated": ("EVSE 1", "bytes within"),
    "meter_garbage": ("EVSE 1", "meter1"),
    "meter_wrong_unit": ("EVSE 1", "an answer of unit"),
    "meter_exception": ("EVSE 1", "refused with exception 4"),
    "meter_power_cycle": ("EVSE 1", "no answer within"),
    "meter_event_bits": ("EVSE 1 error bits", "fatal error of the meter module"),
    "meter_event_17": ("EVSE 1 error bits", "communication module failed to start"),
    "meter_event_18": ("EVSE 1 error bits", "does not fit its hash"),
    "meter_event_19": ("EVSE 1 error bits", "development mode"),
    "meter_no_feedback": ("EVSE 1 output", "the outlet may be live"),
    "contactor_welded": ("EVSE 1 output", "the outlet may be live"),
}


@pytest.mark.parametrize("fault", METER_FAULTS)
async def test_what_is_wrong_with_a_meter_is_a_failure_with_a_remedy(tmp_path: Path, fault: str) -> None:
    name, told = METER_FAULTS[fault]
    async with bench(tmp_path) as (there, looked_at):
        there.evse(1).fault(fault, on=True)
        finding = named(await look(looked_at), name, "meter")
    assert finding.result is Result.FAILURE
    assert told in finding.found
    assert finding.remedy


CONTROLLER_FAULTS = {
    "controller_silent": ("EVSE 1", "no answer within"),
    "controller_crc": ("EVSE 1", "damaged answer (checksum)"),
    "controller_truncated": ("EVSE 1", "bytes within"),
    "controller_garbage": ("EVSE 1", "controller"),
    "controller_wrong_unit": ("EVSE 1", "an answer of unit"),
    "controller_exception": ("EVSE 1", "refused with exception 4"),
    "controller_pilot_short": ("EVSE 1", "state E, the pilot is shorted"),
    "controller_rcm_tripped": ("EVSE 1 error bits", "residual_current"),
}


@pytest.mark.parametrize("fault", CONTROLLER_FAULTS)
async def test_what_is_wrong_with_a_controller_is_a_failure_with_a_remedy(tmp_path: Path, fault: str) -> None:
    name, told = CONTROLLER_FAULTS[fault]
    async with bench(tmp_path) as (there, looked_at):
        there.evse(1).fault(fault, on=True)
        finding = named(await look(looked_at), name, "controller")
    assert finding.result is Result.FAILURE
    assert told in finding.found
    assert finding.remedy


async def test_two_devices_of_another_kind_at_a_port_are_told_from_the_right_ones(tmp_path: Path) -> None:
    async with bench(tmp_path) as (_, looked_at):
        settings = looked_at.settings
        swapped = tuple(
            replace(line, port=other.port)
            for line, other in zip(settings.lines, reversed(settings.lines), strict=True)
        )
        findings = await look(replace(looked_at, settings=replace(settings, lines=swapped)))
    assert named(findings, "EVSE 1", "meter").result is Result.FAILURE
    assert named(findings, "EVSE 1", "controller").result is Result.FAILURE


async def test_ports_that_cannot_be_used_are_not_tried(tmp_path: Path) -> None:
    looked_at = case(tmp_path)
    findings = await look(looked_at, *(line.port for line in looked_at.settings.lines))
    assert [finding.result for finding in findings] == [Result.SKIPPED, Result.SKIPPED]


def remember(settings: Settings, serial: str, key: bytes) -> None:
    with Database.open(settings.station.state_dir, FakeClock()) as database:
        Meters(database).remember(1, serial, key, START)


async def test_the_meter_that_is_known_here_is_well(tmp_path: Path) -> None:
    async with bench(tmp_path) as (there, looked_at):
        remember(looked_at.settings, "001BZR1521070001", there.evse(1).meter.public_key)
        finding = named(await look(looked_at), "EVSE 1 key")
    assert (finding.result, finding.found) == (Result.OK, "known since 2026-12-01")


@pytest.mark.parametrize("fault", ["meter_changed_key", "meter_changed_serial"])
async def test_another_meter_than_the_known_one_is_a_failure(tmp_path: Path, fault: str) -> None:
    async with bench(tmp_path) as (there, looked_at):
        remember(looked_at.settings, "001BZR1521070001", there.evse(1).meter.public_key)
        there.evse(1).fault(fault, on=True)
        finding = named(await look(looked_at), "EVSE 1 key")
    assert finding.result is Result.FAILURE
    assert "station meter confirm" in finding.remedy


async def test_another_key_than_the_one_in_the_settings_is_a_failure(tmp_path: Path) -> None:
    async with bench(tmp_path) as (there, looked_at):
        key = there.evse(1).meter.public_key
        right = case(tmp_path, meter=f'public_key = "{key.hex()}"')
        assert named(await look(right), "EVSE 1 key").found == "the one in the settings"
        there.evse(1).fault("meter_changed_key", on=True)
        finding = named(await look(right), "EVSE 1 key")
    assert finding.result is Result.FAILURE
    assert "station meter key" in finding.remedy
    assert looked_at.settings.evses[0].meter.public_key is None


async def test_a_meter_without_time_is_a_warning_where_nobody_can_give_it(tmp_path: Path) -> None:
    clock = FakeClock()
    clock.follows = False
    async with bench(tmp_path, clock=clock) as (_, looked_at):
        finding = named(await look(looked_at), "EVSE 1 clock")
    assert finding.result is Result.WARNING
    assert "nobody charges until it is" in finding.found


async def test_a_meter_whose_clock_is_wrong_is_a_warning(tmp_path: Path) -> None:
    async with bench(tmp_path) as (there, looked_at):
        clock = FakeClock(looked_at.clock.now())
        meter = there.evse(1).meter
        from station.commands.meter.connection import Place, connected
        from station.meter.bsm.clock import MeterClock

        with connected(Place(meter.path, parity="N"), clock) as connection:
            kept = MeterClock(connection.device, name="meter", clock=clock, zone=None)
            await kept.keep(None)
        assert named(await look(replace(looked_at, clock=clock)), "EVSE 1 clock").result is Result.OK
        clock.shift(timedelta(minutes=10).total_seconds())
        finding = named(await look(replace(looked_at, clock=clock)), "EVSE 1 clock")
    assert finding.result is Result.WARNING
    assert "10.0 minutes behind this computer's clock" in finding.found


async def test_a_controller_whose_driver_is_gone_is_a_failure(tmp_path: Path) -> None:
    async with bench(tmp_path) as (_, looked_at):
        evse = looked_at.settings.evses[0]
        gone = replace(evse, controller=replace(evse.controller, type="somebody-elses"))
        settings = replace(looked_at.settings, evses=(gone,))
        finding = named(await look(replace(looked_at, settings=settings)), "EVSE 1", "controller")
    assert finding.result is Result.FAILURE
    assert "somebody-elses" in finding.found
