"""The wires at the station's computer: files that a station reads and writes."""

from pathlib import Path

import pytest

from simulators.bench.errors import BenchError, RequestError
from simulators.bench.gpio import Gpio


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "gpio"


def wires(folder: Path) -> Gpio:
    return Gpio(folder, inputs=["stop", "door"], outputs=["doe"])


def test_lines_come_and_go_with_the_bench_and_are_low_at_first(folder: Path) -> None:
    one = wires(folder)
    one.open()
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"stop": "0\n", "door": "0\n", "doe": "0\n"}
    one.close()
    assert not folder.exists()


def test_an_input_is_set_and_an_output_is_seen(folder: Path) -> None:
    one = wires(folder)
    one.open()
    one.set("door", 1)
    assert (folder / "door").read_text() == "1\n"
    (folder / "doe").write_text("1\n")
    assert one.state() == {"path": str(folder), "lines": {"stop": 0, "door": 1, "doe": 1}}


def test_an_input_may_be_lost_and_comes_back(folder: Path) -> None:
    one = wires(folder)
    one.open()
    one.lose("stop")
    assert not (folder / "stop").exists()
    assert one.state()["lines"]["stop"] is None
    one.set("stop", 0)
    assert one.get("stop") == 0


@pytest.mark.parametrize(("line", "value"), [("bell", 1), ("doe", 1), ("stop", 2), ("stop", -1)])
def test_what_cannot_be_is_refused(folder: Path, line: str, value: int) -> None:
    one = wires(folder)
    one.open()
    with pytest.raises(RequestError, match=r"unknown, there are stop, door|0 and 1 are"):
        one.set(line, value)


def test_a_file_of_somebody_else_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "door").write_text("precious")
    with pytest.raises(BenchError, match="door exists and holds no value"):
        wires(folder).open()
    assert (folder / "door").read_text() == "precious"


def test_what_a_killed_bench_left_is_taken_over(folder: Path) -> None:
    folder.mkdir()
    (folder / "door").write_text("1\n")
    one = wires(folder)
    one.open()
    assert one.get("door") == 0


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BenchError, match="file/gpio: lines cannot be kept there"):
        wires(tmp_path / "file/gpio").open()
