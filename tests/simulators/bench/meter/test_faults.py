"""Each fault of the meter: what a master sees while it is on, and that off brings back what was."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.simulators.bench.meter.rig import Rig, rig
from tests.simulators.bench.places import (
    DO,
    EPOCH,
    EPOCH_SET_CNT,
    META1,
    OCMFS,
    PDCNT,
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
)
from tests.simulators.bench.wire import NoAnswerError, hashed, is_signed, ocmf_is_signed, snapshot_signature

SERIAL = "001BZR1521070001"
EVT = 40195
UNSET = bytes.fromhex("ffffffff8000")


async def block(line: Rig, kind: str = "current") -> bytes:
    """Take a snapshot and return its registers."""
    assert await take(line, kind) == 0
    return await line.read_bytes(SNAPSHOTS[kind], 252)


async def said(line: Rig, kind: str = "current") -> dict[str, Any]:
    payload: dict[str, Any] = json.loads((await ocmf(line, kind)).split("|")[1])
    return payload


async def verdicts(line: Rig) -> tuple[bool, bool]:
    """Whether the signatures of a new snapshot and of its text fit the key that the meter shows."""
    public = await key(line)
    registers = await block(line)
    return (
        is_signed(hashed(registers), snapshot_signature(registers), public),
        ocmf_is_signed(await ocmf(line, "current"), public),
    )


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("meter_bad_signature", (False, False)), ("meter_bad_ocmf_signature", (True, False))],
)
async def test_a_bad_signature_is_well_formed_and_fits_nothing(
    tmp_path: Path, fault: str, expected: tuple[bool, bool]
) -> None:
    async with rig(tmp_path) as line:
        line.faults.put(fault, True)
        assert await verdicts(line) == expected
        for signature in (
            snapshot_signature(await line.read_bytes(SNAPSHOTS["current"], 252)),
            bytes.fromhex((await ocmf(line, "current")).split('"SD":"')[1].split('"')[0]),
        ):
            r, s = decode_dss_signature(signature)
            assert 68 <= len(signature) <= 72
            assert min(r, s) > 0
        line.faults.put(fault, False)
        assert await verdicts(line) == (True, True)


async def test_a_text_may_tell_another_energy_than_its_snapshot_and_be_genuine(tmp_path: Path) -> None:
    async with rig(tmp_path, energy_wh=5_000.0) as line:
        line.meter.measuring.kept.count(1_230.0)
        line.faults.put("meter_ocmf_differs", True)
        assert await verdicts(line) == (True, True)
        reading = (await said(line))["RD"][0]
        registers = await line.read_bytes(SNAPSHOTS["current"], 252)
        assert (int.from_bytes(registers[4:8], "big"), int.from_bytes(registers[8:12], "big")) == (123, 623)
        assert (reading["RV"], reading["XV"]) == (2.23, 7.23)
        line.faults.put("meter_ocmf_differs", False)
        await take(line, "current")
        reading = (await said(line))["RD"][0]
        assert (reading["RV"], reading["XV"]) == (1.23, 6.23)


async def test_before_1_3_the_other_energy_is_a_kilowatt_hour_too(tmp_path: Path) -> None:
    async with rig(tmp_path, energy_wh=0.0, firmware="1.2") as line:
        line.faults.put("meter_ocmf_differs", True)
        await take(line, "current")
        assert (await said(line))["RD"][0]["XV"] == 1000


async def test_another_key_signs_and_shows_itself_until_the_own_one_is_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        own = await key(line)
        line.faults.put("meter_changed_key", True)
        other = await key(line)
        assert (len(other), other != own) == (91, True)
        assert line.meter.public_key == other
        assert await verdicts(line) == (True, True)
        assert not ocmf_is_signed(await ocmf(line, "current"), own)
        line.faults.put("meter_changed_key", False)
        assert await key(line) == own
        assert await verdicts(line) == (True, True)
        line.faults.put("meter_changed_key", True)
        assert await key(line) == other


async def test_another_serial_stands_everywhere_until_the_own_one_is_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        for on, serial in ((True, "001BZR1578929998"), (False, SERIAL)):
            line.faults.put("meter_changed_serial", on)
            assert await line.read_bytes(40235, 8) == serial.encode()
            assert (await line.read_bytes(40203, 8)).rstrip(b"\0") == serial[-8:].encode()
            assert (await line.read_bytes(40052, 16)).rstrip(b"\0") == serial[-8:].encode()
            assert line.meter.serial == serial
            assert await verdicts(line) == (True, True)
            assert (await line.read_bytes(SNAPSHOTS["current"] + 9, 8)) == serial.encode()
            text = await said(line)
            assert (text["GS"], text["MS"]) == (serial, serial)


async def test_the_counter_leaves_gaps_while_it_should(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        counters = []
        for on in (False, True, True, False):
            line.faults.put("meter_counter_gap", on)
            registers = await block(line)
            counters.append(int.from_bytes(registers[34:38], "big"))
            assert await number(line, RCNT) == counters[-1]
            assert (await said(line))["PG"] == f"T{counters[-1]}"
        assert counters == [1, 5, 9, 10]


async def test_a_clock_that_is_unset_stays_so_whatever_is_written_and_can_be_set_afterwards(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await set_clock(line)
        line.faults.put("meter_clock_unset", True)
        assert await line.read_bytes(EPOCH, 3) == UNSET
        await set_clock(line)
        await line.write(EPOCH, 0x62C8, 0)
        assert await line.read_bytes(EPOCH, 3) == UNSET
        registers = await block(line)
        assert registers[42:48] == UNSET
        assert is_signed(hashed(registers), snapshot_signature(registers), await key(line))
        assert (await said(line))["RD"][0]["TM"] == "1970-01-01T00:00:00,000+0000 U"
        line.faults.put("meter_clock_unset", False)
        assert await line.read_bytes(EPOCH, 3) == UNSET
        assert await number(line, EPOCH_SET_CNT) == 1
        await set_clock(line)
        assert await number(line, EPOCH_SET_CNT) == 2
        await take(line, "current")
        assert (await said(line))["RD"][0]["TM"].endswith("+0200 S")


@pytest.mark.parametrize(
    ("fault", "bit", "error"),
    [
        ("meter_event_bits", 16, "00000001"),
        ("meter_event_17", 17, "00000000"),
        ("meter_event_18", 18, "00000000"),
        ("meter_event_19", 19, "00000000"),
    ],
)
async def test_an_event_bit_stands_in_registers_snapshot_and_text(
    tmp_path: Path, fault: str, bit: int, error: str
) -> None:
    async with rig(tmp_path) as line:
        versions = await line.read_bytes(40219, 16)
        for on in (True, False):
            line.faults.put(fault, on)
            expected = on << bit
            assert await number(line, EVT) == expected
            assert await line.read_bytes(40199, 4) == (error if on else "00000000").encode()
            assert await line.read_bytes(40219, 16) == versions
            assert await verdicts(line) == (True, True)
            registers = await line.read_bytes(SNAPSHOTS["current"], 252)
            assert int.from_bytes(registers[400:404], "big") == expected
            reading = (await said(line))["RD"][0]
            assert (reading["EF"], reading["ST"]) == (("Et", "E") if on else ("", "G"))


async def test_event_bits_add_up(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        for fault in ("meter_event_bits", "meter_event_17", "meter_event_19"):
            line.faults.put(fault, True)
        assert await number(line, EVT) == 0xB0000


@pytest.mark.parametrize("time_scale", [1.0, 10.0])
async def test_the_supply_fails_in_the_middle_of_the_next_snapshot_and_comes_back(
    tmp_path: Path, time_scale: float
) -> None:
    async with rig(tmp_path, time_scale=time_scale, energy_wh=0.0) as line:
        await set_clock(line)
        await line.write_text(META1, "somebody", 70)
        line.meter.measuring.kept.count(500.0)
        line.faults.put("meter_power_loss_in_snapshot", True)
        assert await number(line, RCR) == 50
        await line.write(SNAPSHOTS["turn_on"] + 1, 2)
        await asyncio.sleep(4.5 * time_scale)
        assert await line.read(SNAPSHOTS["turn_on"] + 1) == [2]
        await asyncio.sleep(1.0 * time_scale)
        with pytest.raises(NoAnswerError):
            await line.read(DO)
        await asyncio.sleep(1.0 * time_scale)
        assert "meter_power_loss_in_snapshot" not in line.faults
        assert await line.read(SNAPSHOTS["turn_on"] + 1) == await line.read(OCMFS["turn_on"] + 1) == [1]
        assert await line.read(DO) == [0]
        assert (await number(line, PDCNT), await number(line, RCNT)) == (1, 0)
        # The values had been taken, so the session had been reset.
        assert (await number(line, RCR), await number(line, TOT_WH)) == (0, 50)
        assert await line.read_bytes(EPOCH, 3) == UNSET
        assert await line.read_bytes(META1, 70) == bytes(140)
        await asyncio.sleep(20 * time_scale)
        assert await line.read(DO) == [0]
        assert await take(line, "turn_on") == 0


async def test_a_power_loss_that_is_taken_back_does_not_come(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        line.faults.put("meter_power_loss_in_snapshot", True)
        await line.write(SNAPSHOTS["current"] + 1, 2)
        line.faults.put("meter_power_loss_in_snapshot", False)
        await asyncio.sleep(10)
        assert await line.read(SNAPSHOTS["current"] + 1) == [0]
        assert await number(line, PDCNT) == 0


async def test_an_outage_in_a_snapshot_opens_the_contactor_of_the_whole_bench(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        await line.write(DO, 1)
        evse.fault("meter_power_loss_in_snapshot", on=True)
        await line.write(SNAPSHOTS["end"] + 1, 2)
        await asyncio.sleep(2.5)
        assert not evse.meter.powered
        assert not evse.contactor.demand
        await asyncio.sleep(2)
        assert evse.meter.powered
        assert await line.read(SNAPSHOTS["end"] + 1) == [1]
        assert list(evse.faults) == []


async def test_a_power_cut_during_an_outage_lasts_until_it_is_over(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        line.faults.put("meter_power_loss_in_snapshot", True)
        await line.write(SNAPSHOTS["current"] + 1, 2)
        await asyncio.sleep(2.5)
        line.faults.put("meter_power_cycle", True)
        await asyncio.sleep(30)
        with pytest.raises(NoAnswerError):
            await line.read(DO)
        line.faults.put("meter_power_cycle", False)
        assert await number(line, PDCNT) == 1
