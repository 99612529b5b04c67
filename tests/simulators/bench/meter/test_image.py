"""The register map over the wire, against the map that was written down from the maker's documents."""

import json
from pathlib import Path

import pytest

from tests.simulators.bench.places import DO, EPOCH, META1, TZO, on_bench
from tests.simulators.bench.wire import RefusalError

MAP = json.loads(Path("tests/data/registers.json").read_text("utf-8"))
FIRST, LAST = 40000, 44292
NOT_AVAILABLE = {
    "uint16": "ffff", "enum16": "ffff", "int16": "8000", "sunssf": "8000", "pad": "8000", "acc32": "00000000",
    "string": "", "bitfield32": "80000000", "uint32": "ffffffff",
}  # fmt: skip


async def test_every_register_can_be_read_in_pieces_of_any_size(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        whole = await line.read_bytes(FIRST, LAST - FIRST + 1)
        assert len(whole) == 2 * 4293
        for address, count in ((40000, 1), (40001, 2), (40195, 7), (41030, 3), (44292, 1), (40520, 125)):
            at = 2 * (address - FIRST)
            if not 40240 <= address <= 40260:
                assert await line.read_bytes(address, count) == whole[at : at + 2 * count]


async def test_constants_and_gaps_read_as_the_map_says(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        whole = await line.read_bytes(FIRST, LAST - FIRST + 1)
    for row in MAP:
        at = 2 * (row["protocol_address"] - FIRST)
        raw = whole[at : at + 2 * row["length"]]
        where = f"{row['instance']}.{row['name']}"
        default = row.get("default")
        if isinstance(default, str) and row["type"] == "string":
            assert raw.rstrip(b"\0").decode("ascii") == default, where
        elif default is not None:
            expected = int(default, 16) if isinstance(default, str) else default
            assert int.from_bytes(raw, "big") == expected, where
        elif not row["implemented"]:
            assert raw == bytes.fromhex(NOT_AVAILABLE[row["type"]]).rjust(len(raw), b"\0"), where
        if "observed_value" in row and isinstance(row["observed_value"], int):
            assert int.from_bytes(raw, "big", signed=True) == row["observed_value"], where
        if "value_after_power_up" in row:
            assert int.from_bytes(raw, "big") == row["value_after_power_up"], where


async def test_a_generic_scan_walks_the_chain_of_models(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        assert await line.read_bytes(40000, 2) == b"SunS"
        at, chain = 40002, []
        while True:
            model, length = await line.read(at, 2)
            chain.append((at, model, length))
            if model == 0xFFFF:
                break
            at += 2 + length
    assert chain == [
        (40002, 1, 66), (40070, 10, 4), (40076, 17, 12), (40090, 203, 105), (40197, 64900, 300), (40499, 64902, 20),
        (40521, 64901, 252), (40775, 64901, 252), (41029, 64901, 252), (41283, 64901, 252), (41537, 64901, 252),
        (41791, 64903, 498), (42291, 64903, 498), (42791, 64903, 498), (43291, 64903, 498), (43791, 64903, 498),
        (44291, 0xFFFF, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("address", "count"), [(39999, 1), (39999, 2), (44293, 1), (44290, 4), (0, 1)])
async def test_a_read_outside_the_map_is_refused(tmp_path: Path, address: int, count: int) -> None:
    async with on_bench(tmp_path) as (_, line):
        with pytest.raises(RefusalError) as refused:
            await line.read(address, count)
        assert refused.value.code == 2


async def test_registers_that_are_not_writable_are_passed_over(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        before = await line.read(40070, 2)
        await line.write(40069, *([0] * 13))  # Pad, a whole header and all of the next, up to Nam
        await line.write(40251, 1, 2, 3)  # RCR and its exponent
        await line.write(42294, 2)  # St of an OCMF block
        assert await line.read(40070, 2) == before
        assert await line.read(40251, 3) == [0, 0, 1]
        assert await line.read(42294) == [1]


async def test_one_write_from_address_to_speed_changes_both_after_its_acknowledge(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        await line.write(40068, 1, *([0] * 13), 0x0001, 0xC200)
        line.unit = 1
        assert await line.read(40068) == [1]
        assert await line.read(40082, 2) == [1, 0xC200]
        assert evse.meter.unit == 1


@pytest.mark.parametrize(
    ("address", "words"),
    [(EPOCH, [1]), (META1, [0x4141] * 69), (META1 + 1, [0x4141] * 69), (EPOCH + 1, [0, 60]), (META1, [0x4141] * 71)],
)
async def test_a_write_that_covers_a_writable_point_in_part_is_refused(
    tmp_path: Path, address: int, words: list[int]
) -> None:
    async with on_bench(tmp_path) as (_, line):
        before = await line.read_bytes(40260, 240)
        with pytest.raises(RefusalError) as refused:
            await line.write(address, *words)
        assert refused.value.code == 2
        after = await line.read_bytes(40260, 240)
        assert after == before


async def test_complete_points_of_a_refused_write_are_not_applied(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        with pytest.raises(RefusalError):
            await line.write(TZO, 60, 0, 0, 0, 0, 0, 1, *([0] * 10), 0x4141)  # TZO .. DO .. first word of Meta1
        assert await line.read(DO) == [0]


async def test_metadata_are_read_back_as_written(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        await line.write_text(META1, "a" * 140 + "b" * 100, 120)
        assert await line.read_bytes(META1, 120) == b"a" * 140 + b"b" * 100


@pytest.mark.parametrize("function", [1, 2, 4, 5, 6, 15, 7, 43])
async def test_other_functions_are_refused_as_unknown(tmp_path: Path, function: int) -> None:
    body = {5: b"\x9c\x44\xff\x00", 15: b"\x9c\x44\x00\x01\x01\x01"}.get(function, b"\x9c\x44\x00\x01")
    async with on_bench(tmp_path) as (_, line):
        with pytest.raises(RefusalError) as refused:
            await line.ask(bytes((function,)) + body)
        assert refused.value.code == 1
