"""Supply and time: what the meter keeps, what it loses, how its clock is written."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.pdu import Request
from simulators.bench.settings import plain
from tests.simulators.bench.meter.rig import rig
from tests.simulators.bench.places import (
    DI_CHG,
    DO,
    DO_CHG,
    EPOCH,
    EPOCH_SET_CNT,
    EPOCH_SET_OS,
    META1,
    OCMFS,
    OS,
    PDCNT,
    RCNT,
    SNAPSHOTS,
    TOT_WH,
    TZO,
    controlled,
    key,
    number,
    ocmf,
    on_bench,
    set_clock,
    take,
)
from tests.simulators.bench.wire import Master, NoAnswerError, master

LATE_S = 5
"""Real time passes as well, and more of it on a busy machine."""
NEVER = bytes.fromhex("ffffffffffffffff8000")


async def test_a_power_cut_takes_what_is_volatile_and_keeps_what_counts(tmp_path: Path) -> None:
    async with on_bench(tmp_path, energy_wh=5000.0) as (evse, line):
        await set_clock(line)
        await line.write_text(META1, "somebody", 70)
        await asyncio.sleep(100)
        await take(line, "turn_on")
        counted = await line.read_bytes(EPOCH_SET_CNT, 4)
        public = await key(line)
        evse.fault("meter_power_cycle", on=True)
        with pytest.raises(NoAnswerError):
            await line.read(DO)
        await asyncio.sleep(500)
        evse.fault("meter_power_cycle", on=False)
        assert await line.read(DO) == [0]
        assert await line.read_bytes(EPOCH, 3) == bytes.fromhex("ffffffff8000")
        assert await line.read_bytes(DI_CHG, 5) == await line.read_bytes(DO_CHG, 5) == NEVER
        assert await line.read_bytes(META1, 70) == bytes(140)
        for kind in SNAPSHOTS:
            assert await line.read(SNAPSHOTS[kind] + 1) == [1]
            assert await line.read(OCMFS[kind] + 1) == [1]
            assert await line.read_bytes(OCMFS[kind] + 2, 496) == bytes(992)
        assert await number(line, PDCNT) == 1
        assert await number(line, RCNT) == 1
        assert await number(line, TOT_WH) == 500
        assert await line.read_bytes(EPOCH_SET_CNT, 4) == counted
        assert 110 <= await number(line, OS) <= 120
        assert await key(line) == public


async def test_a_power_cut_ends_a_snapshot_that_is_being_taken(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        await line.write(SNAPSHOTS["turn_on"] + 1, 2)
        await asyncio.sleep(5)
        evse.fault("meter_power_cycle", on=True)
        await asyncio.sleep(0.1)
        evse.fault("meter_power_cycle", on=False)
        await asyncio.sleep(20)
        assert await line.read(SNAPSHOTS["turn_on"] + 1) == [1]
        assert await line.read(DO) == [0]
        assert await take(line, "turn_on") == 0


@pytest.mark.parametrize("busy", ["answer", "hold"])
async def test_what_was_asked_before_a_power_cut_gets_no_answer_after_it(tmp_path: Path, busy: str) -> None:
    async with rig(tmp_path, busy=busy) as line:
        await line.write(SNAPSHOTS["turn_on"] + 1, 2)
        asked = asyncio.create_task(line.write(DO, 1))
        await asyncio.sleep(1)
        assert asked.done() == (busy == "answer")
        line.faults.put("meter_power_cycle", True)
        line.faults.put("meter_power_cycle", False)
        if busy == "hold":
            with pytest.raises(NoAnswerError):
                await asked
        assert await line.read(DO) == [0]
        assert await take(line, "turn_on") == 0


async def test_an_address_that_was_not_acknowledged_is_lost_with_the_power(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await line.meter.execute(Request(16, 40068, 1, (9,)))
        line.faults.put("meter_power_cycle", True)
        line.faults.put("meter_power_cycle", False)
        line.meter.answered()
        assert line.meter.unit == 42


async def test_seconds_without_supply_are_no_operating_seconds(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await asyncio.sleep(100)
        line.faults.put("meter_power_cycle", True)
        await asyncio.sleep(1000)
        await line.meter.close()
        assert 100 <= line.meter.measuring.kept.operated_s <= 100 + LATE_S


async def test_no_current_flows_through_a_meter_without_supply(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line), controlled(evse):
        evse.plug()
        await line.write(DO, 1)
        await asyncio.sleep(1)
        assert evse.contactor.closed
        evse.fault("meter_power_cycle", on=True)
        await asyncio.sleep(1)
        assert not evse.contactor.closed


async def clock(line: Master) -> tuple[int, int, int]:
    return await number(line, EPOCH), await number(line, TZO, 1), await number(line, EPOCH_SET_CNT)


async def test_the_first_time_must_come_in_one_write(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await line.write(EPOCH, 0x5DD2, 0x8221)
        await line.write(TZO, 60)
        assert await clock(line) == (0xFFFFFFFF, 0x8000, 0)
        await asyncio.sleep(50)
        await line.write(EPOCH, 0x5DD2, 0x8221, 60)
        epoch, *others = await clock(line)
        assert 0 <= epoch - 1574076961 <= LATE_S
        assert others == [60, 1]
        assert 50 <= await number(line, EPOCH_SET_OS) <= 50 + LATE_S


async def test_a_running_clock_takes_either_part_alone(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        await set_clock(line, 1657267228, 120)
        await line.write(EPOCH, *divmod(1657267230, 0x10000))
        epoch, *others = await clock(line)
        assert 0 <= epoch - 1657267230 <= LATE_S
        assert others == [120, 1]
        await line.write(TZO, 60)
        epoch, *others = await clock(line)
        assert 0 <= epoch - 1657267230 <= LATE_S
        assert others == [60, 2]
        await take(line, "current")
        assert " S" in await ocmf(line, "current")
        await line.write(EPOCH, *divmod(1657300000, 0x10000))
        assert (await clock(line))[2] == 3
        await take(line, "current")
        assert " U" in await ocmf(line, "current")


async def test_only_a_setting_is_counted_and_stamped(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        settings = 0
        for at_s, epoch, tzo, counts in (
            (100, 1_000_000, 60, True),  # the first
            (200, 1_000_130, 60, False),  # thirty seconds of drift
            (300, 1_000_229, 60, False),  # one second back
            (400, 1_000_329, 120, True),  # another offset
            (500, 1_000_520, 120, True),  # more than drift
        ):
            await asyncio.sleep(100)
            await set_clock(line, epoch, tzo)
            settings += counts
            assert await number(line, EPOCH_SET_CNT) == settings
            assert (at_s <= await number(line, EPOCH_SET_OS) <= at_s + LATE_S) == counts
            assert 0 <= await number(line, EPOCH) - epoch <= 1


async def test_time_passes_as_the_loop_does(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        await set_clock(line, 1657267228)
        before = await number(line, OS)
        await asyncio.sleep(86400)
        assert 86400 <= await number(line, EPOCH) - 1657267228 <= 86400 + LATE_S
        assert 86400 <= await number(line, OS) - before <= 86400 + LATE_S


async def test_changes_of_the_lines_are_stamped(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line), controlled(evse):
        evse.plug()
        await asyncio.sleep(30)
        await line.write(DO, 1)
        await asyncio.sleep(1)
        assert 30 <= await number(line, DO_CHG) <= 30 + LATE_S
        assert 30 <= await number(line, DI_CHG) <= 30 + LATE_S
        assert await number(line, DO_CHG + 2) == 0xFFFFFFFF
        await set_clock(line, 1657267228, 120)
        await line.write(DO, 0)
        assert 0 <= await number(line, DO_CHG + 2) - 1657267228 <= LATE_S
        assert await number(line, DO_CHG + 4, 1) == 120


async def test_a_state_folder_keeps_key_and_counters(tmp_path: Path) -> None:
    settings = replace(plain(tmp_path), state_folder=tmp_path / "state")
    seen = []
    for _ in range(2):
        async with Bench(settings) as bench, master(bench.evse(1).meter.path) as line:
            await take(line, "current")
            bench.evse(1).meter.measuring.kept.count(1000)
            seen.append(
                (await key(line), await number(line, RCNT), await number(line, TOT_WH), await number(line, PDCNT))
            )
    (first_key, *first), (second_key, *second) = seen
    assert first_key == second_key
    assert first == [1, 1334, 0]
    assert second == [2, 1434, 1]
    assert (tmp_path / "state/meter-001BZR1521070001.pem").stat().st_mode & 0o777 == 0o600


async def test_without_a_state_folder_each_meter_has_a_key_of_its_own(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        first = await key(line)
    async with on_bench(tmp_path) as (_, line):
        assert await key(line) != first
