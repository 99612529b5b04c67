"""The parking bay: a value file that a station reads."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.errors import BenchError, RefusedError
from simulators.bench.settings import plain
from tests.simulators.bench.places import names_in


async def test_each_bay_has_a_file_of_its_own_that_comes_and_goes_with_the_bench(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path, evses=2, bays=True)) as bench:
        assert [(tmp_path / f"bay{number}").read_text() for number in (1, 2)] == ["0\n", "0\n"]
        bench.evse(2).occupy_bay(True)
        assert [(tmp_path / f"bay{number}").read_text() for number in (1, 2)] == ["0\n", "1\n"]
        assert [evse["bay"]["occupied"] for evse in bench.state()["evses"]] == [False, True]
        bench.evse(2).occupy_bay(False)
        assert (tmp_path / "bay2").read_text() == "0\n"
    assert names_in(tmp_path) == set()


async def test_the_bay_knows_nothing_of_the_cable(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path, bays=True)) as bench:
        bench.evse(1).plug()
        assert (tmp_path / "bay1").read_text() == "0\n"
        bench.evse(1).occupy_bay(True)
        bench.evse(1).unplug()
        assert (tmp_path / "bay1").read_text() == "1\n"


async def test_a_bay_that_nobody_watches_cannot_be_taken(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench:
        with pytest.raises(RefusedError, match="EVSE 1 has no bay"):
            bench.evse(1).occupy_bay(True)
        assert bench.state()["evses"][0]["bay"] is None


async def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "bay1").write_text("precious")
    with pytest.raises(BenchError, match="bay1 exists and holds no value"):
        async with Bench(plain(tmp_path, bays=True)):
            pass
    assert (tmp_path / "bay1").read_text() == "precious"


async def test_what_a_killed_bench_left_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "bay1").write_text("1\n")
    async with Bench(plain(tmp_path, bays=True)):
        assert (tmp_path / "bay1").read_text() == "0\n"


async def test_a_bay_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = plain(tmp_path)
    row = replace(settings.evses[0], bay=tmp_path / "file/bay1")
    with pytest.raises(BenchError, match="bay1: the value cannot be kept"):
        async with Bench(replace(settings, evses=(row,))):
            pass
    assert names_in(tmp_path) == {"file"}
