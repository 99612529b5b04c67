"""Hidden digits: RCR and TotWhImp fall one step apart now and then, and never more."""

import asyncio
import random
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as some

from simulators.bench.meter.firmware import FIRMWARES
from simulators.bench.meter.kept import Kept
from simulators.bench.meter.measuring import Measuring
from tests.simulators.bench.meter.rig import Rig, rig
from tests.simulators.bench.places import RCR, SNAPSHOTS, TOT_WH, number, take

SESSIONS = 60


async def energies(line: Rig, kind: str) -> tuple[int, int]:
    """Session and total in a snapshot, in steps of 10 Wh."""
    assert await take(line, kind) == 0
    block = await line.read_bytes(SNAPSHOTS[kind], 6)
    return int.from_bytes(block[4:8], "big"), int.from_bytes(block[8:12], "big")


async def test_over_many_sessions_total_and_session_are_equal_or_one_step_apart(tmp_path: Path) -> None:
    chance = random.Random(42)
    apart: Counter[int] = Counter()
    async with rig(tmp_path, time_scale=0.001, load_a=(16.0, 16.0, 16.0)) as line:
        for _ in range(SESSIONS):
            session, before = await energies(line, "turn_on")
            assert session == 0
            await asyncio.sleep(chance.uniform(1, 3600))
            session, after = await energies(line, "turn_off")
            apart[after - before - session] += 1
            assert await number(line, RCR) == session
            await asyncio.sleep(chance.uniform(1, 600))
            assert (await number(line, RCR), await number(line, TOT_WH)) == (session, after)
    assert set(apart) == {0, 1}
    assert sum(apart.values()) == SESSIONS


@given(some.floats(0, 1e6), some.lists(some.floats(0, 5_000), max_size=40))
def test_however_energy_comes_in_they_are_equal_or_one_step_apart(before_wh: float, pieces_wh: list[float]) -> None:
    kept = Kept(total_wh=before_wh)
    measuring = Measuring(kept, firmware=FIRMWARES["1.3"], energy_scale=1.0, now_s=0.0)
    first = measuring.registers(0.0)["TotWhImp"]
    for energy_wh in pieces_wh:
        kept.count(energy_wh)
    after = measuring.registers(0.0)
    assert isinstance(first, int)
    assert isinstance(after["TotWhImp"], int)
    assert isinstance(after["RCR"], int)
    assert after["TotWhImp"] - first - after["RCR"] in (0, 1)


def test_energy_registers_roll_over_as_every_accumulator_does() -> None:
    kept = Kept(total_wh=10.0 * 2**32 + 70)
    measuring = Measuring(kept, firmware=FIRMWARES["1.3"], energy_scale=1.0, now_s=0.0)
    assert measuring.registers(0.0)["TotWhImp"] == 7


def test_energy_that_flows_without_supply_is_not_counted() -> None:
    kept = Kept()
    measuring = Measuring(kept, firmware=FIRMWARES["1.3"], energy_scale=1.0, now_s=0.0)
    measuring.load((16.0, 0.0, 0.0), now_s=0.0)
    measuring.power_down(3_600.0)
    counted = kept.total_wh
    measuring.load((32.0, 0.0, 0.0), now_s=5_000.0)
    measuring.power_up(7_200.0)
    measuring.count(7_200.0)
    assert 3_600 < counted == kept.total_wh < 3_760
    measuring.count(10_800.0)
    assert 7_300 < kept.total_wh - counted < 7_400
    assert measuring.operating_s(10_800.0) == 7_200
