"""The number of a card, however a reader writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.hardware.card_numbers import (
    BYTE_ORDERS,
    FORMATS,
    SIZES,
    NumberFormat,
    RandomNumber,
    looks_reversed,
)
from station.hardware.ports import CardRead

REVERSED = NumberFormat(byte_order="reversed")
DECIMAL = NumberFormat(format="decimal")


@pytest.mark.parametrize(
    ("written", "uid", "kind"),
    [
        ("00a2b3c4", "00A2B3C4", "ISO14443"),
        ("04:A2:B3:C4:D5:E6:80", "04A2B3C4D5E680", "ISO14443"),
        ("00000000000000000001", "00000000000000000001", "ISO14443"),
        ("E0-04-01-00-12-34-56-78", "E004010012345678", "ISO15693"),
    ],
)
def test_hexadecimal_digits_keep_their_zeros_and_become_capitals(written, uid, kind):
    assert NumberFormat().number(written) == CardRead(uid, kind)


@pytest.mark.parametrize(
    ("written", "uid"),
    [
        ("C4B3A200", "00A2B3C4"),
        ("80E6D5C4B3A204", "04A2B3C4D5E680"),
        ("78563412000104E0", "E004010012345678"),
    ],
)
def test_a_reader_may_send_the_last_byte_first(written, uid):
    card = REVERSED.number(written)
    assert isinstance(card, CardRead)
    assert card.uid == uid


@pytest.mark.parametrize(
    ("written", "uid", "kind"),
    [
        ("0004123456", "003EEB40", "ISO14443"),
        ("4123456", "003EEB40", "ISO14443"),
        ("4294967295", "FFFFFFFF", "ISO14443"),
        ("0", "00000000", "ISO14443"),
        ("04294967296", "00000100000000", "ISO14443"),
        ("1304792892040832", "04A2B3C4D5E680", "ISO14443"),
        ("16142028064219747960", "E004010012345678", "ISO15693"),
        ("18446744073709551616", "00010000000000000000", "ISO14443"),
    ],
)
def test_a_decimal_number_has_as_many_bytes_as_it_needs_and_zeros_in_front(written, uid, kind):
    assert DECIMAL.number(written) == CardRead(uid, kind)


@pytest.mark.parametrize("written", ["", "12A4", "1 2", "-1", "1.5", "\u0661", "1" * 40, "1208925819614629174706176"])
def test_what_is_no_decimal_number_is_no_card(written):
    assert DECIMAL.number(written) is None


@pytest.mark.parametrize("written", ["", "DEADBEE", "DEADBEEF0", "DE AD BE EF", "DEADBEEF00", "G" * 8, "\u0661" * 8])
def test_what_is_no_hexadecimal_number_is_no_card(written):
    assert NumberFormat().number(written) is None


def test_decimal_digits_of_the_other_order():
    card = NumberFormat(format="decimal", byte_order="reversed").number(str(int("C4B3A200", 16)))
    assert card == CardRead("00A2B3C4", "ISO14443")


def test_a_declared_type_decides_how_many_bytes_there_are():
    assert DECIMAL.number("1", token_type="ISO15693") == CardRead("0000000000000001", "ISO15693")
    assert DECIMAL.number("1", token_type="MacAddress") == CardRead("000000000001", "MacAddress")
    assert NumberFormat().number("DEADBEEF", token_type="ISO15693") is None


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (NumberFormat(), "08A2B3C4"),
        (REVERSED, "C4B3A208"),
        (DECIMAL, str(int("08A2B3C4", 16))),
    ],
)
def test_a_number_that_is_another_one_each_time_is_refused(number, written):
    assert number.number(written) == RandomNumber()
    assert number.number(written, token_type="ISO14443") == RandomNumber()


@pytest.mark.parametrize("written", ["08A2B3C4D5E680", "0800000000000001", "80000008"])
def test_an_eight_elsewhere_is_nothing_special(written):
    assert isinstance(NumberFormat().number(written), CardRead)


@pytest.mark.parametrize(
    ("uid", "kind", "reversed_"),
    [
        ("78563412000104E0", "ISO15693", True),
        ("E004010012345678", "ISO15693", False),
        ("E0040100123456E0", "ISO15693", False),
        ("040000E0", "ISO14443", False),
    ],
)
def test_a_number_that_can_only_be_meant_the_other_way_round_is_noticed(uid, kind, reversed_):
    assert looks_reversed(CardRead(uid, kind)) is reversed_


@given(
    st.sampled_from([size for sizes in SIZES.values() for size in sizes]).flatmap(
        lambda n: st.binary(min_size=n, max_size=n)
    )
)
def test_every_number_that_is_written_in_hex_is_read_again(uid):
    kind = next(kind for kind, sizes in SIZES.items() if len(uid) in sizes)
    read = NumberFormat().number(uid.hex(), token_type=kind)
    turned = REVERSED.number(uid[::-1].hex(), token_type=kind)
    assert read == turned
    assert read == RandomNumber() or read == CardRead(uid.hex().upper(), kind)


@given(st.text(max_size=40), st.sampled_from(FORMATS), st.sampled_from(BYTE_ORDERS))
def test_whatever_is_read_has_a_size_that_its_type_may_have(text, written, order):
    card = NumberFormat(format=written, byte_order=order).number(text)
    if isinstance(card, CardRead):
        assert len(bytes.fromhex(card.uid)) in SIZES[card.type]
