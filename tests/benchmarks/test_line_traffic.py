"""What the driver put on the wire is held against the fewest bytes and the shortest time."""

from typing import Any

import pytest

from benchmarks.figures import Result
from benchmarks.line_traffic import WORKS, results

START, STOP = WORKS


def traffic(**changes: int) -> dict[str, Any]:
    return {"size": 1456, "frames": 8, "retries": 0, "polls": 1, "registers": 455, "distinct": 455} | changes


def three(**changes: int) -> tuple[Result, Result, Result]:
    size, registers, time = results(START, [traffic(**changes)])
    return size, registers, time


def test_a_start_as_documented_has_ratio_one_in_all_three() -> None:
    assert [result.ratio for result in three()] == [pytest.approx(1.0)] * 3
    assert [result.key for result in three()] == ["e", "e", "g"]


def test_a_stop_is_held_against_its_own_least() -> None:
    size, _, time = results(STOP, [traffic(size=1082, frames=6)])
    assert (size.key, size.ratio, time.ratio) == ("f", 1.0, pytest.approx(1.0))


@pytest.mark.parametrize(("size", "met"), [(1528, True), (1529, False)])
def test_a_twentieth_more_bytes_is_the_most(size: int, met: bool) -> None:
    assert three(size=size)[0].met is met


def test_a_single_register_that_is_read_twice_misses_the_goal() -> None:
    assert three(registers=456)[1].met is False


def test_each_exchange_costs_its_pauses() -> None:
    fewer, more = three(), three(frames=9)
    assert more[2].ours.figure - fewer[2].ours.figure == pytest.approx(2 * 3.5 * 11 / 19200 * 1000)


def test_the_notes_tell_the_fewest_with_the_snapshot_and_what_was_repeated() -> None:
    size, registers, time = results(START, [traffic(retries=1), traffic(polls=3, frames=10)])
    assert "1999 B, ratio 0.73" in size.notes[0]
    assert size.notes[1].startswith("0 to 1 request had")
    assert "1 to 3 polls" in registers.notes[0]
    assert time.notes[0].startswith("8 to 10 exchanges instead of 8")
