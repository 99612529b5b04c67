"""One EVSE as a whole: what flows, when, and what the meter makes of it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from simulators.bench import mains
from simulators.bench.bench import Bench
from simulators.bench.meter.firmware import FIRMWARES
from simulators.bench.meter.kept import Kept
from simulators.bench.meter.measuring import Measuring
from simulators.bench.settings import plain
from tests.simulators.bench.places import DI, RCR, SNAPSHOTS, TOT_WH, controlled, number, on_bench, set_clock, take

HOUR_S = 3600


async def test_current_flows_only_with_signed_start_output_and_request(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line), controlled(evse) as controller:
        await controller.coil(20000, False)
        evse.plug()
        await take(line, "turn_on")
        await asyncio.sleep(5)
        assert (evse.contactor.closed, evse.meter.measuring.currents_a) == (False, mains.NO_LOAD)
        await controller.coil(20000, True)
        await asyncio.sleep(2)
        assert (evse.contactor.closed, evse.meter.measuring.currents_a) == (True, (16.0, 16.0, 16.0))
        assert await line.read(DI) == [0]
        await controller.coil(20000, False)
        assert evse.meter.measuring.currents_a == mains.NO_LOAD
        await asyncio.sleep(0.05)
        assert not evse.contactor.closed
        assert await line.read(DI) == [1]


async def test_output_without_the_meters_relay_closes_nothing(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line), controlled(evse):
        evse.plug()
        await asyncio.sleep(5)
        assert evse.controller.output
        assert not evse.contactor.closed
        assert evse.meter.measuring.currents_a == mains.NO_LOAD
        assert await line.read(DI) == [1]


async def test_a_station_that_switches_by_itself_needs_no_relay_of_the_meter(tmp_path: Path) -> None:
    settings = plain(tmp_path)
    row = replace(settings.evses[0], switched_by="controller")
    async with Bench(replace(settings, evses=(row,))) as bench:
        evse = bench.evse(1)
        async with controlled(evse) as controller:
            evse.plug()
            await asyncio.sleep(5)
            assert evse.contactor.closed
            assert evse.meter.measuring.currents_a == (16.0, 16.0, 16.0)
            await controller.coil(20000, False)
            await asyncio.sleep(0.05)
            assert not evse.contactor.closed


@pytest.mark.parametrize(
    ("offered", "wanted", "phases", "expected"),
    [
        (16, 32.0, 3, (16.0, 16.0, 16.0)),
        (32, 10.0, 3, (10.0, 10.0, 10.0)),
        (16, 16.0, 1, (16.0, 0.0, 0.0)),
        (16, 16.0, 2, (16.0, 16.0, 0.0)),
        (16, 5.9, 3, mains.NO_LOAD),
    ],
)
async def test_the_vehicle_takes_the_smallest_limit(
    tmp_path: Path, offered: int, wanted: float, phases: int, expected: mains.Phases
) -> None:
    async with on_bench(tmp_path) as (evse, line), controlled(evse) as controller:
        await controller.write(22000, offered)
        evse.set_vehicle(max_current_a=wanted, phases=phases)
        evse.plug()
        await line.write(40268, 1)
        await asyncio.sleep(2)
        assert evse.meter.measuring.currents_a == expected


async def test_an_hour_of_charging_is_an_hour_of_energy_and_ends_one_step_apart_at_most(tmp_path: Path) -> None:
    async with on_bench(tmp_path, energy_wh=100_008.5) as (evse, line), controlled(evse):
        await set_clock(line)
        evse.plug()
        assert await take(line, "turn_on") == 0
        began = await line.read_bytes(SNAPSHOTS["turn_on"], 6)
        await asyncio.sleep(HOUR_S)
        evse.set_vehicle(wants_power=False)
        assert await take(line, "turn_off") == 0
        ended = await line.read_bytes(SNAPSHOTS["turn_off"], 6)
    session = int.from_bytes(ended[4:8], "big")
    total = int.from_bytes(ended[8:12], "big") - int.from_bytes(began[8:12], "big")
    assert int.from_bytes(began[4:8], "big") == 0
    assert 10 * session == pytest.approx(3 * 230 * 16, rel=0.003)
    assert total - session in (0, 1)


async def test_the_live_block_reads_like_a_real_meter(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line), controlled(evse):
        evse.plug()
        await line.write(40268, 1)
        await asyncio.sleep(2)
        words = await line.read(40092, 53)
        assert words[:5] == [4800, 1600, 1600, 1600, 0xFFFE]
        assert words[5] == 0x8000
        assert all(2290 <= word <= 2310 for word in words[6:9])
        assert 499 <= words[14] <= 501
        assert words[16] == pytest.approx(3 * 16 * 230 / 10, abs=6)
        assert words[20] == 1


async def test_a_snapshot_under_load_holds_the_power(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line), controlled(evse):
        evse.plug()
        await line.write(40268, 1)
        await asyncio.sleep(2)
        assert await take(line, "current") == 0
        block = await line.read_bytes(SNAPSHOTS["current"], 252)
        assert int.from_bytes(block[14:16], "big") == pytest.approx(1104, abs=6)
        assert block[56:60] == b"\0\0\0\x01"


async def test_energy_can_be_made_to_count_faster(tmp_path: Path) -> None:
    async with on_bench(tmp_path, bench={"energy_scale": 60.0}, energy_wh=0.0) as (evse, line), controlled(evse):
        evse.plug()
        await line.write(40268, 1)
        await asyncio.sleep(600)
        assert 10 * await number(line, TOT_WH) == pytest.approx(10 * 3 * 230 * 16, rel=0.02)
        assert 0 <= await number(line, RCR) - await number(line, TOT_WH) < 50


async def test_a_welded_contactor_charges_on_only_while_the_pilot_allows(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, _), controlled(evse) as controller:
        evse.fault("contactor_welded", on=True)
        evse.plug()
        await asyncio.sleep(2)
        assert evse.meter.measuring.currents_a == (16.0, 16.0, 16.0)
        await controller.coil(20000, False)
        assert evse.meter.measuring.currents_a == mains.NO_LOAD


def _energy(seconds: list[float], amps: float) -> tuple[Kept, float]:
    kept = Kept(total_wh=7.25)
    measuring = Measuring(kept, firmware=FIRMWARES["1.3"], energy_scale=1.0, now_s=0.0)
    now_s = 0.0
    measuring.load((amps, 0.0, 0.0), now_s=now_s)
    for step in seconds:
        now_s += step
        measuring.count(now_s)
    return kept, now_s


@settings(deadline=None)
@given(some.lists(some.floats(0.001, 5000), max_size=20), some.floats(6, 32))
def test_energy_does_not_depend_on_when_somebody_looks(seconds: list[float], amps: float) -> None:
    often, end_s = _energy(seconds, amps)
    once, _ = _energy([end_s] if seconds else [], amps)
    assert often.total_wh == pytest.approx(once.total_wh, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(some.floats(0, 1e6), some.floats(0, 30_000))
def test_total_and_session_are_at_most_one_step_apart(before_wh: float, charged_wh: float) -> None:
    kept = Kept(total_wh=before_wh)
    measuring = Measuring(kept, firmware=FIRMWARES["1.3"], energy_scale=1.0, now_s=0.0)
    first = measuring.registers(0.0)["TotWhImp"]
    kept.count(charged_wh)
    after = measuring.registers(0.0)
    assert isinstance(first, int)
    assert isinstance(after["TotWhImp"], int)
    assert isinstance(after["RCR"], int)
    assert after["TotWhImp"] - first - after["RCR"] in (0, 1)


@settings(deadline=None)
@given(some.floats(0, 1e5), some.floats(0.01, 100))
def test_the_integral_fits_the_power(at_s: float, step_s: float) -> None:
    load = (10.0, 16.0, 6.0)
    middle = sum(mains.powers_w(load, at_s + step_s / 2)) * step_s / HOUR_S
    assert mains.energy_wh(load, at_s, at_s + step_s) == pytest.approx(middle, rel=0.005)
