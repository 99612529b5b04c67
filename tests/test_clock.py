"""What the clock says and whether it is believed."""

import asyncio
from datetime import UTC, datetime, timedelta

from station.clock import RELEASED, StationClock, SystemClock, plausible
from tests.fakes_clock import START, FakeClock


def test_the_system_clock_tells_aware_utc():
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_clock_before_the_release_is_not_believed():
    assert not plausible(datetime(1970, 1, 1, tzinfo=UTC))
    assert not plausible(RELEASED)
    assert plausible(RELEASED + timedelta(seconds=1))


async def test_the_clock_for_tests_goes_with_the_loop_and_can_jump():
    clock = FakeClock()
    await asyncio.sleep(3600)
    assert timedelta(seconds=3600) <= clock.now() - START < timedelta(seconds=3601)
    clock.shift(-7200)
    assert clock.now() < START


def test_the_clock_for_tests_stands_still_without_a_loop():
    clock = FakeClock()
    assert clock.now() == clock.now() == START


class Base:
    """A system clock that is wrong by some minutes."""

    def __init__(self):
        self.time = START

    def now(self):
        return self.time


def test_the_stations_clock_follows_the_csms_beyond_the_time_that_a_message_travels():
    base = Base()
    clock = StationClock(base)
    clock.follow(START + timedelta(seconds=1.5))
    assert clock.now() == START
    clock.follow(START + timedelta(minutes=5))
    assert clock.now() == START + timedelta(minutes=5)
    base.time += timedelta(seconds=10)
    clock.follow(START + timedelta(minutes=5, seconds=9))
    assert clock.now() == START + timedelta(minutes=5, seconds=10)


def test_the_stations_clock_follows_back_as_well():
    clock = StationClock(Base())
    clock.follow(START - timedelta(hours=1))
    assert clock.now() == START - timedelta(hours=1)
