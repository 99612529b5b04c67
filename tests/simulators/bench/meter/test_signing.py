"""The meter's hashing, against bytes that real meters signed."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.meter.signing import hash_input

VECTORS = json.loads(Path("tests/data/vectors.json").read_text("utf-8"))
SNAPSHOTS = VECTORS["snapshots"]


@pytest.mark.parametrize("row", SNAPSHOTS, ids=lambda row: row["id"])
def test_the_bytes_that_a_real_meter_signed_are_reproduced(row: dict[str, Any]) -> None:
    assert hash_input({"W_SF": 1} | row["fields"]).hex() == row["hash_input_hex"]


def test_an_unset_clock_is_hashed_as_not_available() -> None:
    fields = {"W_SF": 1} | SNAPSHOTS[0]["fields"]
    with_clock, without = hash_input(fields), hash_input(fields | {"Epoch": None, "TZO": None})
    assert bytes.fromhex("ffffffff0007") + bytes.fromhex("ffff80000006") in without
    assert len(with_clock) == len(without)
