"""When to look: few looks for what is known, growing pauses for what is not."""

from itertools import islice, pairwise, takewhile

import pytest

from station.core.records import RecordKind
from station.meter.bsm.pace import Pace, unknown

ON, OFF = RecordKind.TURN_ON, RecordKind.TURN_OFF


def test_an_unknown_kind_is_looked_for_at_growing_instants() -> None:
    looks = list(takewhile(lambda at: at < 15, Pace().looks(ON)))
    assert looks[0] == 0.5
    assert all(1.05 <= later / earlier <= 1.11 for earlier, later in pairwise(looks))
    assert len(looks) < 60


@pytest.mark.parametrize("took_s", [0.3, 2.7, 10.0])
def test_a_known_kind_is_looked_for_shortly_before_it_is_due(took_s: float) -> None:
    pace = Pace()
    pace.learn(ON, took_s)
    looks = list(islice(pace.looks(ON), 4))
    assert looks[0] == pytest.approx(0.95 * took_s)
    steps = {round(later - earlier, 6) for earlier, later in pairwise(looks)}
    assert steps == {max(0.05, round(0.01 * took_s, 6))} or took_s == 0.3


@pytest.mark.parametrize("took_s", [2.7, 5.0, 10.0])
def test_a_meter_that_takes_as_long_as_ever_costs_few_looks(took_s: float) -> None:
    pace = Pace()
    counts = []
    for _ in range(10):
        looks = list(takewhile(lambda at: at < took_s, pace.looks(ON)))
        found = next(at for at in pace.looks(ON) if at >= took_s)
        counts.append(len(looks) + 1)
        pace.learn(ON, found)
    assert max(counts[1:]) <= 7


def test_a_meter_that_became_slower_is_not_asked_at_every_step() -> None:
    pace = Pace()
    pace.learn(ON, 1.0)
    assert len(list(takewhile(lambda at: at < 15, pace.looks(ON)))) < 60


def test_a_meter_that_became_quicker_is_asked_earlier_each_time() -> None:
    pace = Pace()
    pace.learn(ON, 10.0)
    first = next(pace.looks(ON))
    pace.learn(ON, first)
    assert next(pace.looks(ON)) == pytest.approx(0.95 * first)


def test_a_time_that_came_late_because_of_a_lost_look_does_not_count() -> None:
    pace = Pace()
    for took_s in (2.7, 3.9, 2.7, 3.9):
        pace.learn(ON, took_s)
    assert next(pace.looks(ON)) == pytest.approx(0.95 * 2.7)
    for _ in range(3):
        pace.learn(ON, 3.9)
    assert next(pace.looks(ON)) == pytest.approx(0.95 * 3.9)


def test_each_kind_has_its_own_time() -> None:
    pace = Pace()
    pace.learn(ON, 10.0)
    assert next(pace.looks(OFF)) == 0.5


def test_what_may_be_ready_already_is_looked_for_at_once() -> None:
    assert list(islice(unknown(0.0), 3)) == [0.0, 0.05, 0.1]
