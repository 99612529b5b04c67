"""The tests' own check of signatures, proved with records of real meters before it judges the twin."""

import json
from pathlib import Path

import pytest

from tests.simulators.bench.wire import checksum, hashed, is_signed, ocmf_is_signed, snapshot_signature

VECTORS = json.loads(Path("tests/data/vectors.json").read_text("utf-8"))
BLOCKS = [row for row in VECTORS["snapshots"] if row.get("payload_hex")]


@pytest.mark.parametrize("row", BLOCKS, ids=lambda row: row["id"])
def test_real_snapshot_blocks_are_found_genuine(row: dict[str, str]) -> None:
    payload = bytes.fromhex(row["payload_hex"])
    assert hashed(payload).hex() == row["hash_input_hex"]
    assert is_signed(hashed(payload), snapshot_signature(payload), bytes.fromhex(row["public_key_der_hex"]))


@pytest.mark.parametrize("row", BLOCKS[:3], ids=lambda row: row["id"])
def test_a_snapshot_with_one_other_bit_is_found_out(row: dict[str, str]) -> None:
    payload = bytearray.fromhex(row["payload_hex"])
    payload[9] ^= 1
    assert not is_signed(
        hashed(bytes(payload)), snapshot_signature(bytes(payload)), bytes.fromhex(row["public_key_der_hex"])
    )


@pytest.mark.parametrize("row", VECTORS["ocmf"], ids=lambda row: row["id"])
def test_real_ocmf_texts_are_found_genuine(row: dict[str, str]) -> None:
    key = bytes.fromhex(row["public_key_der_hex"])
    assert ocmf_is_signed(row["ocmf"], key)
    assert not ocmf_is_signed(row["ocmf"].replace('"TX"', '"TY"'), key)


def test_the_checksum_is_that_of_the_real_line() -> None:
    good = [row for row in VECTORS["rtu_frames"] if row["request_crc_ok"]]
    assert good
    for row in good:
        frame = bytes.fromhex(row["request_hex"])
        assert checksum(frame[:-2]) == frame[-2:]
