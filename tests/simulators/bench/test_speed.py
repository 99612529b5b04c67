"""What frames take on a line."""

import math

import pytest

from simulators.bench.speed import Wire, silent_interval_s, wire_time_s


@pytest.mark.parametrize(
    ("request_bytes", "reply_bytes", "baud", "milliseconds"),
    [(8, 7, 19200, 12.6), (8, 7, 9600, 25.2), (8, 7, 115200, 4.9), (8, 255, 19200, 154.7), (249, 8, 19200, 151.2)],
)
def test_an_exchange_takes_the_line_time_of_the_manual(
    request_bytes: int, reply_bytes: int, baud: int, milliseconds: float
) -> None:
    wire = Wire(pacing=True)
    asked_s = wire.carry(request_bytes, baud=baud, from_s=100.0)
    answered_s = wire.carry(reply_bytes, baud=baud, from_s=asked_s)
    next_s = wire.carry(0, baud=baud, from_s=answered_s)
    assert 1000 * (next_s - 100) == pytest.approx(milliseconds, abs=0.06)


@pytest.mark.parametrize(("baud", "milliseconds"), [(1200, 32.08), (19200, 2.005), (38400, 1.75), (921600, 1.75)])
def test_the_gap_shrinks_with_speed_up_to_19200(baud: int, milliseconds: float) -> None:
    assert 1000 * silent_interval_s(baud) == pytest.approx(milliseconds, abs=0.01)


def test_a_frame_waits_until_the_wire_is_free() -> None:
    wire = Wire(pacing=True)
    first_s = wire.carry(100, baud=9600, from_s=0.0)
    assert first_s == pytest.approx(wire_time_s(100, 9600))
    second_s = wire.carry(100, baud=9600, from_s=0.01)
    assert second_s == pytest.approx(2 * first_s + silent_interval_s(9600))
    assert wire.carry(100, baud=9600, from_s=10.0) == pytest.approx(10 + first_s)


def test_each_frame_has_its_own_speed() -> None:
    wire = Wire(pacing=True)
    slow_s = wire.carry(12, baud=1200, from_s=0.0)
    assert slow_s == pytest.approx(0.11)
    assert wire.carry(12, baud=115200, from_s=1.0) == pytest.approx(1 + 0.11 / 96)


def test_a_line_without_pacing_takes_no_time() -> None:
    wire = Wire(pacing=False)
    assert [wire.carry(250, baud=1200, from_s=from_s) for from_s in (5.0, 5.0, 4.0)] == [5.0, 5.0, 4.0]
    assert not math.isinf(wire.carry(1, baud=1200, from_s=0.0))
