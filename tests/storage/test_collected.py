"""What is collected for the Ended event is kept in order, apart for each transaction, and never grows too long."""

import pytest

from station.storage.collected import MOST, Collected
from station.storage.database import Database
from tests.fakes_clock import FakeClock


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.fixture
def collected(database):
    return Collected(database)


def test_what_is_kept_comes_back_in_its_order_until_it_is_forgotten(collected):
    for body in ("a", "b", "c"):
        collected.add("t1", body)
    collected.add("t2", "x")
    assert collected.of("t1") == ["a", "b", "c"]
    collected.forget("t1")
    assert (collected.of("t1"), collected.of("t2")) == ([], ["x"])


def test_it_outlives_a_restart(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        Collected(database).add("t1", "a")
    with Database.open(tmp_path, FakeClock()) as database:
        assert Collected(database).of("t1") == ["a"]


@pytest.mark.ocpp("E06.FR.12", "E06.FR.13", "E07.FR.09", "E07.FR.10", "J02.FR.20")
def test_of_too_many_every_second_one_goes_and_the_newest_stays(database, collected):
    with database.transaction():
        for number in range(MOST + 1):
            collected.add("t1", str(number))
        collected.add("t2", "x")
    assert collected.of("t1") == [str(number) for number in range(1, MOST + 1, 2)]
    assert collected.of("t2") == ["x"]


def test_those_with_a_signature_go_only_if_there_is_no_other(database, collected):
    signed = '{"values":[{"signed":{"ocmf":"T0NNRg=="}}]}'
    with database.transaction():
        for number in range(MOST + 1):
            collected.add("t1", signed if number % 4 == 0 else str(number))
    kept = collected.of("t1")
    assert kept.count(signed) == MOST // 4 + 1
    assert len(kept) < MOST * 3 // 4
    with database.transaction():
        for number in range(MOST + 1):
            collected.add("t2", f"{number} {signed}")
    assert len(collected.of("t2")) == MOST // 2
