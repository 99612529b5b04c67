"""Values on the wire and inside."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.core.datatypes import (
    Boolean,
    DecimalNumber,
    Instant,
    Integer,
    InvalidValueError,
    Measured,
    MemberList,
    OptionList,
    Password,
    SequenceList,
    Text,
)
from station.secret import Secret

COLOURS = ("red", "green", "blue")


@pytest.mark.parametrize(
    ("data_type", "text", "value"),
    [
        (Integer(), "0", 0),
        (Integer(), "-12", -12),
        (Integer(), "2147483647", 2**31 - 1),
        (DecimalNumber(), "12.345600", Decimal("12.3456")),
        (DecimalNumber(), "-0.5", Decimal("-0.5")),
        (Measured(), "7360.5", Decimal("7360.5")),
        (Measured(), "", None),
        (Boolean(), "true", True),
        (Boolean(), "False", False),
        (Text(), "Grüße", "Grüße"),
        (Password(), "sixteen letters!", Secret("sixteen letters!")),
        (Instant(), "2026-12-01T13:00:00+01:00", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        (Instant(), "2026-12-01T12:00:00Z", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        (OptionList(COLOURS), "green", "green"),
        (MemberList(COLOURS), "blue,red", frozenset({"red", "blue"})),
        (MemberList(COLOURS), "blue, red", frozenset({"red", "blue"})),
        (MemberList(COLOURS), "", frozenset()),
        (SequenceList(COLOURS), "blue,red", ("blue", "red")),
        (SequenceList(COLOURS), "", ()),
    ],
)
def test_a_text_is_read_as_a_value(data_type, text, value):
    assert data_type.parse(text) == value


@pytest.mark.parametrize(
    ("data_type", "text", "code"),
    [
        (Integer(), "", "InvalidValue"),
        (Integer(), "01", "InvalidValue"),
        (MemberList(COLOURS, max_limit=0), "red", "InvalidValue"),
        (Integer(), "+1", "InvalidValue"),
        (Integer(), "-0", "InvalidValue"),
        (Integer(), "1.0", "InvalidValue"),
        (Integer(), " 1", "InvalidValue"),
        (Integer(), "1\n", "InvalidValue"),
        (Integer(), "٣", "InvalidValue"),
        (Integer(), "2147483648", "ValueTooHigh"),
        (Integer(1, 10), "0", "ValueTooLow"),
        (Integer(1, 10), "11", "ValueTooHigh"),
        (DecimalNumber(), "1.1234567", "InvalidValue"),
        (DecimalNumber(), "1e3", "InvalidValue"),
        (DecimalNumber(), "nan", "InvalidValue"),
        (DecimalNumber(0, 1), "1.000001", "ValueTooHigh"),
        (Boolean(), "1", "InvalidValue"),
        (Boolean(), "", "InvalidValue"),
        (Text(1, 3), "", "InvalidValue"),
        (Text(1, 3), "abcd", "InvalidValue"),
        (Text(pattern="[a-z]*"), "aB", "InvalidValue"),
        (Text(pattern="[a-z]*"), "a\n", "InvalidValue"),
        (Password(), "fifteen letters", "InvalidValue"),
        (Password(), "x" * 65, "InvalidValue"),
        (Password(), "sixteen\nletters!", "InvalidValue"),
        (Instant(), "tomorrow", "InvalidValue"),
        (Instant(), "2026-12-01T12:00:00", "InvalidValue"),
        (OptionList(COLOURS), "Green", "InvalidValue"),
        (OptionList(COLOURS), "", "InvalidValue"),
        (MemberList(COLOURS), "red,pink", "InvalidValue"),
        (MemberList(COLOURS), "red,red", "InvalidValue"),
        (MemberList(COLOURS), "red,", "InvalidValue"),
        (MemberList(COLOURS, may_be_empty=False), "", "InvalidValue"),
        (SequenceList(COLOURS), "red,red", "InvalidValue"),
        (SequenceList(COLOURS, may_be_empty=False), "", "InvalidValue"),
        (SequenceList(COLOURS), "red," * 300, "InvalidValue"),
    ],
)
def test_a_text_that_is_no_value_is_refused_with_the_reason_of_the_standard(data_type, text, code):
    with pytest.raises(InvalidValueError) as caught:
        data_type.parse(text)
    assert caught.value.code == code


def test_the_reason_shows_what_is_allowed_but_not_a_thousand_characters():
    with pytest.raises(InvalidValueError, match="is none of red, green, blue") as caught:
        OptionList(COLOURS).parse("x" * 1000)
    assert len(str(caught.value)) < 100


def test_a_refused_password_is_not_in_the_reason():
    with pytest.raises(InvalidValueError) as caught:
        Password().parse("s3cret")
    assert "s3cret" not in str(caught.value)


def test_members_are_written_in_the_order_of_the_list_of_values():
    assert MemberList(COLOURS).format(frozenset({"blue", "red"})) == "red,blue"


def test_an_instant_is_written_in_utc_with_milliseconds():
    assert Instant().format(datetime(2026, 12, 1, 12, 0, 0, 123456, UTC)) == "2026-12-01T12:00:00.123Z"


@given(st.integers(-(2**31), 2**31 - 1))
def test_integers_survive_the_way_to_text_and_back(value):
    assert Integer().parse(Integer().format(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_decimals_survive_the_way_to_text_and_back(value):
    assert DecimalNumber().parse(DecimalNumber().format(value)) == value


@given(st.frozensets(st.sampled_from(COLOURS)))
def test_sets_survive_the_way_to_text_and_back(value):
    assert MemberList(COLOURS).parse(MemberList(COLOURS).format(value)) == value


@given(st.permutations(COLOURS))
def test_sequences_survive_the_way_to_text_and_back(value):
    assert SequenceList(COLOURS).parse(SequenceList(COLOURS).format(tuple(value))) == tuple(value)


def test_what_is_not_known_has_no_text():
    assert Measured().format(None) == ""
    assert Measured().format(Decimal("50.020")) == "50.020"
