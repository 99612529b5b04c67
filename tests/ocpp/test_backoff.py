"""The waits between attempts to connect."""

from itertools import count, islice

import pytest

from station.ocpp.backoff import BackOff


@pytest.mark.ocpp("Part4-5.3")
def test_the_minimum_doubles_as_often_as_is_set_and_stays_then() -> None:
    back_off = BackOff(wait_minimum_s=10, random_range_s=0, repeat_times=3)
    assert [back_off.wait_s(n, chance=0.5) for n in islice(count(), 6)] == [10, 20, 40, 80, 80, 80]


@pytest.mark.ocpp("Part4-5.3")
def test_the_random_part_is_added_and_never_doubled() -> None:
    back_off = BackOff(wait_minimum_s=10, random_range_s=4, repeat_times=2)
    assert [back_off.wait_s(n, chance=chance) for n, chance in enumerate([0.0, 0.5, 1.0, 0.25])] == [10, 22, 44, 41]


@pytest.mark.parametrize("repeat_times", [0, -1])
def test_without_repeats_the_wait_is_constant(repeat_times: int) -> None:
    back_off = BackOff(wait_minimum_s=5, random_range_s=0, repeat_times=repeat_times)
    assert back_off.wait_s(100, chance=0.9) == 5


def test_any_setting_gives_a_finite_wait() -> None:
    assert BackOff(wait_minimum_s=3600, random_range_s=0, repeat_times=10**9).wait_s(10**9, chance=0) < 1e14
