"""The meter's clock: setting, updating, trust."""

from simulators.bench.meter.clock import MeterClock


def running() -> MeterClock:
    clock = MeterClock()
    assert clock.write(1_000_000, 60, now_s=10.0)
    return clock


def test_it_is_unset_until_both_parts_come_together() -> None:
    clock = MeterClock()
    assert clock.read(5.0) == (None, None)
    assert not clock.write(1_000_000, None, now_s=5.0)
    assert not clock.write(None, 60, now_s=5.0)
    assert clock.read(5.0) == (None, None)
    assert clock.flag == "U"
    assert clock.write(1_000_000, 60, now_s=5.0)
    assert clock.flag == "S"


def test_it_runs_with_the_loop() -> None:
    clock = running()
    assert clock.read(10.0) == (1_000_000, 60)
    assert clock.read(3609.9) == (1_003_599, 60)


def test_a_small_correction_leaves_no_trace() -> None:
    clock = running()
    assert not clock.write(1_000_105, None, now_s=100.0)
    assert clock.read(100.0) == (1_000_105, 60)
    assert clock.flag == "S"


def test_a_jump_is_a_setting_and_costs_the_trust() -> None:
    clock = running()
    assert clock.write(1_005_000, None, now_s=100.0)
    assert clock.flag == "U"


def test_another_offset_is_a_setting_but_no_jump() -> None:
    clock = running()
    assert clock.write(None, 120, now_s=100.0)
    assert clock.read(100.0) == (1_000_090, 120)
    assert clock.flag == "S"
    assert not clock.write(None, 120, now_s=100.0)


def test_values_that_are_no_time_are_passed_over() -> None:
    clock = MeterClock()
    assert not clock.write(0xFFFFFFFF, 60, now_s=0.0)
    assert not clock.write(1_000_000, 1441, now_s=0.0)
    assert clock.read(0.0) == (None, None)
