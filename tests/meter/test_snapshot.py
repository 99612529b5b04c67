"""Snapshots: what they say and what is signed of them."""

import hashlib
from datetime import UTC, datetime

import pytest

from station.core.records import Metadata, RecordKind
from station.meter.codec import Block, Value, encode, to_words
from station.meter.registers import MODELS
from station.meter.signature import is_signed_by
from station.meter.snapshot import decode, hash_input
from tests.meter.vectors import named, vectors

ROWS = vectors()["snapshots"]


def words_of(row: dict) -> list[int]:
    """The published registers, or those that belong to the published fields."""
    if row["payload_hex"]:
        return to_words(bytes.fromhex(row["payload_hex"]))
    signature = bytes.fromhex(row["signature_der_hex"])
    return words_with(
        row["kind"], {"St": 0, "W_SF": 1, **row["fields"], "NSig": 48, "BSig": len(signature), "Sig": signature}
    )


def words_with(alias: str, fields: dict[str, Value]) -> list[int]:
    rows = list(MODELS[alias].points.values())[2:]
    return [word for point in rows for word in encode(point, fields.get(point.name))]


@pytest.mark.parametrize("row", **named(ROWS))
def test_published_snapshots_are_genuine(row: dict) -> None:
    snapshot = decode(row["kind"], words_of(row))
    assert snapshot.signed.hex() == row["hash_input_hex"]
    assert hashlib.sha256(snapshot.signed).hexdigest() == row["sha256"]
    key = bytes.fromhex(row["public_key_der_hex"])
    assert is_signed_by(key, snapshot.signed, snapshot.signature) is row["expected"]


def test_a_snapshot_says_what_was_measured_when_for_whom() -> None:
    snapshot = decode("stons", words_of(ROWS[0]))
    assert snapshot.kind is RecordKind.TURN_ON
    assert (snapshot.status, snapshot.pagination, snapshot.meter_serial) == (0, 4276, "001BZR1521070006")
    assert (snapshot.session_energy_wh, snapshot.energy_wh, snapshot.power_w) == (0, 99840, 0)
    assert (snapshot.taken_at, snapshot.offset_min) == (datetime(2022, 7, 8, 8, 0, 28, tzinfo=UTC), 120)
    fields = ROWS[0]["fields"]
    assert (snapshot.clock_settings, snapshot.clock_set_os) == (fields["EpochSetCnt"], fields["EpochSetOS"])
    assert (snapshot.contactor_open, snapshot.output_on, snapshot.events) == (True, False, 0)
    assert snapshot.metadata == Metadata(
        "contract-id: rfid:12345678abcdef", "evse-id: DE*BDO*E8025334492*2", "csc-sw-version: v1.2.34"
    )


def test_what_is_not_available_is_signed_as_it_stands_in_the_register() -> None:
    fields = {**ROWS[0]["fields"], "Epoch": None, "TZO": None, "W": None}
    words = words_with("stons", fields)
    block = Block(MODELS["stons"], MODELS["stons"].payload, words)
    assert bytes.fromhex("ffffffff0007ffff80000006") in hash_input(block)
    assert bytes.fromhex("ffff8000011b") in hash_input(block)
    assert (decode("stons", words).taken_at, decode("stons", words).offset_min) == (None, None)
    assert decode("stons", words).power_w is None


def test_negative_power_and_exponents_are_signed_with_their_sign() -> None:
    words = words_with("scs", {**ROWS[0]["fields"], "W": -5, "W_SF": -1, "Wh_SF": -2})
    assert bytes.fromhex("fffffffbff1b") in decode("scs", words).signed
    assert decode("scs", words).energy_wh == 100


def test_event_bits_are_kept() -> None:
    assert decode("scs", words_with("scs", {**ROWS[0]["fields"], "Evt": 1 << 16})).events == 1 << 16


@pytest.mark.parametrize(
    ("name", "value"), [("Typ", None), ("Typ", 5), ("RCnt", None), ("Wh_SF", None), ("St", None)]
)
def test_registers_that_are_no_snapshot_are_refused(name: str, value: Value) -> None:
    with pytest.raises(ValueError, match="scs: "):
        decode("scs", words_with("scs", {**ROWS[0]["fields"], name: value}))


def test_a_wrong_number_of_registers_is_refused() -> None:
    with pytest.raises(ValueError, match="252 registers expected, got 3"):
        decode("stons", [1, 2, 3])
