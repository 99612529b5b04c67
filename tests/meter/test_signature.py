"""The published signatures verify, the falsified ones do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.meter.keys import KeyFormatError
from station.meter.ocmf import parse
from station.meter.signature import is_signed_by
from tests.meter.vectors import BEGIN, DEMO_KEY, named, vectors


@pytest.mark.parametrize("row", **named(vectors()["ocmf"]))
def test_published_texts_are_genuine(row: dict) -> None:
    record = parse(row["ocmf"].encode())
    assert is_signed_by(bytes.fromhex(row["public_key_der_hex"]), record.signed, record.signature) is row["expected"]


@pytest.mark.parametrize("row", **named(vectors()["snapshots"]))
def test_published_hash_inputs_are_genuine(row: dict) -> None:
    message, signature = bytes.fromhex(row["hash_input_hex"]), bytes.fromhex(row["signature_der_hex"])
    assert is_signed_by(bytes.fromhex(row["public_key_der_hex"]), message, signature) is row["expected"]


def test_the_worked_example_of_the_manual_is_genuine() -> None:
    row = vectors()["legacy_snapshot_2020"]
    message = b"".join(bytes.fromhex(part["hex"]) for part in row["hash_parts"])
    assert message.hex() == row["hash_input_hex"]
    assert is_signed_by(bytes.fromhex(row["public_key_der_hex"]), message, bytes.fromhex(row["signature_der_hex"]))


@pytest.mark.parametrize("row", **named(vectors()["negative"], "name"))
def test_falsified_texts_are_not(row: dict) -> None:
    message = row["signed_text"].encode() if "signed_text" in row else bytes.fromhex(row["hash_input_hex"])
    key, signature = bytes.fromhex(row["public_key_der_hex"]), bytes.fromhex(row["signature_der_hex"])
    assert is_signed_by(key, message, signature) is row["expected"] is False


RECORD = parse(BEGIN)


@given(st.integers(0, len(RECORD.signed) - 1), st.integers(1, 255))
def test_no_single_changed_byte_of_a_text_verifies(at: int, difference: int) -> None:
    changed = bytearray(RECORD.signed)
    changed[at] ^= difference
    assert not is_signed_by(DEMO_KEY, bytes(changed), RECORD.signature)


@given(st.integers(0, len(RECORD.signature) - 1), st.integers(1, 255))
def test_no_single_changed_byte_of_a_signature_verifies(at: int, difference: int) -> None:
    changed = bytearray(RECORD.signature)
    changed[at] ^= difference
    assert not is_signed_by(DEMO_KEY, RECORD.signed, bytes(changed))


@given(st.binary())
def test_no_rubbish_verifies(signature: bytes) -> None:
    assert not is_signed_by(DEMO_KEY, RECORD.signed, signature)


def test_a_point_beside_the_curve_is_no_key() -> None:
    with pytest.raises(KeyFormatError, match="no point of P-256"):
        is_signed_by(DEMO_KEY[:-1] + b"\0", b"", b"")
    with pytest.raises(KeyFormatError, match="91 bytes"):
        is_signed_by(b"", b"", b"")
