"""docs/inputs.md and docs/readers.md tell the truth about names and numbers."""

import re
from pathlib import Path

import pytest

from station.hardware.drivers import BUILT_IN, Role
from station.hardware.light_patterns import CHANNELS, MIXES, STATES, default, pattern
from station.inputs.grid_book import NAME
from station.inputs.meanings import FAULTS, Meaning, grid_limit_amps

INPUTS = Path("docs/inputs.md").read_text("utf-8")
READERS = Path("docs/readers.md").read_text("utf-8")


def test_every_reader_and_every_meaning_is_explained() -> None:
    for name in BUILT_IN[Role.CARD_READER]:
        assert f"| `{name}` |" in READERS
    for meaning in Meaning:
        assert f"| `{meaning.value}` |" in INPUTS
    for fault in FAULTS.values():
        assert fault.value in INPUTS
    assert NAME in INPUTS


@pytest.mark.parametrize("state", STATES)
def test_the_table_of_lights_is_what_is_shown(state: str) -> None:
    row = re.search(rf"^\| `{state}` \|[^|]*\|(?P<all>[^|]*)\|(?P<one>[^|]*)\|$", INPUTS, re.MULTILINE)
    assert row is not None
    rgb = ("red", "green", "blue")
    assert default(state, rgb) == pattern(row["all"], rgb)
    one = row["one"].strip()
    assert default(state, ["green"]) == pattern(one if one == "off" else f"green {one}".replace("lit", ""), ["green"])


def test_every_colour_is_named() -> None:
    for colour in (*CHANNELS, *MIXES):
        assert colour in INPUTS


def test_the_currents_under_the_limit_are_right() -> None:
    assert f"{grid_limit_amps(1):g} A on one phase, {grid_limit_amps(3):g} A on three" in INPUTS
