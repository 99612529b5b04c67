"""What the clock says and whether it is believed."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from station.clock import RELEASED, WATCH_S, StationClock, SystemClock, plausible
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
        self.sources = set()

    def now(self):
        return self.time

    def synchronised(self):
        return bool(self.sources)

    def offers(self, source):
        return source in self.sources

    def passes(self, **delta):
        """Let time pass, for the clock and for everything else."""
        self.time += timedelta(**delta)
        self.passed_s += timedelta(**delta).total_seconds()


class Told:
    """A station's clock over a base, and the adjustments that it told."""

    def __init__(self, *sources):
        self.base, self.sources, self.adjusted = Base(), sources, []
        self.clock = StationClock(
            self.base,
            sources=lambda: self.sources,
            on_adjusted=lambda before, after: self.adjusted.append((before, after)),
            elapsed_s=lambda: self.base.passed_s,
        )


def station_clock(base):
    return StationClock(base, elapsed_s=lambda: base.passed_s)


@pytest.mark.ocpp("B01.FR.06", "G02.FR.06")
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


@pytest.mark.parametrize(("source", "offers"), [("RealTimeClock", True), ("GPS", False), ("Heartbeat", False)])
def test_a_trusted_system_clock_offers_the_time_of_its_battery(source, offers):
    assert SystemClock(trusted=True).offers(source) is offers
    assert not SystemClock().offers(source)


def test_the_system_clock_offers_ntp_if_the_kernel_says_that_it_is_synchronised():
    assert SystemClock().offers("NTP") is SystemClock().synchronised()


@pytest.mark.ocpp("B01.FR.06", "G02.FR.06")
@pytest.mark.parametrize(
    ("sources", "available", "follows"),
    [
        (("Heartbeat",), (), True),
        (("Heartbeat", "NTP"), ("NTP",), True),
        (("NTP", "Heartbeat"), (), True),
        (("NTP", "Heartbeat"), ("NTP",), False),
        (("NTP",), (), False),
        (("NTP", "RealTimeClock", "Heartbeat"), ("RealTimeClock",), False),
        (("NTP", "RealTimeClock"), ("RealTimeClock",), False),
    ],
)
def test_the_first_source_that_is_available_counts(sources, available, follows):
    told = Told(*sources)
    told.base.sources = set(available)
    told.clock.follow(START + timedelta(minutes=5))
    assert told.clock.now() == START + timedelta(minutes=5 if follows else 0)
    assert told.clock.synchronised() == (follows or bool(available))


def test_ntp_that_comes_counts_from_the_next_heartbeat_on_and_one_that_goes_too():
    told = Told("NTP", "Heartbeat")
    told.clock.follow(START + timedelta(minutes=5))
    told.base.sources = {"NTP"}
    told.clock.follow(START + timedelta(minutes=5))
    assert told.clock.now() == START
    told.base.sources = set()
    told.clock.follow(START + timedelta(minutes=5))
    assert told.clock.now() == START + timedelta(minutes=5)


def test_another_order_of_the_sources_counts_at_once():
    told = Told("NTP", "Heartbeat")
    told.base.sources = {"NTP"}
    told.clock.follow(START + timedelta(minutes=5))
    told.sources = ("Heartbeat", "NTP")
    told.clock.choose()
    assert told.clock.now() == START + timedelta(minutes=5)


def test_what_the_csms_said_before_the_system_clock_was_set_counts_no_more():
    told = Told("Heartbeat")
    told.clock.follow(START + timedelta(minutes=5))
    told.base.time += timedelta(hours=1)
    told.clock.choose()
    assert told.clock.now() == START + timedelta(hours=1)
    assert not told.clock.synchronised()


def test_a_clock_that_loses_all_its_sources_stays_as_it_is():
    told = Told("Heartbeat")
    told.clock.follow(START + timedelta(minutes=5))
    told.sources = ("NTP",)
    told.clock.choose()
    assert told.clock.now() == START + timedelta(minutes=5)
    assert told.clock.synchronised()


def test_each_adjustment_is_told_with_the_time_before_and_after_it():
    told = Told("Heartbeat")
    told.clock.follow(START + timedelta(minutes=5))
    told.base.passes(hours=1)
    told.clock.follow(START + timedelta(hours=1))
    assert told.adjusted == [
        (START, START + timedelta(minutes=5)),
        (START + timedelta(hours=1, minutes=5), START + timedelta(hours=1)),
    ]


def test_a_time_within_the_travel_of_a_message_adjusts_nothing():
    told = Told("Heartbeat")
    told.clock.follow(START + timedelta(seconds=1.5))
    told.base.passes(hours=1)
    told.clock.follow(START + timedelta(hours=1, seconds=-1.5))
    assert told.adjusted == []


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_system_clock_that_somebody_set_is_told_when_it_is_looked_for_and_never_by_reading_it(minutes):
    told = Told("NTP")
    told.base.passes(hours=1)
    told.base.time += timedelta(minutes=minutes)
    after = START + timedelta(hours=1, minutes=minutes)
    assert told.clock.now() == after
    assert told.adjusted == []
    told.clock.check()
    told.clock.check()
    assert told.adjusted == [(START + timedelta(hours=1), after)]


def test_an_ntp_that_only_confirms_what_the_csms_said_changes_next_to_nothing():
    told = Told("Heartbeat")
    told.clock.follow(START + timedelta(days=410))
    told.base.time += timedelta(days=410, seconds=1)
    told.clock.check()
    assert told.adjusted[1:] == [(START + timedelta(days=410), START + timedelta(days=410, seconds=1))]


async def test_the_clock_is_watched_without_anybody_reading_it():
    told = Told("NTP")
    watch = asyncio.create_task(told.clock.watch())
    told.base.time += timedelta(hours=2)
    await asyncio.sleep(2 * WATCH_S)
    assert told.adjusted == [(START, START + timedelta(hours=2))]
    watch.cancel()
