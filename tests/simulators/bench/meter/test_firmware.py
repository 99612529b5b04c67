"""What differs between the releases of the firmware, over the wire."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.bench.meter.rig import Rig, rig
from tests.simulators.bench.places import (
    DI,
    DO,
    META1,
    META3,
    OCMFS,
    RCNT,
    RCR,
    RCR_SF,
    SNAPSHOTS,
    TOT_WH,
    number,
    ocmf,
    take,
    until,
)

TOT_WH_SF = 40144
RELEASES = {
    "1.1": (
        "1.8:23DB:9D6A",
        "08d1aa3",
        "d1922c43218d12e13743486fd41bb105c716534b9390eccaa5723402e7b2169d",
        ("F008D1", "F1D192", "F22C43"),
    ),
    "1.2": (
        "1.9:32CA:AFF4",
        "6d1dd3c",
        "fc99b5088ccf8d9754bcc6d2df6354140388cd3599f8f85f3a7d9e3fa0fa3c7c",
        ("F06D1D", "F1FC99", "F2B508"),
    ),
    "1.3": (
        "1.9:32CA:AFF4",
        "01d484f",
        "11b49f84cf423009674d78f0af72a39a2a59b49e2a46e9ed587d48a54434531d",
        ("F001D4", "F111B4", "F29F84"),
    ),
}


async def read_text(line: Rig, address: int, registers: int) -> str:
    return (await line.read_bytes(address, registers)).rstrip(b"\0").decode("ascii")


async def said(line: Rig, kind: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads((await ocmf(line, kind)).split("|")[1])
    return payload


@pytest.mark.parametrize("release", RELEASES)
async def test_versions_and_hash_are_those_of_the_release(tmp_path: Path, release: str) -> None:
    meter, communication, digest, pages = RELEASES[release]
    async with rig(tmp_path, firmware=release) as line:
        assert await read_text(line, 40044, 8) == meter
        assert await read_text(line, 40219, 8) == meter
        assert await read_text(line, 40227, 8) == communication
        assert (await line.read_bytes(40505, 16)).hex() == digest
        seen = []
        for _ in range(4):
            seen.append(await read_text(line, 40243, 8))
            await asyncio.sleep(8)
        assert seen == ["040042", *pages]
        await take(line, "current")
        assert (await said(line, "current"))["GV"] == f"{meter}, {communication}"


@pytest.mark.parametrize(("release", "exponent"), [("1.1", 0), ("1.2", 0), ("1.3", 1)])
async def test_exponents_of_the_energy(tmp_path: Path, release: str, exponent: int) -> None:
    async with rig(tmp_path, firmware=release, energy_wh=12_345.678) as line:
        line.meter.measuring.kept.count(2_000.0)
        assert [await number(line, at, 1) for at in (RCR_SF, TOT_WH_SF)] == [exponent, exponent]
        assert await number(line, TOT_WH) == 14_340 // 10**exponent
        assert await number(line, RCR) == 2_000 // 10**exponent
        for _ in range(2):
            assert await number(line, SNAPSHOTS["current"] + 6, 1) == exponent
            assert await number(line, SNAPSHOTS["current"] + 8, 1) == 1
            assert await take(line, "current") == 0
        assert await number(line, SNAPSHOTS["current"] + 4) == 14_340 // 10**exponent


@pytest.mark.parametrize(("release", "exponent"), [("1.1", 0), ("1.2", 0), ("1.3", 1)])
async def test_the_live_block_reads_like_that_of_a_real_meter(tmp_path: Path, release: str, exponent: int) -> None:
    async with rig(tmp_path, firmware=release, load_a=(16.0, 10.0, 6.0)) as line:
        await line.write(DO, 1)
        await asyncio.sleep(1)
        words = [word - 0x10000 if word > 0x7FFF else word for word in await line.read(40092, 105)]
        exponents = {4: -2, 13: -1, 15: -1, 20: 1, 25: 1, 30: 1, 35: -1, 52: exponent}
        assert {at: words[at] for at in exponents} == exponents
        missing = (5, 9, 10, 11, 12, 31, 69, 102)
        assert {words[at] for at in missing} == {-0x8000}
        assert not any(words[36:44] + words[46:52] + words[53:69] + words[70:102])
        assert words[:4] == [3200, 1600, 1000, 600]
        assert all(2290 <= volts <= 2310 for volts in words[6:9])
        assert words[16] == pytest.approx(736, abs=4)
        assert abs(words[16] - sum(words[17:20])) <= 2
        assert words[21:25] == words[16:20]
        assert words[32:35] == [1000, 1000, 1000]


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("1.1", '"RV":2000,"RI":"1-0:1.8.0*198","RU":"Wh","XV":14340,"XI":"1-0:1.8.0*255","XU":"Wh","XT":0'),
        ("1.2", '"RV":2000,"RI":"1-0:1.8.0*198","RU":"Wh","XV":14340,"XI":"1-0:1.8.0*255","XU":"Wh","XT":0'),
        ("1.3", '"RV":2.00,"RI":"1-0:1.8.0*198","RU":"kWh","XV":14.34,"XI":"1-0:1.8.0*255","XU":"kWh","XT":0'),
    ],
)
async def test_numbers_in_the_text(tmp_path: Path, release: str, expected: str) -> None:
    async with rig(tmp_path, firmware=release, energy_wh=12_345.678) as line:
        line.meter.measuring.kept.count(2_000.0)
        await take(line, "current")
        assert expected in await ocmf(line, "current")


@pytest.mark.parametrize("release", RELEASES)
async def test_further_metadata_reach_the_text_from_1_3_on(tmp_path: Path, release: str) -> None:
    async with rig(tmp_path, firmware=release) as line:
        await line.write_text(META1, "one".ljust(140, "\0") + "two", 120)
        await line.write_text(META3, "three", 50)
        await take(line, "current")
        text = await said(line, "current")
        assert text["ID"] == "one"
        assert (text.get("X2"), text.get("X3")) == (("two", "three") if release == "1.3" else (None, None))
        block = await line.read_bytes(SNAPSHOTS["current"], 252)
        assert block[200:203] == b"two"
        assert block[300:305] == b"three"


@pytest.mark.parametrize(("release", "counter"), [("1.1", 2), ("1.2", 2), ("1.3", 1)])
async def test_the_counter_at_power_up(tmp_path: Path, release: str, counter: int) -> None:
    async with rig(tmp_path, firmware=release) as line:
        await take(line, "current")
        line.faults.put("meter_power_cycle", True)
        line.faults.put("meter_power_cycle", False)
        assert await number(line, RCNT) == counter


@pytest.mark.parametrize("release", ["1.2", "1.3"])
async def test_from_1_2_on_a_turn_on_prepares_and_the_enable_input_closes(tmp_path: Path, release: str) -> None:
    async with rig(tmp_path, firmware=release) as line:
        line.contactor.enable(False)
        assert await take(line, "turn_on") == 0
        await asyncio.sleep(10)
        assert (await line.read(DI), await line.read(DO)) == ([1], [1])
        line.contactor.enable(True)
        await asyncio.sleep(1)
        assert await line.read(DI) == [0]


async def test_with_1_1_a_turn_on_ends_with_the_contactor_closed_and_is_sampled_before(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, firmware="1.1") as line:
        assert await take(line, "turn_on") == 0
        assert (await line.read(DI), await line.read(DO)) == ([0], [1])
        block = await line.read_bytes(SNAPSHOTS["turn_on"], 252)
        assert block[56:60] == b"\0\x01\0\0"


async def test_with_1_1_a_turn_on_without_enable_fails_and_leaves_the_output_off(tmp_path: Path) -> None:
    async with rig(tmp_path, firmware="1.1") as line:
        line.contactor.enable(False)
        assert await take(line, "turn_on") == 4
        assert await line.read(OCMFS["turn_on"] + 1) == [4]
        assert await line.read(DO) == [0]
        assert await number(line, RCNT) == 0
        line.contactor.enable(True)
        assert await take(line, "turn_on") == 0


async def test_with_1_1_a_contactor_that_does_not_close_fails_the_turn_on(tmp_path: Path) -> None:
    async with rig(tmp_path, firmware="1.1", time_scale=100.0, turn_on_s=10.0) as line:
        await line.write(SNAPSHOTS["turn_on"] + 1, 2)
        await until(lambda: bool(line.meter.lines.output), step_s=0.5)
        line.contactor.enable(False)  # the contactor takes two seconds at this scale
        await until(lambda: not line.meter.busy, step_s=0.5)
        assert await line.read(SNAPSHOTS["turn_on"] + 1) == [5]


@pytest.mark.parametrize("kind", ["turn_off", "start", "end", "current"])
async def test_with_1_1_only_a_turn_on_needs_the_enable_input(tmp_path: Path, kind: str) -> None:
    async with rig(tmp_path, firmware="1.1") as line:
        line.contactor.enable(False)
        assert await take(line, kind) == 0
