"""docs/bench.md tells the truth about names and numbers."""

import json
import re
from pathlib import Path

from simulators.bench.bench import Bench
from simulators.bench.controller_map import COILS, ERRORS, HOLDING, INPUTS, OUTPUTS, Errors
from simulators.bench.faults import FAULTS
from simulators.bench.rtu import LONGEST, SILENCE_S
from simulators.bench.settings import plain
from simulators.bench.tap import MOST_WAITING

TEXT = Path("docs/bench.md").read_text("utf-8")


def test_every_fault_is_explained() -> None:
    for name in FAULTS:
        assert f"`{name}`" in TEXT


def test_every_register_is_listed_with_its_default() -> None:
    rows = {
        line.split("|")[1].strip(): line.split("|") for line in TEXT.splitlines() if line.startswith(("| 2", "| 4"))
    }
    for address, row in HOLDING.items():
        assert rows[str(address)][-2].strip() == str(row.default)
    for address in (*COILS, INPUTS, OUTPUTS, ERRORS):
        assert str(address) in rows


def test_every_error_bit_is_listed() -> None:
    listed = TEXT.split("| bit of 24025 |")[1].split("\n\n")[0]
    bits = {int(bit) for line in listed.splitlines()[2:] for bit in line.split("|")[1].split("/")}
    assert bits == {error.bit_length() - 1 for error in Errors if error}


async def test_the_counters_of_a_line_are_those_that_are_shown(tmp_path: Path) -> None:
    shown = json.loads(TEXT.split("they tell who talks on it:\n\n```json\n")[1].split("```")[0])
    async with Bench(plain(tmp_path)) as bench:
        real = bench.state()["lines"][0]
    assert list(shown) == list(real)
    for key in ("devices", "clients"):
        assert list(shown[key][0]) == list(real[key][0])


def test_the_limits_of_a_line_are_told() -> None:
    assert f"Up to {MOST_WAITING} requests wait for one device" in TEXT
    assert re.search(f"longer than {LONGEST} bytes or unfinished for {1000 * SILENCE_S:.0f} ms", TEXT)
