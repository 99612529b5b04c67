"""Registers for people: whole points are told, parts are called parts, nothing is left out."""

from hypothesis import given
from hypothesis import strategies as st

from station.meter.codec import encode
from station.meter.map_view import MOST, Row, check, rows, spans
from station.meter.registers import FIRST, LAST, MODELS, address, points

WHOLE = LAST + 1 - FIRST


def rows_of(alias: str, **values: object) -> dict[str, Row]:
    """Show one model whose points have these values, and else are not available."""
    model = MODELS[alias]
    words = [word for point in model.points.values() for word in encode(point, values.get(point.name))]
    return {row.name.partition(".")[2]: row for row in rows(model.base, words)}


@given(st.integers(FIRST, LAST), st.integers(1, 600))
def test_every_register_is_shown_once_and_in_order(first: int, count: int) -> None:
    words = [at % 0x10000 for at in range(first, min(first + count, LAST + 1))]
    shown = list(rows(first, words))
    assert [word for row in shown for word in row.words] == words
    at = first
    for row in shown:
        assert row.address == at
        at += len(row.words)


@given(st.integers(FIRST, LAST), st.integers(1, WHOLE))
def test_what_is_read_at_a_time_fits_into_a_request_and_tears_no_point(first: int, count: int) -> None:
    count = min(count, LAST + 1 - first)
    parts = list(spans(first, count))
    assert [at for part in parts for at in part] == list(range(first, first + count))
    assert max(map(len, parts)) <= MOST
    ends = {part.stop for part in parts[:-1]}
    for at, _, point in points():
        if point.length <= MOST and at >= first and at + point.length <= first + count:
            assert not ends & set(range(at + 1, at + point.length)), point.name


def test_the_whole_map_takes_few_requests() -> None:
    assert len(list(spans(FIRST, WHOLE))) <= 45


def test_a_point_is_scaled_by_its_own_exponent() -> None:
    shown = rows_of("tpm", AphA=1601, A_SF=-2, TotWhImp=1234, TotWh_SF=1)
    assert (shown["AphA"].value, shown["AphA"].unit) == (16.01, "A")
    assert (shown["TotWhImp"].value, shown["TotWhImp"].unit) == (12340.0, "Wh")
    assert (shown["PhV"].value, shown["PhV"].unit) == (None, "")


def test_without_its_exponent_a_number_is_not_called_scaled() -> None:
    (row,) = rows(address("bsm", "RCR"), [0, 123])
    assert (row.name, row.value, row.unit) == ("bsm.RCR", 123, "x 10^RCR_SF Wh")


def test_half_a_point_has_no_value() -> None:
    (row,) = rows(address("bsm", "RCR"), [0])
    assert (row.name, row.value, row.whole) == ("bsm.RCR", None, False)
    (row,) = rows(address("bsm", "RCR") + 1, [123])
    assert (row.name, row.value, row.whole, row.address) == ("bsm.RCR", None, False, address("bsm", "RCR") + 1)


def test_numbers_that_stand_for_something_say_for_what() -> None:
    snapshot = rows_of("stoffs", Typ=2, St=5, Evt=1 << 16, DI=0)
    assert snapshot["Typ"].meaning == "turn_off"
    assert snapshot["St"].meaning == "the contactor's feedback on DI does not fit"
    assert snapshot["Evt"].meaning == "fatal error of the meter module"
    assert snapshot["DI"].meaning == ""  # as it was when the snapshot was taken, if one was
    assert rows_of("oscs", Typ=9, St=2)["St"].meaning == "being taken"
    assert rows_of("oscs", Typ=9, St=9)["Typ"].meaning == "unknown"
    assert rows_of("oscs", Typ=9, St=9)["St"].meaning == "unknown"
    meter = rows_of("bsm", Epoch=1795256468, DI=0, DO=1)
    assert meter["Epoch"].meaning == "2026-11-21 10:21:08 UTC"
    assert (meter["DI"].meaning, meter["DO"].meaning) == ("contactor closed", "output on")
    assert rows_of("sih", St=1)["St"].meaning == ""


def test_the_mark_of_the_map_is_a_text() -> None:
    whole, part = rows(FIRST, [0x5375, 0x6E53]), rows(FIRST + 1, [0x6E53])
    assert [(row.name, row.value, row.whole) for row in (*whole, *part)] == [
        ("marker", "SunS", True),
        ("marker", "nS", False),
    ]


def test_only_registers_of_the_map_can_be_shown() -> None:
    assert check(FIRST, WHOLE) == ""
    for first, count in ((FIRST - 1, 1), (LAST, 2), (LAST + 1, 1), (FIRST, 0)):
        assert "the map goes from 40000 to 44292" in check(first, count)
