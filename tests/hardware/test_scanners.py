"""What the bytes of a reader mean: cards, codes, a chosen EVSE, a pressed button, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.hardware.card_numbers import NumberFormat, RandomNumber
from station.hardware.ports import CardRead, Selection
from station.hardware.scanners import (
    CARD_TYPES,
    FORGET_S,
    LONGEST_LINE,
    ButtonScanner,
    CardScanner,
    Garbage,
    KeypadScanner,
)


def scanned(scanner, *chunks, now_s=100.0):
    return [one for chunk in chunks for one in scanner.feed(chunk, now_s)]


@pytest.mark.parametrize(
    ("token_type", "line", "uid"),
    [
        ("ISO14443", b"04a2b3c4d5e680\n", "04A2B3C4D5E680"),
        ("ISO14443", b"04:A2:B3:C4\n", "04A2B3C4"),
        ("ISO15693", b"E004010012345678\n", "E004010012345678"),
        ("MacAddress", b"001A2B3C4D5E\n", "001A2B3C4D5E"),
        ("MacAddress", b"00:1a:2b:3c:4d:5e\r\n", "001A2B3C4D5E"),
        ("MacAddress", b"00-1A-2B-3C-4D-5E\r", "001A2B3C4D5E"),
        ("KeyCode", b"0042\n", "0042"),
        ("Local", b"Gate-7*a\n", "Gate-7*a"),
        ("Local", b"04A2B3C4\n", "04A2B3C4"),
        ("Local", b"x" * 36 + b"\n", "x" * 36),
    ],
)
def test_a_reader_may_be_declared_to_read_one_type(token_type, line, uid):
    assert scanned(CardScanner(token_type), line) == [CardRead(uid, token_type)]


@pytest.mark.parametrize(
    ("token_type", "line"),
    [
        ("ISO14443", b"001A2B3C4D5E\n"),
        ("ISO15693", b"04A2B3C4D5E680\n"),
        ("MacAddress", b"04A2B3C4D5E680\n"),
        ("MacAddress", b"001A2B3C4D5G\n"),
        ("KeyCode", b"12 34\n"),
        ("Local", b"x" * 37 + b"\n"),
        ("Local", b"\xc3\xa9\n"),
        ("", b"001A2B3C4D5E\n"),
    ],
)
def test_what_is_not_of_the_declared_type_is_no_card(token_type, line):
    assert scanned(CardScanner(token_type), line) == [Garbage(len(line) - 1)]


@pytest.mark.parametrize(
    ("scanner", "line", "card"),
    [
        (CardScanner(number=NumberFormat(prefix="UID: ")), b"UID: 04A2B3C4\n", CardRead("04A2B3C4", "ISO14443")),
        (CardScanner(number=NumberFormat(prefix="\x02")), b"\x0204A2B3C4\r\n", CardRead("04A2B3C4", "ISO14443")),
        (CardScanner("Local", NumberFormat(prefix="#")), b"#Gate-7\n", CardRead("Gate-7", "Local")),
        (CardScanner(number=NumberFormat(format="decimal")), b"0004123456\n", CardRead("003EEB40", "ISO14443")),
        (CardScanner(number=NumberFormat(byte_order="reversed")), b"C4B3A204\n", CardRead("04A2B3C4", "ISO14443")),
        (CardScanner(number=NumberFormat(prefix="U")), b"04A2B3C4\n", Garbage(8)),
        (CardScanner(number=NumberFormat(prefix="U")), b"u04A2B3C4\n", Garbage(9)),
        (CardScanner(number=NumberFormat(format="decimal")), b"04A2B3C4\n", Garbage(8)),
        (CardScanner(), b"08A2B3C4\n", RandomNumber()),
        (CardScanner("MacAddress"), b"08A2B3C4D5E6\n", CardRead("08A2B3C4D5E6", "MacAddress")),
        (CardScanner("Local"), b"08A2B3C4\n", CardRead("08A2B3C4", "Local")),
    ],
)
def test_a_reader_writes_numbers_as_the_settings_say(scanner, line, card):
    assert scanned(scanner, line) == [card]


def test_a_card_is_never_shown_by_accident():
    assert "04A2B3C4" not in repr(CardRead("04A2B3C4", "ISO14443"))


def test_digits_and_a_hash_are_a_key_code_and_a_star_chooses_an_evse():
    assert scanned(KeypadScanner(), b"0042#", b"2*", b"17", b"#") == [
        CardRead("0042", "KeyCode"),
        Selection(2),
        CardRead("17", "KeyCode"),
    ]


@pytest.mark.parametrize("keys", [b"#", b"*", b"##*", b"\r\n#\r\n"])
def test_an_end_without_digits_is_nothing(keys):
    assert scanned(KeypadScanner(), keys) == []


def test_a_keypad_may_end_its_lines_as_well():
    assert scanned(KeypadScanner(), b"4711#\r\n", b"3*\r\n") == [CardRead("4711", "KeyCode"), Selection(3)]


def test_what_somebody_began_to_type_is_not_the_beginning_of_the_next_drivers_code():
    keypad = KeypadScanner()
    assert scanned(keypad, b"12", now_s=100) == []
    assert scanned(keypad, b"34", now_s=100 + FORGET_S) == []
    assert scanned(keypad, b"5#", now_s=101 + 2 * FORGET_S) == [CardRead("5", "KeyCode")]


def test_a_slow_driver_is_waited_for():
    keypad = KeypadScanner()
    for at, key in enumerate((b"1", b"2", b"3")):
        assert scanned(keypad, key, now_s=FORGET_S * at) == []
    assert scanned(keypad, b"#", now_s=FORGET_S * 3) == [CardRead("123", "KeyCode")]


@pytest.mark.parametrize("keys", [b"12A4#", b"1" * 37 + b"#", b"1" * 1000 + b"#", b"\xff\xfe*"])
def test_what_no_keypad_types_is_garbage_and_the_next_code_is_read(keys):
    garbage, code = scanned(KeypadScanner(), keys, b"42#")
    assert garbage == Garbage(min(len(keys) - 1, LONGEST_LINE + 1))
    assert code == CardRead("42", "KeyCode")


@pytest.mark.ocpp("C02.FR.01")
@pytest.mark.parametrize("line", [b"START\r\n", b"1\n", b"\x00\r"])
def test_any_line_of_a_button_is_an_empty_token_without_authorization(line):
    assert scanned(ButtonScanner(), line) == [CardRead("", "NoAuthorization")]


def test_a_button_may_stand_for_a_local_token():
    assert scanned(ButtonScanner("BUTTON-1"), b"x\n") == [CardRead("BUTTON-1", "Local")]


@given(st.lists(st.binary(max_size=200), max_size=20), st.sampled_from(["", *CARD_TYPES, "keypad", "button"]))
def test_noise_is_survived_and_takes_no_memory(chunks, kind):
    scanner = {"keypad": KeypadScanner, "button": ButtonScanner}.get(kind, lambda: CardScanner(kind))()
    for chunk in chunks:
        assert all(isinstance(one, CardRead | Selection | RandomNumber | Garbage) for one in scanner.feed(chunk, 0.0))
        assert len(scanner._pieces._piece) <= LONGEST_LINE + 1
