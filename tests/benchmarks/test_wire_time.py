"""The formula gives what METER.md section 8 says, to the tenth of a millisecond."""

import pytest

from benchmarks.wire_time import SNAPSHOT, WHOLE_START, WHOLE_STOP, Read, Write, seconds, seconds_of, size


@pytest.mark.parametrize(("baud", "expected_ms"), [(9600, 1732.5), (19200, 866.25), (115200, 167.0)])
def test_a_whole_start_takes_as_long_as_the_meters_documentation_says(baud: int, expected_ms: float) -> None:
    assert seconds(WHOLE_START, baud=baud) * 1000 == pytest.approx(expected_ms, abs=0.06)


@pytest.mark.parametrize(
    ("exchange", "size", "expected_ms"),
    [(Read(1), 15, 12.6), (Write(1), 19, 14.9), (Write(120), 257, 151.2), (Read(53), 119, 72.2)],
    ids=str,
)
def test_one_exchange_is_its_bytes_and_two_pauses(exchange: Read | Write, size: int, expected_ms: float) -> None:
    assert exchange.size == size
    assert seconds([exchange], baud=19200) * 1000 == pytest.approx(expected_ms, abs=0.06)


@pytest.mark.parametrize(("baud", "expected_ms"), [(9600, 1287.9), (19200, 644.0), (115200, 124.3)])
def test_a_whole_stop_takes_as_long_as_the_meters_documentation_says(baud: int, expected_ms: float) -> None:
    assert seconds(WHOLE_STOP, baud=baud) * 1000 == pytest.approx(expected_ms, abs=0.06)


@pytest.mark.parametrize(
    ("steps", "exchanges", "expected"), [(WHOLE_START, 8, 1456), (WHOLE_STOP, 6, 1082), (SNAPSHOT, 3, 543)]
)
def test_the_steps_have_as_many_bytes_as_the_meters_documentation_says(
    steps: tuple[Read | Write, ...], exchanges: int, expected: int
) -> None:
    assert (len(steps), size(steps)) == (exchanges, expected)


def test_bytes_that_were_counted_take_as_long_as_the_exchanges_they_were() -> None:
    assert seconds_of(1456, frames=8, baud=9600) == seconds(WHOLE_START, baud=9600)
