"""Gaps in the meter's counter."""

from hypothesis import given
from hypothesis import strategies as st

from station.meter.evidence.sequence import Gap, find_gaps


def test_consecutive_counters_have_no_gap() -> None:
    assert find_gaps([]) == find_gaps([("A", 7)]) == find_gaps([("A", 7), ("A", 8), ("A", 9)]) == ()


def test_a_gap_says_where_and_how_many() -> None:
    (gap,) = find_gaps([("A", 7), ("A", 11)])
    assert gap == Gap("A", 7, 11)
    assert gap.missing == 3


def test_meters_count_for_themselves() -> None:
    assert find_gaps([("A", 1), ("B", 9), ("A", 2), ("B", 11)]) == (Gap("B", 9, 11),)


def test_order_and_repetition_do_not_matter() -> None:
    assert find_gaps([("A", 5), ("A", 3), ("A", 4), ("A", 3), ("A", 7)]) == (Gap("A", 5, 7),)


@given(st.sets(st.integers(0, 60)))
def test_what_is_there_and_what_is_missing_is_everything(counters: set[int]) -> None:
    gaps = find_gaps(("A", counter) for counter in counters)
    missing = {number for gap in gaps for number in range(gap.after + 1, gap.before)}
    assert not missing & counters
    assert len(missing) == sum(gap.missing for gap in gaps)
    if counters:
        assert missing | counters == set(range(min(counters), max(counters) + 1))
