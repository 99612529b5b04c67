"""docs/bench.md tells the truth about names and numbers."""

from pathlib import Path

from simulators.bench.controller_map import COILS, ERRORS, HOLDING, INPUTS, OUTPUTS, Errors
from simulators.bench.faults import FAULTS

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
