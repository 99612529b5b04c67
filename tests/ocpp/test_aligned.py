"""Clock-aligned values: at exact instants, for whoever they belong to, whatever happens to clocks and intervals."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog

from station.core.events import ClockStruck, Due
from station.core.session import Metering, Session, Transaction
from station.ocpp.aligned import LOOK_S, AlignedData, Schedule
from tests.core.runs import ANNA
from tests.fakes_clock import START, FakeClock

IDLE = Session(1, awake=True)
RUNNING = Transaction("t-1", cause="CablePluggedIn", token=ANNA, started=True)
CHARGING = replace(IDLE, transaction=RUNNING, metering=Metering.ON)
CONNECTED = replace(IDLE, transaction=RUNNING)
"""A transaction runs, and nothing is measured for it yet."""
NOT_TOLD = replace(CHARGING, transaction=replace(RUNNING, started=False))
QUARTER = timedelta(minutes=15)
BOTH = frozenset({Due.CLOCK_UPDATED, Due.CLOCK_ENDED})


class Bay:
    """What the scheduler sees of an EVSE."""

    def __init__(self, evse_id, clock):
        self.evse_id = evse_id
        self.session = replace(IDLE, evse_id=evse_id)
        self.struck = []
        self._clock = clock

    def post(self, event):
        assert isinstance(event, ClockStruck)
        self.struck.append((self._clock.now().replace(microsecond=0), event.due))


class Site:
    """Two EVSEs, a clock, and what MeterValues were told for which instants."""

    def __init__(self, start=START, **schedule):
        self.clock = FakeClock(start)
        self.schedule = Schedule(**schedule)
        self.bays = {evse_id: Bay(evse_id, self.clock) for evse_id in (1, 2)}
        self.told, self.told_at = [], []
        self.online = True
        self.takes_s = 0.0
        self.aligned = AlignedData(
            self.bays,
            schedule=lambda: self.schedule,
            tell=self._tell,
            online=lambda: self.online,
            now=self.clock.now,
        )

    async def _tell(self, bay, at):
        self.told.append((bay.evse_id, at))
        self.told_at.append(self.clock.now())
        await asyncio.sleep(self.takes_s)

    @contextlib.asynccontextmanager
    async def open(self):
        task = asyncio.create_task(self.aligned.run())
        try:
            await asyncio.sleep(0)
            yield self
        finally:
            task.cancel()
            [end] = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(end, asyncio.CancelledError)

    def of(self, evse_id):
        return [at for told, at in self.told if told == evse_id]


@pytest.mark.ocpp("J01.FR.14")
async def test_every_evse_is_told_of_at_each_instant_and_all_at_the_same_one():
    async with Site(START + timedelta(minutes=7), interval_s=900).open() as site:
        await asyncio.sleep(3600)
    instants = [START + QUARTER * number for number in (1, 2, 3, 4)]
    assert site.of(1) == site.of(2) == instants
    assert all(
        told_at - at < timedelta(seconds=0.1)
        for told_at, at in zip(site.told_at, [instant for instant in instants for _ in site.bays], strict=True)
    )


async def test_nothing_is_told_without_an_interval():
    async with Site().open() as site:
        await asyncio.sleep(600)
    assert site.told == []


@pytest.mark.ocpp("J01.FR.22")
async def test_a_transaction_that_measures_is_told_of_itself_and_the_others_by_meter_values():
    site = Site(interval_s=900)
    site.bays[1].session = CHARGING
    async with site.open():
        await asyncio.sleep(1000)
    assert site.bays[1].struck == [(START + QUARTER, {Due.CLOCK_UPDATED})]
    assert site.told == [(2, START + QUARTER)]


@pytest.mark.ocpp("J01.FR.22")
async def test_a_transaction_that_does_not_measure_is_told_of_by_meter_values():
    site = Site(interval_s=900, ended_interval_s=900)
    site.bays[1].session = CONNECTED
    async with site.open():
        await asyncio.sleep(1000)
    assert site.bays[1].struck == []
    assert site.of(1) == [START + QUARTER]


async def test_what_is_for_the_end_is_collected_before_the_transaction_is_told_of_too():
    site = Site(interval_s=900, ended_interval_s=900)
    site.bays[1].session = NOT_TOLD
    async with site.open():
        await asyncio.sleep(1000)
    assert site.bays[1].struck == [(START + QUARTER, {Due.CLOCK_ENDED})]
    assert site.of(1) == [START + QUARTER]


async def test_both_intervals_count_from_midnight_and_strike_together_where_they_meet():
    site = Site(interval_s=900, ended_interval_s=1800)
    site.bays[1].session = CHARGING
    async with site.open():
        await asyncio.sleep(1900)
    assert site.bays[1].struck == [(START + QUARTER, {Due.CLOCK_UPDATED}), (START + 2 * QUARTER, BOTH)]


async def test_what_is_for_the_end_is_collected_without_a_csms_and_meter_values_are_not():
    site = Site(interval_s=900, ended_interval_s=900)
    site.online = False
    site.bays[1].session = CHARGING
    async with site.open():
        await asyncio.sleep(1000)
    assert site.bays[1].struck == [(START + QUARTER, BOTH)]
    assert site.told == []


# SendDuringIdle


@pytest.mark.ocpp("J01.FR.20")
@pytest.mark.parametrize("session", [CHARGING, CONNECTED])
async def test_while_any_transaction_runs_the_whole_station_is_silent_if_it_is_to_send_during_idle(session):
    site = Site(interval_s=900, ended_interval_s=900, only_idle=True)
    site.bays[1].session = session
    async with site.open():
        await asyncio.sleep(1000)
        assert (site.bays[1].struck, site.told) == ([], [])
        site.bays[1].session = IDLE
        await asyncio.sleep(900)
        assert site.told == [(1, START + 2 * QUARTER), (2, START + 2 * QUARTER)]


@pytest.mark.ocpp("J01.FR.19")
async def test_an_evse_that_is_to_send_during_idle_is_silent_alone():
    site = Site(interval_s=900, only_idle_at=frozenset({1}))
    site.bays[1].session = CHARGING
    async with site.open():
        await asyncio.sleep(1000)
        assert (site.bays[1].struck, site.of(1), site.of(2)) == ([], [], [START + QUARTER])
        site.bays[1].session = IDLE
        await asyncio.sleep(900)
        assert site.of(1) == [START + 2 * QUARTER]


# Clocks that are set, intervals that change


async def test_an_interval_that_is_set_counts_at_once():
    async with Site(START + timedelta(seconds=1)).open() as site:
        await asyncio.sleep(60.5)
        site.schedule = Schedule(interval_s=5)
        site.aligned.retime()
        await asyncio.sleep(10)
    assert site.of(1)[-2:] == [START + timedelta(seconds=seconds) for seconds in (65, 70)]


async def test_an_instant_is_not_told_again_because_something_is_set_right_after_it():
    async with Site(interval_s=60).open() as site:
        await asyncio.sleep(61)
        site.schedule = replace(site.schedule, ended_interval_s=900)
        site.aligned.retime()
        await asyncio.sleep(5)
    assert site.of(1) == [START + timedelta(minutes=1)]


async def test_an_interval_that_is_taken_away_counts_at_once():
    async with Site(interval_s=60).open() as site:
        await asyncio.sleep(61)
        site.schedule = Schedule()
        site.aligned.retime()
        await asyncio.sleep(600)
    assert site.of(1) == [START + timedelta(minutes=1)]


async def test_instants_that_a_clock_jumps_over_are_left_out_and_the_next_one_is_exact():
    async with Site(interval_s=900).open() as site:
        await asyncio.sleep(60)
        site.clock.shift(2 * 3600 + 120)
        await asyncio.sleep(900)
    assert site.of(1) == [START + timedelta(hours=2, minutes=15)]
    assert site.told_at[0] - site.of(1)[0] < timedelta(seconds=0.1)


async def test_a_clock_that_is_set_back_repeats_no_instant_by_itself_and_reaches_the_next_one():
    async with Site(START - timedelta(seconds=30), interval_s=900).open() as site:
        await asyncio.sleep(60)
        assert site.of(1) == [START]
        site.clock.shift(-600)
        await asyncio.sleep(LOOK_S + 1)
        assert site.of(1) == [START]
        await asyncio.sleep(600)
    assert site.of(1) == [START, START], "it is noon again by the clock that counts"


async def test_a_small_correction_across_an_instant_does_not_lose_it():
    async with Site(START + QUARTER - timedelta(seconds=14), interval_s=900).open() as site:
        await asyncio.sleep(11.0)
        site.clock.shift(5)
        await asyncio.sleep(LOOK_S)
    assert site.of(1) == [START + QUARTER]


async def test_each_instant_is_told_once_while_a_clock_is_slewed():
    async with Site(interval_s=60).open() as site:
        for _ in range(60):
            await asyncio.sleep(60)
            site.clock.shift(0.4)
    counts = Counter(site.of(1))
    assert len(counts) == 60
    assert set(counts.values()) == {1}


async def test_a_csms_that_is_slow_does_not_hold_up_other_evses_or_the_next_instant():
    site = Site(interval_s=60)
    site.takes_s = 90.0
    with structlog.testing.capture_logs() as lines:
        async with site.open():
            await asyncio.sleep(61)
            site.bays[2].session = CHARGING
            await asyncio.sleep(60)
            assert len(site.bays[2].struck) == 1
            await asyncio.sleep(60)
    assert site.of(1) == [START + timedelta(minutes=1), START + timedelta(minutes=3)]
    assert "meter_values_skipped" in {line["event"] for line in lines}
