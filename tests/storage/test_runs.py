"""How the last run went is known to the next."""

import pytest

from station.core.boot import Run
from station.storage.database import Database
from station.storage.facts import Facts
from station.storage.runs import FACT, Runs
from tests.fakes_clock import FakeClock


def test_the_last_run_is_known_to_the_next(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        assert Runs(database).last() is None
        Runs(database).note(Run("boot-1", "1.0"))
        Runs(database).note(Run("boot-2", "1.1", ended=True))
    with Database.open(tmp_path, FakeClock()) as database:
        assert Runs(database).last() == Run("boot-2", "1.1", ended=True)


@pytest.mark.parametrize("text", ["", "[]", '{"boot_id": "b"}', '{"boot_id": "b", "version": "1", "more": 1}'])
def test_a_note_of_another_version_is_none(tmp_path, text):
    with Database.open(tmp_path, FakeClock()) as database:
        Facts(database).put(FACT, text)
        assert Runs(database).last() is None
