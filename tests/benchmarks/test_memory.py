"""Values out of /proc are found by their whole name."""

import pytest

from benchmarks.memory import kib

STATUS = "Name:\tpython\nVmHWM:\t   46512 kB\nVmRSS:\t   46384 kB\nRssAnon:\t   25000 kB\nThreads:\t1\n"


def test_a_value_is_found_by_its_whole_name() -> None:
    assert kib(STATUS, "VmRSS") == 46384


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="Rss"):
        kib(STATUS, "Rss")
