"""Registers to values and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.meter.codec import Block, Value, decode, encode, scaled, to_bytes, to_words
from station.meter.registers import MODELS, Point, points
from tests.meter.vectors import named, vectors

EVERY_POINT = [point for _, _, point in points()]
NUMBERS = {
    "uint16": (0, 0xFFFE),
    "enum16": (0, 0xFFFE),
    "int16": (-0x7FFF, 0x7FFF),
    "sunssf": (-0x7FFF, 0x7FFF),
    "pad": (-0x7FFF, 0x7FFF),
    "uint32": (0, 0xFFFFFFFE),
    "acc32": (1, 0xFFFFFFFF),
    "bitfield32": (0, 0x7FFFFFFF),
}


def values_of(point: Point) -> st.SearchStrategy[Value]:
    size = 2 * point.length
    match point.type:
        case "string":
            letters = st.characters(min_codepoint=1, max_codepoint=255)
            return st.text(letters, max_size=size)
        case "blob":
            return st.binary(min_size=size, max_size=size)
        case _:
            return st.none() | st.integers(*NUMBERS[point.type])


@given(st.data())
def test_every_value_of_every_point_survives_the_way_into_registers_and_back(data: st.DataObject) -> None:
    point = data.draw(st.sampled_from(EVERY_POINT))
    value = data.draw(values_of(point))
    if value is None and point.type == "acc32" and point.provided:
        value = 0
    words = encode(point, value)
    assert len(words) == point.length
    assert all(0 <= word <= 0xFFFF for word in words)
    assert decode(point, words) == value


@given(st.data())
def test_registers_of_a_value_are_the_registers_it_came_from(data: st.DataObject) -> None:
    point = data.draw(st.sampled_from([point for point in EVERY_POINT if point.type != "bitfield32"]))
    words = data.draw(st.lists(st.integers(0, 0xFFFF), min_size=point.length, max_size=point.length))
    assert encode(point, decode(point, words)) == words


@given(st.binary().filter(lambda data: len(data) % 2 == 0))
def test_bytes_survive_as_words(data: bytes) -> None:
    assert to_bytes(to_words(data)) == data


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        ("uint16", [0xFFFF]),
        ("enum16", [0xFFFF]),
        ("int16", [0x8000]),
        ("sunssf", [0x8000]),
        ("pad", [0x8000]),
        ("uint32", [0xFFFF, 0xFFFF]),
        ("bitfield32", [0x8000, 0]),
        ("bitfield32", [0xFFFF, 0xFFFF]),
    ],
)
def test_codes_for_not_available(type_: str, words: list[int]) -> None:
    assert decode(Point("X", 2, len(words), type_), words) is None  # type: ignore[arg-type]


def test_zero_is_a_reading_of_an_accumulator_that_the_meter_provides() -> None:
    assert decode(MODELS["stons"].points["RCR"], [0, 0]) == 0
    assert decode(MODELS["tpm"].points["TotWhImp"], [0, 0]) == 0
    assert decode(MODELS["tpm"].points["TotWhExp"], [0, 0]) is None


def test_empty_string_is_all_nul_and_no_missing_value() -> None:
    meta = MODELS["bsm"].points["Meta1"]
    assert encode(meta, "") == encode(meta, None) == [0] * 70
    assert decode(meta, [0] * 70) == ""


def test_text_is_filled_with_nul_over_the_full_length() -> None:
    assert encode(MODELS["bsm"].points["Meta2"], "abc") == [0x6162, 0x6300] + [0] * 48


@pytest.mark.parametrize(
    ("alias", "name", "value"),
    [
        ("bsm", "Meta1", "x" * 141),
        ("bsm", "Meta1", "€"),
        ("bsm", "Meta1", 5),
        ("bsm", "TZO", 0x8000),
        ("bsm", "DO", -1),
        ("bsm", "Epoch", 1 << 32),
        ("bsm", "Epoch", "now"),
        ("bsm", "PK", "text"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_name(alias: str, name: str, value: Value) -> None:
    with pytest.raises(ValueError, match=name):
        encode(MODELS[alias].points[name], value)


def test_wrong_number_of_registers_is_refused() -> None:
    with pytest.raises(ValueError, match="2 registers expected, got 1"):
        decode(MODELS["bsm"].points["Epoch"], [0])
    with pytest.raises(ValueError, match="3 bytes"):
        to_words(b"abc")


def test_scaling_rounds_once() -> None:
    assert scaled(9984, 1) == 99840
    assert scaled(2305, -1) == 230.5
    assert scaled(-7, 0) == -7


@pytest.mark.parametrize("snapshot", **named([row for row in vectors()["snapshots"] if row["payload_hex"]]))
def test_real_snapshots_decode_to_their_published_fields(snapshot: dict) -> None:
    model = MODELS[snapshot["kind"]]
    block = Block(model, model.payload, to_words(bytes.fromhex(snapshot["payload_hex"])))
    for name, expected in snapshot["fields"].items():
        assert block.value(name) == expected, name
    assert block.blob("Sig", "BSig").hex() == snapshot["signature_der_hex"]


@pytest.mark.parametrize("frame", **named([row for row in vectors()["rtu_frames"] if row["response_crc_ok"]], "what"))
def test_registers_of_real_reads_survive_decoding_and_encoding(frame: dict) -> None:
    request, response = bytes.fromhex(frame["request_hex"]), bytes.fromhex(frame["response_hex"])
    if request[1] != 3 or frame["old_register_map"]:
        return
    first = int.from_bytes(request[2:4], "big")
    words = to_words(response[3:-2])
    for at, model, point in points():
        if first <= at and at + point.length <= first + len(words) and point.type != "bitfield32":
            block = Block(model, first, words)
            assert encode(point, block.value(point.name)) == block.raw(point.name), point.name


def test_a_block_gives_what_was_read_and_nothing_else() -> None:
    model = MODELS["tpm"]
    block = Block(model, model.payload, [314, 100, 0x8000, 7, 0xFFFE])
    assert block.scaled("A") == 3.14
    assert block.scaled("AphB") is None
    assert block.number("AphC") == 7
    with pytest.raises(KeyError, match=r"tpm\.PhVphA was not read"):
        block.value("PhVphA")
    with pytest.raises(KeyError, match="no string"):
        block.text("A")


def test_a_text_is_no_number() -> None:
    model = MODELS["cb"]
    block = Block(model, model.payload, [0x4141] * 16)
    assert block.text("Mn") == "A" * 32
    with pytest.raises(KeyError, match="no number"):
        block.number("Mn")
    with pytest.raises(KeyError):
        block.value("ID")
