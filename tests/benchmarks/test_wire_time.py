"""The formula gives what METER.md section 8 says, to the tenth of a millisecond."""

import pytest

from benchmarks.wire_time import WHOLE_START, Read, Write, seconds


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


def test_a_start_is_1456_bytes_in_eight_exchanges() -> None:
    assert (len(WHOLE_START), sum(exchange.size for exchange in WHOLE_START)) == (8, 1456)
