"""A poll on its own line is held against its wire time, the unluckiest one on a shared line against one exchange."""

import pytest

from benchmarks.poll_delay import POLL_S, own_line, shared_line


def test_a_poll_of_two_registers_takes_13_7_ms_on_the_wire() -> None:
    assert round(1000 * POLL_S, 1) == 13.7


def test_on_its_own_line_half_of_the_polls_count_and_the_worst_is_told() -> None:
    result = own_line({"took_s": [POLL_S, POLL_S, 0.5], "longest_exchange_s": 0.15, "retries": 0})
    assert result.ratio == pytest.approx(1.0)
    assert "worst took 500.0 ms" in result.notes[0]


@pytest.mark.parametrize(("waited_s", "met"), [(0.15, True), (0.17, True), (0.18, False)])
def test_on_a_shared_line_the_worst_may_wait_for_one_exchange(waited_s: float, met: bool) -> None:
    took_s = [POLL_S] * 9 + [POLL_S + waited_s]
    result = shared_line({"took_s": took_s, "longest_exchange_s": 0.155, "retries": 0})
    assert result.met is met


def test_a_poll_that_is_faster_than_the_formula_has_not_waited() -> None:
    result = shared_line({"took_s": [0.9 * POLL_S], "longest_exchange_s": 0.155, "retries": 2})
    assert result.ours.figure == 0.0
    assert "2 requests had to be repeated" in result.notes[0]
