"""A contact that bounces is believed when it has come to rest; one that never does counts as active."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.inputs.debounce import LOOK_AGAIN_S, RESTLESS_HOLDS, RESTLESS_S, Debounce

HOLD_S = 0.05


def believed(*looks, hold_s=HOLD_S):
    """Return what is believed after each look: pairs of level and second."""
    debounce = Debounce(hold_s)
    return [debounce.see(level, now_s) for level, now_s in looks]


@pytest.mark.parametrize("level", [True, False])
def test_the_first_look_is_believed_at_once(level):
    assert believed((level, 7.0)) == [level]


@pytest.mark.parametrize("level", [True, False])
def test_another_level_is_believed_when_it_has_lasted(level):
    looks = [(not level, 0.0), (level, 1.0), (level, 1.04), (level, 1.05), (level, 9.0)]
    assert believed(*looks) == [not level, not level, not level, level, level]


def test_a_spike_is_not_believed():
    assert believed((False, 0.0), (True, 1.0), (False, 1.02), (False, 1.1)) == [False] * 4


def test_every_bounce_begins_the_wait_anew():
    looks = [(False, 0.0), (True, 1.0), (False, 1.03), (True, 1.04), (True, 1.08), (True, 1.09)]
    assert believed(*looks) == [False] * 5 + [True]


def test_without_a_time_to_hold_everything_is_believed_at_once():
    assert believed((False, 0.0), (True, 1.0), (False, 1.001), hold_s=0.0) == [False, True, False]


def test_a_contact_that_flaps_without_end_counts_as_active_until_it_rests():
    debounce, now_s = Debounce(HOLD_S), 0.0
    debounce.see(False, now_s)
    seen = []
    for at in range(200):
        now_s += HOLD_S / 5
        seen.append(debounce.see(at % 2 == 0, now_s))
    patience = int((RESTLESS_S + RESTLESS_HOLDS * HOLD_S) / (HOLD_S / 5))
    assert not any(seen[: patience - 1])
    assert all(seen[patience + 1 :])
    assert debounce.see(False, now_s)
    assert not debounce.see(False, now_s + 1.01 * HOLD_S)


def test_it_says_when_to_look_again():
    debounce = Debounce(HOLD_S)
    debounce.see(False, 10.0)
    assert debounce.wait_s(10.0) == LOOK_AGAIN_S
    debounce.see(True, 11.0)
    assert debounce.wait_s(11.02) == pytest.approx(HOLD_S - 0.02)
    assert debounce.wait_s(12.0) == 0.0


def test_one_bounce_of_a_slow_contact_is_no_unrest():
    looks = [(False, 0.0), (True, 1.0), (False, 1.9), (False, 2.5), (False, 2.95)]
    assert believed(*looks, hold_s=1.0) == [False] * 5


def test_a_spike_now_and_then_is_no_unrest():
    looks = [(False, 0.0)]
    for at_s in range(1, 100, 3):
        looks += [(True, at_s), (False, at_s + 0.01), (False, at_s + 1.0)]
    assert not any(believed(*looks))


def test_a_level_that_came_to_rest_is_looked_at_now_and_then():
    debounce = Debounce(HOLD_S)
    debounce.see(True, 11.0)
    debounce.see(True, 12.0)
    assert debounce.wait_s(12.0) == LOOK_AGAIN_S


@given(st.lists(st.tuples(st.booleans(), st.floats(0.001, 2.0)), min_size=1, max_size=50), st.floats(0.0, 0.5))
def test_what_has_rested_is_believed_and_nothing_waits_for_ever(steps, hold_s):
    debounce, now_s = Debounce(hold_s), 100.0
    for level, after_s in steps:
        now_s += after_s
        debounce.see(level, now_s)
        assert 0.0 <= debounce.wait_s(now_s) <= max(LOOK_AGAIN_S, hold_s)
    level = steps[-1][0]
    assert debounce.see(level, now_s + hold_s + 0.001) is level
