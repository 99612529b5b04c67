"""Aligned instants: evenly spaced from midnight on, every day anew."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.core.alignment import DAY, last_instant, next_instant

MIDNIGHT = datetime(2027, 3, 1, tzinfo=UTC)

instants = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
intervals = st.integers(1, 24 * 3600)


def at(hour, minute=0, second=0):
    return MIDNIGHT + timedelta(hours=hour, minutes=minute, seconds=second)


@pytest.mark.ocpp("J01.FR.14")
@pytest.mark.parametrize(
    ("now", "interval_s", "last", "following"),
    [
        (at(0, 7), 900, at(0), at(0, 15)),
        (at(0, 15), 900, at(0, 15), at(0, 30)),
        (at(23, 59, 59), 900, at(23, 45), at(24)),
        (at(12), 86400, at(0), at(24)),
        (at(23, 50), 7000, at(23, 20), at(24)),
        (at(12, 0, 1), 1, at(12, 0, 1), at(12, 0, 2)),
    ],
)
def test_a_day_is_broken_into_intervals_that_begin_at_midnight(now, interval_s, last, following):
    assert (last_instant(now, interval_s), next_instant(now, interval_s)) == (last, following)


def test_the_midnight_is_that_of_the_time_zone_in_which_it_is_asked():
    there = timezone(timedelta(hours=5, minutes=45))
    assert last_instant(datetime(2027, 3, 1, 0, 50, tzinfo=there), 3600) == datetime(2027, 3, 1, tzinfo=there)


@given(instants, intervals)
def test_the_present_lies_between_the_last_and_the_next_instant(now, interval_s):
    last, following = last_instant(now, interval_s), next_instant(now, interval_s)
    assert last <= now < following
    assert following - last <= timedelta(seconds=interval_s)
    assert last_instant(following, interval_s) == following
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    assert (last - midnight).total_seconds() % interval_s == 0
    assert following == midnight + DAY or (following - midnight).total_seconds() % interval_s == 0
