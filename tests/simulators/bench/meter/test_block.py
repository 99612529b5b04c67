"""The registers of a snapshot and its text, against whole blocks of real meters."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.meter import kinds
from simulators.bench.meter.block import Block
from simulators.bench.meter.sealing import Sealed
from station.meter import registers
from station.meter.codec import encode, to_bytes

VECTORS = json.loads(Path("tests/data/vectors.json").read_text("utf-8"))
TEXTS = [row for row in VECTORS["register_blocks"] if row["block"] == "ocmf payload"]
DUMPED = [row for row in VECTORS["snapshots"] if row["payload_hex"]]


def payload(alias: str, values: dict[str, Any]) -> bytes:
    points = [point for point in registers.MODELS[alias].points.values() if point.name not in ("ID", "L")]
    return b"".join(to_bytes(encode(point, values.get(point.name))) for point in points)


def block(alias: str, *, energy_exponent: int = 1) -> Block:
    return Block(kinds.BY_SNAPSHOT[alias], energy_exponent=energy_exponent)


@pytest.mark.parametrize("row", DUMPED, ids=lambda row: row["id"])
def test_the_registers_of_a_real_snapshot_are_reproduced_byte_for_byte(row: dict[str, Any]) -> None:
    one = block(row["kind"])
    one.fill(Sealed(row["fields"], bytes.fromhex(row["signature_der_hex"]), ""))
    assert payload(row["kind"], one.snapshot_values()).hex() == row["payload_hex"]


@pytest.mark.parametrize(
    "row",
    [row for row in VECTORS["register_blocks"] if row["block"] == "ocmf payload"],
    ids=lambda row: row["ocmf_id"],
)
def test_the_registers_of_a_real_text_are_reproduced_byte_for_byte(row: dict[str, Any]) -> None:
    (model,) = (one for one in registers.MODELS.values() if one.payload == row["first_protocol_address"])
    one = Block(kinds.BY_OCMF[model.alias], energy_exponent=1)
    (text,) = (other["ocmf"] for other in VECTORS["ocmf"] if other["id"] == row["ocmf_id"])
    one.fill(Sealed({}, b"", text))
    assert payload(model.alias, one.ocmf_values()).hex() == row["hex"]


def test_a_block_is_invalid_and_empty_until_its_first_snapshot() -> None:
    one = block("stons", energy_exponent=1)
    empty = payload("stons", one.snapshot_values())
    assert empty[:4] == b"\0\1\0\1"
    assert empty[12:14] == b"\0\1"
    assert empty[42:48].hex() == "ffffffff8000"
    assert empty[404:].hex() == "00300000" + "00" * 96
    assert payload("ostons", one.ocmf_values()) == b"\0\1\0\1" + bytes(992)


def test_a_failure_shows_in_both_blocks_and_leaves_the_content() -> None:
    one = block("ses")
    one.fill(Sealed({"RCnt": 7}, b"\1", "OCMF|"))
    one.begin()
    assert (one.status, one.ocmf_status) == (2, 2)
    one.fail(5)
    assert (one.snapshot_values()["St"], one.ocmf_values()["St"]) == (5, 5)
    assert (one.snapshot_values()["RCnt"], one.ocmf_values()["O"]) == (7, "OCMF|")
