"""The register map over the wire, against the map that was written down from the maker's documents."""

import json
from pathlib import Path

import pytest

from simulators.bench.meter import image
from station.meter.codec import to_bytes
from tests.simulators.bench.meter.rig import rig
from tests.simulators.bench.places import DO, EPOCH, META1, TZO, on_bench
from tests.simulators.bench.wire import Master, NoAnswerError, RefusalError

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


async def scanned(line: Master) -> list[tuple[int, int, int]]:
    """Address, ID and length of every model, found as any SunSpec client finds them; each is read as a whole."""
    assert await line.read_bytes(40000, 2) == b"SunS"
    at, chain = 40002, []
    while (model := (await line.read(at))[0]) != 0xFFFF:
        (length,) = await line.read(at + 1)
        assert len(await line.read_bytes(at, 2 + length)) == 4 + 2 * length
        chain.append((at, model, length))
        at += 2 + length
    return [*chain, (at, model, (await line.read(at + 1))[0])]


async def test_a_generic_scan_walks_the_chain_of_models(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        assert await scanned(line) == [
            (40002, 1, 66), (40070, 10, 4), (40076, 17, 12), (40090, 203, 105), (40197, 64900, 300),
            (40499, 64902, 20), (40521, 64901, 252), (40775, 64901, 252), (41029, 64901, 252), (41283, 64901, 252),
            (41537, 64901, 252), (41791, 64903, 498), (42291, 64903, 498), (42791, 64903, 498), (43291, 64903, 498),
            (43791, 64903, 498), (44291, 0xFFFF, 0),
        ]  # fmt: skip


def test_a_point_without_a_value_reads_the_code_of_its_type() -> None:
    words = image.read(range(FIRST, LAST + 1), lambda _alias: {})
    for row in MAP:
        if row["name"] not in ("ID", "L", "SunS") and row["instance"] != "sunspec_id" and row["type"] != "uint8":
            at = row["protocol_address"] - FIRST
            raw = to_bytes(words[at : at + row["length"]])
            expected = bytes.fromhex(NOT_AVAILABLE.get(row["type"], "")).ljust(len(raw), b"\0")
            assert raw == expected, f"{row['instance']}.{row['name']}"


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


@pytest.mark.parametrize("refusal", [1, 2, 3, 4])
async def test_what_is_refused_is_refused_as_the_settings_say(tmp_path: Path, refusal: int) -> None:
    async with rig(tmp_path, refusal=refusal) as line:
        for refused in (line.read(44292, 2), line.write(39999, 0), line.write(EPOCH, 1), line.write(60000, 1)):
            with pytest.raises(RefusalError) as answer:
                await refused
            assert answer.value.code == refusal


async def test_what_is_refused_may_get_no_answer_at_all(tmp_path: Path) -> None:
    async with rig(tmp_path, refusal=0) as line:
        for refused in (line.read(44292, 2), line.write(39999, 0), line.write(EPOCH, 1)):
            with pytest.raises(NoAnswerError):
                await refused
        with pytest.raises(RefusalError) as unknown:
            await line.read(40000, function=4)
        assert unknown.value.code == 1


WRITABLE = {
    40068: 1, 40082: 2, 40260: 2, 40262: 1, 40268: 1, 40279: 70, 40349: 50, 40399: 50,
    40524: 1, 40778: 1, 41032: 1, 41286: 1, 41540: 1,
}  # fmt: skip
"""Registers by address: exactly these thirteen points."""


async def test_each_register_that_is_not_writable_is_passed_over(tmp_path: Path) -> None:
    taken = {address for first, size in WRITABLE.items() for address in range(first, first + size)}
    async with rig(tmp_path) as line:
        before = await line.read_bytes(FIRST, LAST - FIRST + 1)
        for address in range(FIRST, LAST + 1):
            if address not in taken:
                await line.write(address, 2)
        after = await line.read_bytes(FIRST, LAST - FIRST + 1)
        # What the mains do, the display and the operating seconds move by themselves.
        assert (after[:180], after[394:480], after[600:]) == (before[:180], before[394:480], before[600:])
        assert not line.meter.busy


async def test_a_part_of_any_longer_point_is_refused_and_nothing_applied(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        before = await line.read_bytes(40068, 400)
        for address, size in WRITABLE.items():
            parts = ((address, size - 1), (address + 1, size - 1), (address - 1, size), (address + 1, size))
            for first, count in parts if size > 1 else ():
                with pytest.raises(RefusalError) as refused:
                    await line.write(first, *[0x4141] * count)
                assert refused.value.code == 2
        after = await line.read_bytes(40068, 400)
        # Between them the operating seconds go on.
        assert (after[:48], after[384:]) == (before[:48], before[384:])
        assert (line.meter.unit, line.meter.baud) == (42, 19200)


@pytest.mark.parametrize(("address", "words"), [(40068, [0]), (40068, [248]), (40068, [0xFFFF]), (40082, [0, 19201])])
async def test_an_address_or_speed_that_no_meter_can_have_is_passed_over(
    tmp_path: Path, address: int, words: list[int]
) -> None:
    async with rig(tmp_path) as line:
        await line.write(address, *words)
        assert (line.meter.unit, line.meter.baud) == (42, 19200)
        assert await line.read(40068) == [42]
        assert await line.read(40082, 2) == [0, 19200]


async def test_only_bit_0_of_the_output_counts(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        for written, read in ((0xFFFF, 1), (0xFFFE, 0), (3, 1), (2, 0)):
            await line.write(DO, written)
            assert await line.read(DO) == [read]


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
