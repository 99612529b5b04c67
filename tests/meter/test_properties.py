"""What must hold for every value, every bit and every byte: nothing that is signed can change unnoticed."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.core.records import RecordKind
from station.meter.codec import Block, decode, encode, to_bytes, to_words
from station.meter.evidence.verdict import Verdict, examine
from station.meter.ocmf import parse
from station.meter.registers import MODELS, points
from station.meter.signature import is_signed_by
from station.meter.snapshot import decode as decode_snapshot
from station.meter.snapshot import hash_input
from tests.meter.ocmf_builder import KEY, Text, sealed
from tests.meter.snapshots import FIRST, IMAGES
from tests.meter.vectors import BEGIN, DEMO_KEY, END, named, vectors

# --- codec: the whole map -------------------------------------------------------------------------------------------

EXTREMES = {
    "uint16": (0, 1, 0xFFFE), "enum16": (0, 1, 0xFFFE), "uint32": (0, 0xFFFF, 0x10000, 0xFFFFFFFE),
    "acc32": (1, 0xFFFFFFFF), "bitfield32": (0, 1 << 16, 0x7FFFFFFF),
    "int16": (-0x7FFF, -1, 0, 0x7FFF), "sunssf": (-10, 0, 10), "pad": (0, 1),
}  # fmt: skip
MAP = [pytest.param(point, id=f"{model.alias}.{point.name}") for _, model, point in points()]


@pytest.mark.parametrize("point", MAP)
def test_every_point_keeps_its_extremes(point: Any) -> None:
    size = 2 * point.length
    texts = ("", "x", "\xff" * size, "a\0b")
    blobs = (bytes(size), b"\xff" * size)
    for value in {"string": texts, "blob": blobs}.get(point.type) or EXTREMES[point.type]:
        assert decode(point, encode(point, value)) == value


@pytest.mark.parametrize("point", MAP)
def test_what_is_not_available_stays_so(point: Any) -> None:
    empty = {"string": "", "blob": bytes(2 * point.length)}
    # Zero in an accumulator that the meter fills is a reading: the begin of a session.
    zero = 0 if point.type == "acc32" and point.provided else None
    assert decode(point, encode(point, None)) == empty.get(point.type, zero)


# --- snapshots: what is under the signature -------------------------------------------------------------------------

MODEL = MODELS["scs"]
SIGNED = set(vectors()["hash_field_order"])
EXPONENTS = {"Wh_SF", "W_SF"}
"""Their low byte is signed, as the exponent of what they scale."""


def hashed(image: bytes) -> bytes:
    return hash_input(Block(MODEL, MODEL.payload, to_words(image)))


def signed_part(image: bytes) -> bytes:
    """The bytes of the register image that the meter signs."""
    parts = []
    for point in list(MODEL.points.values())[2:]:
        at = 2 * (point.offset - 2)
        if point.name in SIGNED:
            parts.append(image[at : at + 2 * point.length])
        elif point.name in EXPONENTS:
            parts.append(image[at + 1 : at + 2])
    return b"".join(parts)


@pytest.mark.parametrize("name", ["001BZR1521070006-4276", "001BZR1521070006-22979", "001BZR1521070003-22111"])
def test_every_signed_bit_of_a_snapshot_changes_what_is_hashed_and_no_other_does(name: str) -> None:
    image = IMAGES[name]
    original, before = hashed(image), signed_part(image)
    for bit in range(8 * len(image)):
        changed = bytearray(image)
        changed[bit // 8] ^= 1 << bit % 8
        signed = signed_part(changed) != before
        assert (hashed(changed) != original) is signed, f"byte {bit // 8}, bit {bit % 8}"


def test_no_unsigned_bit_changes_what_a_snapshot_says() -> None:
    original = replace(decode_snapshot("stons", to_words(FIRST)), status=0, signature=b"")
    for bit in range(8 * len(FIRST)):
        changed = bytearray(FIRST)
        changed[bit // 8] ^= 1 << bit % 8
        if signed_part(changed) == signed_part(FIRST):
            with suppress(ValueError):
                said = decode_snapshot("stons", to_words(changed))
                assert replace(said, status=0, signature=b"") == original, f"byte {bit // 8}, bit {bit % 8}"


@given(st.data())
def test_two_snapshots_are_hashed_alike_only_if_all_that_is_signed_is_alike(data: st.DataObject) -> None:
    images = st.lists(st.sampled_from([0, 0x30, 0xFF]), min_size=8, max_size=8)
    one, two = (bytes(data.draw(images)) for _ in range(2))
    at = data.draw(st.integers(0, len(FIRST) - 8))
    first, second = (FIRST[:at] + part + FIRST[at + 8 :] for part in (one, two))
    assert (hashed(first) == hashed(second)) is (signed_part(first) == signed_part(second))


@given(st.integers(0, len(FIRST) - 1), st.integers(1, 255))
def test_no_changed_byte_of_what_is_signed_verifies(at: int, difference: int) -> None:
    changed = bytearray(FIRST)
    changed[at] ^= difference
    if signed_part(changed) != signed_part(FIRST):
        signature = decode_snapshot("stons", to_words(FIRST)).signature
        assert not is_signed_by(DEMO_KEY, hashed(changed), signature)


# --- OCMF: what another writer wrote --------------------------------------------------------------------------------

LETTERS = st.characters(min_codepoint=0, max_codepoint=255)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(
    min_value=datetime(1971, 1, 2),
    max_value=datetime(2105, 12, 30),
    timezones=OFFSETS,
).map(lambda at: at.replace(microsecond=0))
KINDS = {0: ("C", RecordKind.CURRENT), 1: ("B", RecordKind.TURN_ON), 2: ("E", RecordKind.TURN_OFF),
         3: ("B", RecordKind.START), 4: ("E", RecordKind.END)}  # fmt: skip


@given(
    st.from_regex(r"[0-9]{3}BZR[0-9]{10}", fullmatch=True),
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.tuples(st.text(LETTERS, max_size=140), st.text(LETTERS, max_size=100), st.text(LETTERS, max_size=100)),
    st.tuples(INSTANTS, st.sampled_from("USIR")),
    st.tuples(st.sampled_from(sorted(KINDS)), st.booleans(), st.booleans(), st.booleans()),
)
def test_whatever_a_record_says_is_read_as_it_was_meant(
    serial: str,
    numbers: tuple[int, int, int],
    metadata: tuple[str, str, str],
    time: tuple[datetime, str],
    switches: tuple[int, bool, bool, bool],
) -> None:
    (counter, session, total), (at, flag), (kind, in_kwh, old, bad) = numbers, time, switches
    factor = 10 if in_kwh else 1
    text = Text(
        serial=serial, counter=counter, meta1=metadata[0], meta2=metadata[1], meta3=metadata[2],
        assigned=bool(metadata[0]), time=f"{at:%Y-%m-%dT%H:%M:%S},000{at:%z} {flag}",
        transaction=KINDS[kind][0], kind=None if old else kind, session_wh=session * factor, total_wh=total * factor,
        in_kwh=in_kwh, flags="Et" if bad else "", status="E" if bad else "G",
    )  # fmt: skip
    record = parse(text.ocmf)
    assert record.signed == text.payload
    assert (record.meter_serial, record.pagination, record.firmware) == (serial, counter, text.firmware)
    assert (record.id_data, record.meta2, record.meta3) == metadata
    assert record.id_assigned is bool(metadata[0])
    assert (record.taken_at, record.taken_at.utcoffset(), record.time_flag) == (at, at.utcoffset(), flag)
    assert (record.transaction, record.kind) == (KINDS[kind][0], None if old else KINDS[kind][1])
    assert (record.session_energy_wh, record.energy_wh) == (session * factor, total * factor)
    assert (record.error_flags, record.status) == (("Et", "E") if bad else ("", "G"))
    assert record.obis == "1-0:1.8.0*198"
    verdict = examine(text.ocmf, KEY)
    assert verdict.valid
    assert ("event_bits" in verdict.names) is bad
    assert "not_as_written" not in verdict.names
    assert record.taken_at.astimezone(UTC).tzinfo is UTC


# --- OCMF: no change goes unnoticed ---------------------------------------------------------------------------------

FRESH = replace(Text(), meta1='quoted " and \\ and | piped', counter=99, in_kwh=False).ocmf
RECORDS = [pytest.param(BEGIN, DEMO_KEY, id="begin"), pytest.param(FRESH, KEY, id="fresh")]
REAL = [(BEGIN, DEMO_KEY), (END, DEMO_KEY), (FRESH, KEY)]


def noticed(original: bytes, changed: bytes, key: bytes) -> bool:
    """Whether a reader of the changed text is warned, or the text says exactly the same.

    Under the signature nothing may change at all. Around it a change that leaves every value as it was (white space,
    case of hex digits) leaves the signature right; then the text has to be called not as written.
    """
    verdict = examine(changed, key)
    if changed == original or verdict.valid is not True:
        return True
    return says_the_same(verdict, original) and "not_as_written" in verdict.names and verdict.exit_status == 2


def says_the_same(verdict: Verdict, original: bytes) -> bool:
    return verdict.record == parse(original)


@pytest.mark.parametrize(("text", "key"), RECORDS)
def test_no_flipped_bit_goes_unnoticed(text: bytes, key: bytes) -> None:
    for bit in range(8 * len(text)):
        changed = bytearray(text)
        changed[bit // 8] ^= 1 << bit % 8
        assert noticed(text, bytes(changed), key), bytes(changed)


@pytest.mark.parametrize(("text", "key"), RECORDS)
def test_no_byte_that_is_left_out_doubled_swapped_or_put_in_goes_unnoticed(text: bytes, key: bytes) -> None:
    for at in range(len(text) + 1):
        before, after = text[:at], text[at:]
        put_in = (before + more + after for more in (b" ", b"\0", b"0", b"|", b"\n", b'"', after[:1]))
        for changed in chain(
            put_in, (before, before + after[1:], before + after[1:2] + after[:1] + after[2:], after)
        ):
            assert noticed(text, changed, key), changed


@given(st.sampled_from(REAL), st.data())
def test_no_byte_that_becomes_another_goes_unnoticed(record: tuple[bytes, bytes], data: st.DataObject) -> None:
    text, key = record
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.binary(min_size=1, max_size=1)) + text[at + 1 :]
    assert noticed(text, changed, key)


@given(st.sampled_from(REAL), st.data())
def test_no_stretch_that_is_replaced_goes_unnoticed(record: tuple[bytes, bytes], data: st.DataObject) -> None:
    text, key = record
    start, end = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=2)))
    changed = text[:start] + data.draw(st.binary(max_size=8) | st.sampled_from([text, END])) + text[end:]
    assert noticed(text, changed, key)


@pytest.mark.parametrize(
    "changed",
    [
        BEGIN + b"\n",
        BEGIN.replace(b'{"SA"', b'{ "SA"'),
        BEGIN.replace(b'"SD":"3046', b'"SD":"30 46'),
        BEGIN[:-40] + BEGIN[-40:].upper(),
        BEGIN.replace(b',"SD"', b',"SE":"hex","SD"'),
        BEGIN.replace(b'"SA":"ECDSA', b'"SA":"\\u0045CDSA'),
    ],
)
def test_a_changed_frame_around_an_unchanged_record_is_told(changed: bytes) -> None:
    assert changed != BEGIN
    verdict = examine(changed, DEMO_KEY)
    assert verdict.valid
    assert says_the_same(verdict, BEGIN)
    assert verdict.names == ("not_as_written",)
    assert verdict.exit_status == 2


@pytest.mark.parametrize("row", **named(vectors()["ocmf"]))
def test_every_published_record_is_as_the_meter_writes_it(row: dict[str, Any]) -> None:
    assert "not_as_written" not in examine(row["ocmf"].encode(), DEMO_KEY).names


@pytest.mark.parametrize("row", **named([row for row in vectors()["negative"] if "signed_text" in row], "name"))
def test_falsified_texts_are_never_valid(row: dict[str, Any]) -> None:
    section = '{"SA":"ECDSA-secp256r1-SHA256","SD":"' + row["signature_der_hex"] + '"}'
    verdict = examine(f"OCMF|{row['signed_text']}|{section}".encode(), bytes.fromhex(row["public_key_der_hex"]))
    assert not verdict.valid
    assert verdict.exit_status == 1


def test_a_text_that_was_signed_again_by_somebody_else_is_not_the_meters() -> None:
    forged = sealed(BEGIN.split(b"|")[1].replace(b"99.84", b"99.85"))
    assert examine(forged, KEY).valid
    assert not examine(forged, DEMO_KEY).valid


def test_registers_survive_as_bytes() -> None:
    assert to_bytes(to_words(FIRST)) == FIRST
