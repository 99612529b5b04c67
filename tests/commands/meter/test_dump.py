"""`station meter dump`: every register once, in three forms."""

import json
import re
from pathlib import Path

import pytest

from station.cli import MISUSED, main
from station.commands.meter.dump import as_json, dump, raw, table
from station.errors import LineRefusedError
from station.meter.registers import FIRST, LAST
from tests.commands.meter.laptop import SERIAL, Terminal, at_bench, at_fake

WHOLE = LAST + 1 - FIRST


async def test_the_whole_map_is_read_with_progress_and_nothing_is_left_out(tmp_path: Path) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        code = await dump(laptop.connection, first=FIRST, count=WHOLE, form=raw, out=laptop.out, err=laptop.err)
    assert code == 0
    registers: list[str] = []
    for line in laptop.out.getvalue().splitlines():
        at, words = line.split(": ")
        assert int(at) == FIRST + len(registers)
        registers += words.split()
    assert len(registers) == WHOLE
    assert registers[:4] == ["5375", "6e53", "0001", "0042"]
    assert re.fullmatch(r"4293 registers \.\.\.\n4293 registers: done \(.* s\)\n", laptop.err.getvalue())


async def test_progress_on_a_terminal_counts_registers(tmp_path: Path) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        terminal = Terminal()
        await dump(laptop.connection, first=FIRST, count=WHOLE, form=raw, out=laptop.out, err=terminal)
    assert re.search(r"\d+ read \(", terminal.getvalue())
    assert terminal.screen()[0].startswith("4293 registers: done")


async def test_a_few_registers_come_without_progress(tmp_path: Path) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        await dump(laptop.connection, first=40235, count=8, form=table, out=laptop.out, err=laptop.err)
    assert laptop.told == f'40235 bsm.MA1 "{SERIAL}" 3030 3142 5a52 3135 ... of 8'
    assert laptop.advised == ""


async def test_a_table_tells_values_with_units_and_meanings() -> None:
    with at_fake() as (device, laptop):
        device.set_clock(1795256468, 60)
        await dump(laptop.connection, first=40092, count=177, form=table, out=laptop.out, err=laptop.err)
    lines = {line.split()[1]: " ".join(line.split()[2:]) for line in laptop.out.getvalue().splitlines()}
    assert lines["tpm.AphB"] == "16.01 A 0641"
    assert lines["tpm.PhV"] == "- 8000"
    assert lines["bsm.RCR"] == "1230 Wh 0000 007b"
    assert lines["bsm.Epoch"] == "1795256468 s (2026-11-21 10:21:08 UTC) 6b01 7094"
    assert lines["bsm.DI"] == "1 (contactor open) 0001"
    assert lines["bsm.DO"] == "0 (output off) 0000"


async def test_json_has_everything_uncut() -> None:
    with at_fake() as (device, laptop):
        device.put("bsm", "Meta1", "x" * 140)
        await dump(laptop.connection, first=40279, count=221, form=as_json, out=laptop.out, err=laptop.err)
    told = {row["point"]: row for row in json.loads(laptop.out.getvalue())}
    assert told["bsm.Meta1"]["value"] == "x" * 140
    assert told["bsm.Meta1"]["registers"] == "7878" * 70
    assert told["bsm.PK"]["value"] == (device.public_key + bytes(5)).hex()
    assert told["bsm.Meta1"]["address"] == 40279


async def test_a_text_of_the_meter_commands_no_terminal() -> None:
    with at_fake() as (device, laptop):
        device.put("bsm", "Meta1", "\x1b[2Jevil")
        await dump(laptop.connection, first=40279, count=70, form=table, out=laptop.out, err=laptop.err)
    assert "\x1b" not in laptop.out.getvalue()


async def test_a_long_text_is_cut_and_a_long_meaning_is_not() -> None:
    with at_fake() as (device, laptop):
        device.put("scs", "Meta1", "x" * 140)
        device.put("scs", "St", 5)
        await dump(laptop.connection, first=40523, count=100, form=table, out=laptop.out, err=laptop.err)
    lines = laptop.out.getvalue().splitlines()
    assert "5 (the contactor's feedback on DI does not fit)  0005" in lines[1]
    assert f'"{"x" * 35} ...  7878 7878 7878 7878 ... of 70' in lines[-1]


async def test_a_refusal_is_an_error() -> None:
    with at_fake() as (device, laptop):
        device.faults.refuses.add(40092)
        with pytest.raises(LineRefusedError):
            await dump(laptop.connection, first=40092, count=2, form=table, out=laptop.out, err=laptop.err)
    assert laptop.told == ""


@pytest.mark.parametrize("where", [["39999"], ["44293"], ["44292", "2"], ["40000", "0"], ["40000", "-3"]])
def test_what_is_outside_the_map_is_misuse(capsys: pytest.CaptureFixture[str], where: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["meter", "dump", "--port", "/dev/null", *where])
    assert end.value.code == MISUSED
    assert "the map goes from 40000 to 44292" in capsys.readouterr().err
