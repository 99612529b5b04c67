"""Each EVSE finds its own session again."""

import pytest

from station.storage.database import Database
from station.storage.sessions import Sessions
from tests.fakes_clock import FakeClock


@pytest.fixture
def sessions(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Sessions(database)


def test_an_evse_that_never_ran_has_no_session(sessions):
    assert sessions.load(1) is None


def test_the_last_session_of_each_evse_counts(sessions):
    sessions.save(1, "old")
    sessions.save(2, "other")
    sessions.save(1, "new")
    assert (sessions.load(1), sessions.load(2)) == ("new", "other")
