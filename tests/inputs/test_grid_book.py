"""The book of limits says when one began and ended, line by line, whatever else happens."""

import json

import pytest
from structlog.testing import capture_logs

from station.inputs.grid_book import LARGEST_BYTES, NAME, GridBook
from station.inputs.meanings import InputState, Meaning
from tests.fakes_clock import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def book(tmp_path, clock):
    return GridBook(tmp_path, {1: 3, 2: 1}, now=clock.now)


def limit(active, **more):
    return InputState("grid", Meaning.LIMIT_4200W, (1, 2), active=active, **more)


def lines(folder):
    return [json.loads(line) for line in (folder / NAME).read_text().splitlines()]


def test_a_limit_is_written_down_with_its_times_and_currents(tmp_path, book, clock):
    with capture_logs() as logs:
        book.note(limit(True, contact=True))
        clock.shift(900)
        book.note(limit(False, contact=False))
    began, ended = lines(tmp_path)
    assert began["at"] < ended["at"]
    assert (began["input"], began["active"], began["because"], began["limit_w"]) == ("grid", True, "contact", 4200.0)
    assert began["limits_amps"] == {"1": 6.0, "2": 18.0}
    assert (ended["active"], ended["limit_w"], ended["limits_amps"]) == (False, None, {})
    assert [entry["event"] for entry in logs] == ["grid_limit_began", "grid_limit_ended"]
    assert 899 <= logs[1]["lasted_s"] <= 901


def test_a_limit_that_is_only_feared_says_so(tmp_path, book):
    book.note(limit(True, error="no such chip"))
    assert lines(tmp_path)[0]["because"] == "no such chip"


def test_what_is_no_limit_is_not_in_the_book(tmp_path, book):
    book.note(InputState("door", Meaning.DOOR, (1,), active=True))
    assert not (tmp_path / NAME).exists()


def test_the_book_goes_on_after_a_restart(tmp_path, book, clock):
    book.note(limit(True))
    GridBook(tmp_path, {1: 3, 2: 1}, now=clock.now).note(limit(False))
    assert [line["active"] for line in lines(tmp_path)] == [True, False]


def test_a_full_book_is_put_aside_and_kept(tmp_path, book):
    (tmp_path / NAME).write_bytes(b"x" * LARGEST_BYTES)
    book.note(limit(True))
    assert len(lines(tmp_path)) == 1
    assert (tmp_path / "grid-limits.1.jsonl").stat().st_size == LARGEST_BYTES


def test_a_disk_that_takes_nothing_is_told_and_stops_nothing(tmp_path, clock):
    with capture_logs() as logs:
        GridBook(tmp_path / "missing", {1: 3, 2: 1}, now=clock.now).note(limit(True))
    assert [entry["event"] for entry in logs] == ["grid_limit_began", "grid_limit_not_kept"]
