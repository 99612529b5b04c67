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
        self.passed_s = 0.0

    def now(self):
        return self.time

    def synchronised(self):
        return False

    def passes(self, **delta):
        """Let time pass, for the clock and for everything else."""
        self.time += timedelta(**delta)
        self.passed_s += timedelta(**delta).total_seconds()


def station_clock(base):
    return StationClock(base, elapsed_s=lambda: base.passed_s)


def test_the_stations_clock_follows_the_csms_beyond_the_time_that_a_message_travels():
    base = Base()
    clock = station_clock(base)
    clock.follow(START + timedelta(seconds=1.5))
    assert clock.now() == START
    clock.follow(START + timedelta(minutes=5))
    assert clock.now() == START + timedelta(minutes=5)
    base.passes(seconds=10)
    clock.follow(START + timedelta(minutes=5, seconds=9))
    assert clock.now() == START + timedelta(minutes=5, seconds=10)


def test_the_stations_clock_follows_back_as_well():
    clock = station_clock(Base())
    clock.follow(START - timedelta(hours=1))
    assert clock.now() == START - timedelta(hours=1)


def test_a_clock_that_follows_the_csms_is_synchronised():
    clock = station_clock(Base())
    assert not clock.synchronised()
    clock.follow(START)
    assert clock.synchronised()


def test_a_system_clock_that_is_set_by_somebody_else_makes_the_correction_void():
    base = Base()
    clock = station_clock(base)
    clock.follow(START + timedelta(days=410))
    base.passes(hours=1)
    assert clock.now() == START + timedelta(days=410, hours=1)
    base.time += timedelta(days=410)  # NTP came at last
    assert clock.now() == START + timedelta(days=410, hours=1)
    assert not clock.synchronised()
    clock.follow(clock.now())
    assert clock.synchronised()


def test_a_clock_of_its_own_is_trusted_if_somebody_says_so():
    assert SystemClock(trusted=True).synchronised()
