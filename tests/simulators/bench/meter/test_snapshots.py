"""Snapshots over the wire: values, signatures, steps, times, failures."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.simulators.bench.meter.rig import rig
from tests.simulators.bench.places import (
    DI,
    DO,
    DO_CHG,
    META1,
    META3,
    OCMFS,
    RCNT,
    RCR,
    SNAPSHOTS,
    TOT_WH,
    key,
    number,
    ocmf,
    on_bench,
    set_clock,
    take,
    until,
)
from tests.simulators.bench.wire import (
    Master,
    RefusalError,
    hashed,
    is_signed,
    ocmf_is_signed,
    snapshot_signature,
)

KINDS = ("current", "turn_on", "turn_off", "start", "end")


def assert_took(began_s: float, seconds: float) -> None:
    """Never less; a little more, because real time passes as well and more of it on a busy machine."""
    assert seconds - 0.01 <= asyncio.get_running_loop().time() - began_s < seconds + 1.9


async def describe(line: Master) -> None:
    await set_clock(line)
    await line.write_text(META1, "contract-id: rfid:12345678".ljust(140, "\0") + "evse-id: DE*ABC*E1", 120)
    await line.write_text(META3, "csc-sw-version: v1", 50)


@pytest.mark.parametrize("firmware", ["1.1", "1.2", "1.3"])
async def test_every_signature_of_the_meter_is_genuine(tmp_path: Path, firmware: str) -> None:
    async with rig(tmp_path, firmware=firmware) as line:
        await describe(line)
        public = await key(line)
        assert public == line.meter.public_key
        for kind in KINDS:
            assert await take(line, kind) == 0
            block = await line.read_bytes(SNAPSHOTS[kind], 252)
            assert is_signed(hashed(block), snapshot_signature(block), public)
            assert ocmf_is_signed(await ocmf(line, kind), public)


async def test_a_snapshot_and_its_text_tell_the_same(tmp_path: Path) -> None:
    async with on_bench(tmp_path, energy_wh=99849.0, serial="001BZR1521070006") as (_, line):
        await describe(line)
        for count, kind in enumerate(KINDS, start=1):
            assert await take(line, kind) == 0
            block = await line.read_bytes(SNAPSHOTS[kind], 252)
            said = json.loads((await ocmf(line, kind)).split("|")[1])
            assert int.from_bytes(block[:2], "big") == KINDS.index(kind) == said["RD"][0]["XT"]
            assert block[18:34] == b"001BZR1521070006" == said["GS"].encode()
            assert int.from_bytes(block[34:38], "big") == count == await number(line, RCNT)
            assert said["PG"] == f"T{count}"
            assert said["GV"] == "1.9:32CA:AFF4, 01d484f"
            assert (said["IS"], said["ID"], said["X2"], said["X3"]) == (
                True,
                "contract-id: rfid:12345678",
                "evse-id: DE*ABC*E1",
                "csc-sw-version: v1",
            )
            assert said["RD"][0]["TX"] == dict(zip(KINDS, "CBEBE", strict=True))[kind]
            assert said["RD"][0]["XV"] == 99.84
            assert said["RD"][0]["TM"].startswith("2022-07-08T10:0")
            assert said["RD"][0]["TM"].endswith("+0200 S")


async def test_a_text_is_the_same_each_time_it_is_read(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        await take(line, "current")
        assert await ocmf(line, "current") == await ocmf(line, "current")


async def test_an_unset_clock_is_signed_as_unknown(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        await take(line, "current")
        block = await line.read_bytes(SNAPSHOTS["current"], 252)
        assert block[42:48].hex() == "ffffffff8000"
        assert is_signed(hashed(block), snapshot_signature(block), await key(line))
        assert "1970-01-01T00:00:00,000+0000 U" in await ocmf(line, "current")


@pytest.mark.parametrize(
    ("kind", "seconds"), [("current", 4), ("turn_on", 10), ("turn_off", 8), ("start", 4), ("end", 4)]
)
async def test_they_take_the_time_of_the_manual(tmp_path: Path, kind: str, seconds: float) -> None:
    async with on_bench(tmp_path) as (_, line):
        began = asyncio.get_running_loop().time()
        await take(line, kind)
        assert_took(began, seconds)


async def test_time_is_scaled_as_a_whole_and_one_by_one(tmp_path: Path) -> None:
    async with on_bench(tmp_path, bench={"time_scale": 0.1}, turn_off_s=3.0) as (_, line):
        loop = asyncio.get_running_loop()
        began = loop.time()
        await take(line, "turn_on")
        between = loop.time()
        await take(line, "turn_off")
        assert 1 <= between - began < 3
        assert_took(between, 3)


async def test_while_busy_the_status_says_so_and_the_old_text_is_marked_too(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        await line.write(SNAPSHOTS["current"] + 1, 2)
        assert await line.read(SNAPSHOTS["current"] + 1) == [2]
        assert await line.read(OCMFS["current"] + 1) == [2]
        assert await line.read(SNAPSHOTS["turn_on"] + 1) == [1]


async def test_a_meter_that_holds_its_answer_back_is_done_with_the_first(tmp_path: Path) -> None:
    async with on_bench(tmp_path, busy="hold") as (_, line):
        await line.write(SNAPSHOTS["turn_on"] + 1, 2)
        began = asyncio.get_running_loop().time()
        assert await line.read(SNAPSHOTS["turn_on"] + 1) == [0]
        assert_took(began, 10)


async def test_a_meter_that_holds_its_answers_back_does_so_with_writes_and_every_register(tmp_path: Path) -> None:
    async with rig(tmp_path, busy="hold") as line:
        await line.write(SNAPSHOTS["current"] + 1, 2)
        began = asyncio.get_running_loop().time()
        waiting = [asyncio.create_task(asked) for asked in (line.write(DO, 1), line.read(40000), line.read(44292, 2))]
        await asyncio.sleep(3)
        assert not any(task.done() for task in waiting)
        assert line.meter.lines.output == 0
        wrote, read, refused = await asyncio.gather(*waiting, return_exceptions=True)
        assert_took(began, 4)
        assert (wrote, read) == (None, [0x5375])
        assert isinstance(refused, RefusalError)
        assert line.meter.lines.output == 1
        await line.write(SNAPSHOTS["current"] + 1, 2)
        assert await line.read(SNAPSHOTS["current"] + 1) == [0]
        assert await number(line, RCNT) == 2


async def test_a_meter_that_answers_while_busy_takes_writes_too(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await line.write(SNAPSHOTS["current"] + 1, 2)
        await line.write(DO, 1)
        assert await line.read(DO) == [1]
        assert line.meter.busy


async def test_a_second_command_while_busy_is_passed_over(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        await line.write(SNAPSHOTS["current"] + 1, 2)
        await line.write(SNAPSHOTS["turn_on"] + 1, 2)
        assert await line.read(SNAPSHOTS["turn_on"] + 1) == [1]
        await asyncio.sleep(20)
        assert await line.read(SNAPSHOTS["turn_on"] + 1) == [1]
        assert await number(line, RCNT) == 1


@pytest.mark.parametrize("value", [0, 1, 3, 0xFFFF])
async def test_other_values_than_the_command_do_nothing(tmp_path: Path, value: int) -> None:
    async with on_bench(tmp_path) as (_, line):
        await line.write(SNAPSHOTS["current"] + 1, value)
        assert await line.read(SNAPSHOTS["current"] + 1) == [1]


async def test_turn_on_switches_late_and_is_sampled_open(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        began = asyncio.get_running_loop().time()
        await line.write(SNAPSHOTS["turn_on"] + 1, 2)
        await until(lambda: bool(line.meter.lines.output), step_s=0.05)
        assert line.meter.busy
        assert_took(began, 9.7)
        await until(lambda: not line.meter.busy, step_s=0.05)
        block = await line.read_bytes(SNAPSHOTS["turn_on"], 252)
        assert block[56:60] == b"\0\x01\0\0"  # DI open, DO off


async def test_turn_off_opens_first_and_samples_five_seconds_later(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        await set_clock(line)
        await line.write(DO, 1)
        await line.write(SNAPSHOTS["turn_off"] + 1, 2)
        await until(lambda: not evse.meter.lines.output)
        opened = await number(line, DO_CHG + 2)
        await asyncio.sleep(8)
        block = await line.read_bytes(SNAPSHOTS["turn_off"], 252)
        assert int.from_bytes(block[42:46], "big") - opened in (4, 5, 6)


@pytest.mark.parametrize("time_scale", [1.0, 10.0])
async def test_turn_off_samples_five_scaled_seconds_after_it_opened(tmp_path: Path, time_scale: float) -> None:
    async with rig(tmp_path, time_scale=time_scale) as line:
        began = asyncio.get_running_loop().time()
        await line.write(DO, 1)
        await line.write(SNAPSHOTS["turn_off"] + 1, 2)
        for at_s, output, name in ((1.0, 1, "early"), (2.0, 0, "open"), (6.0, 0, "sampled"), (7.0, 0, "late")):
            await asyncio.sleep(max(0.0, began + at_s * time_scale - asyncio.get_running_loop().time()))
            assert line.meter.lines.output == output
            await line.write_text(META1, name, 70)
        await until(lambda: not line.meter.busy, step_s=0.1 * time_scale)
        block = await line.read_bytes(SNAPSHOTS["turn_off"], 252)
        assert block[60:200].rstrip(b"\0") == b"sampled"


async def test_what_happens_after_the_sampling_is_not_in_the_record(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await set_clock(line)
        await line.write(SNAPSHOTS["current"] + 1, 2)
        await asyncio.sleep(3)
        await set_clock(line, 1700000000)
        line.meter.measuring.kept.count(500.0)
        line.faults.put("meter_event_bits", True)
        await until(lambda: not line.meter.busy, step_s=0.1)
        text = await ocmf(line, "current")
        assert '"TM":"2022-07-08T10:' in text
        assert " S" in text
        assert '"RV":0.00' in text
        assert '"ST":"G"' in text
        block = await line.read_bytes(SNAPSHOTS["current"], 252)
        assert is_signed(hashed(block), snapshot_signature(block), await key(line))


async def test_metadata_stay_until_they_are_overwritten(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await describe(line)
        await take(line, "turn_on")
        await line.write_text(META1, "", 70)
        await take(line, "turn_off")
        said = json.loads((await ocmf(line, "turn_off")).split("|")[1])
        assert (said["IS"], said["ID"], said["X2"], said["X3"]) == (
            False,
            "",
            "evse-id: DE*ABC*E1",
            "csc-sw-version: v1",
        )
        assert "rfid:12345678" in await ocmf(line, "turn_on")


async def test_start_and_end_switch_nothing_and_ask_for_no_feedback(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.fault("contactor_welded", on=True)
        await line.write(DO, 1)
        assert await take(line, "start") == 0
        assert await take(line, "end") == 0
        assert await line.read(DO) == [1]


@pytest.mark.parametrize("fault", ["contactor_welded", "meter_no_feedback"])
@pytest.mark.parametrize("kind", ["turn_on", "turn_off"])
async def test_without_feedback_that_it_is_open_switching_fails(tmp_path: Path, fault: str, kind: str) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.fault(fault, on=True)
        assert await line.read(DI) == [0]
        assert await take(line, kind) == 5
        assert await line.read(OCMFS[kind] + 1) == [5]
        assert await line.read(DO) == [0]
        assert await number(line, RCNT) == 0
        evse.fault(fault, on=False)
        assert await take(line, kind) == 0


async def test_a_failed_turn_on_leaves_the_output_on(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.fault("meter_snapshot_fails", on=True)
        assert await take(line, "turn_on") == 3
        assert await line.read(DO) == [1]
        assert await number(line, RCNT) == 0


async def test_a_meter_that_is_busy_for_ever_ends_with_the_fault(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.fault("meter_busy_forever", on=True)
        await line.write(SNAPSHOTS["current"] + 1, 2)
        await asyncio.sleep(3600)
        assert await line.read(SNAPSHOTS["current"] + 1) == [2]
        evse.fault("meter_busy_forever", on=False)
        await asyncio.sleep(0.1)
        assert await line.read(SNAPSHOTS["current"] + 1) == [0]


async def test_a_text_that_does_not_fit_fails_while_its_snapshot_is_valid(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        await line.write_text(META1, "|" * 140, 70)
        assert await take(line, "current") == 0
        assert await line.read(OCMFS["current"] + 1) == [3]
        block = await line.read_bytes(SNAPSHOTS["current"], 252)
        assert is_signed(hashed(block), snapshot_signature(block), await key(line))


@pytest.mark.parametrize(("kind", "expected"), [("turn_on", 0), ("start", 0), ("current", 50), ("end", 50)])
async def test_only_turn_on_and_start_reset_the_session(tmp_path: Path, kind: str, expected: int) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.meter.measuring.kept.count(509.0)
        assert await number(line, RCR) == 50
        assert await take(line, kind) == 0
        assert await number(line, RCR) == expected


async def test_a_reset_clears_the_hidden_digits_of_the_session_only(tmp_path: Path) -> None:
    async with on_bench(tmp_path, energy_wh=100.0) as (evse, line):
        evse.meter.measuring.kept.count(9.0)
        await take(line, "turn_on")
        evse.meter.measuring.kept.count(5.0)
        assert await number(line, RCR) == 0
        assert await number(line, TOT_WH) == 11
