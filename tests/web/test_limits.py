"""How often somebody may ask."""

import pytest

from station.web import limits
from station.web.limits import Limiter, Rate


class Time:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


def limiter(time: Time, *, each: int = 2, together: int = 100) -> Limiter:
    return Limiter(each=Rate(each, every_s=10), together=Rate(together, every_s=1), time=time)


def test_a_burst_is_let_through_and_then_it_is_told_how_long_to_wait(time: Time) -> None:
    tries = limiter(time)
    assert [tries.take("192.0.2.1") for _ in range(4)] == [0, 0, 10, 10]
    time.now_s += 4
    assert tries.take("192.0.2.1") == pytest.approx(6)
    time.now_s += 6
    assert tries.take("192.0.2.1") == 0
    assert tries.take("192.0.2.1") > 0


def test_a_long_pause_fills_the_bucket_and_no_more(time: Time) -> None:
    tries = limiter(time)
    time.now_s += 10_000
    assert [tries.take("192.0.2.1") == 0 for _ in range(3)] == [True, True, False]


def test_one_who_tries_too_often_does_not_stop_another(time: Time) -> None:
    tries = limiter(time)
    for _ in range(5):
        tries.take("192.0.2.1")
    assert tries.take("192.0.2.2") == 0


def test_many_addresses_of_one_network_are_one(time: Time) -> None:
    tries = limiter(time)
    waits = [tries.take(f"2001:db8::{number}") for number in range(1, 4)]
    assert [wait == 0 for wait in waits] == [True, True, False]


def test_all_together_have_a_limit_too(time: Time) -> None:
    tries = limiter(time, together=3)
    assert [tries.take(f"192.0.2.{number}") for number in range(5)] == [0, 0, 0, 1, 1]


def test_an_address_with_many_behind_it_has_the_limit_of_all_only(time: Time) -> None:
    tries = limiter(time, each=1, together=4)
    assert [tries.take(None) == 0 for _ in range(5)] == [True] * 4 + [False]


def test_who_counts_for_himself_waits_for_himself_only(time: Time) -> None:
    tries = limiter(time, each=2, together=1)
    assert tries.take("192.0.2.1") == 0
    assert tries.take("192.0.2.2") > 0
    assert [tries.take("192.0.2.2", apart=True) == 0 for _ in range(3)] == [True, True, False]
    time.now_s += 1
    assert tries.take("192.0.2.3") == 0


def test_whoever_waits_for_the_others_has_used_up_nothing(time: Time) -> None:
    tries = limiter(time, each=1, together=1)
    assert tries.take("192.0.2.1") == 0
    assert tries.take("192.0.2.2") == 1
    time.now_s += 1
    assert tries.take("192.0.2.2") == 0


def test_somebody_who_turned_out_right_begins_anew(time: Time) -> None:
    tries = limiter(time)
    for _ in range(3):
        tries.take("192.0.2.1")
    tries.forgive("192.0.2.1")
    assert tries.take("192.0.2.1") == 0


def test_only_the_newest_addresses_are_remembered(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ADDRESSES", 3)
    tries = limiter(time, each=1)
    for number in range(4):
        tries.take(f"192.0.2.{number}")
    assert tries.take("192.0.2.3") > 0
    assert tries.take("192.0.2.0") == 0
