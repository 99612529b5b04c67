"""The newest session of each EVSE is found quickly, however many there were."""

from datetime import timedelta
from pathlib import Path

from station.storage.database import Database
from station.storage.last_sessions import LOOKED_AT, LastSession, last_sessions
from station.storage.receipts import Receipts
from tests.fakes import NOON
from tests.fakes_clock import FakeClock


def begin(receipts: Receipts, name: str, evse_id: int, *, minute: int) -> None:
    receipts.begin(name, evse_id=evse_id, token=None, started_at=NOON + timedelta(minutes=minute))


def test_the_newest_session_of_each_evse_counts(tmp_path: Path) -> None:
    with Database.open(tmp_path, FakeClock()) as database:
        assert last_sessions(database) == {}
        receipts = Receipts(database)
        begin(receipts, "old", 1, minute=0)
        begin(receipts, "other", 2, minute=1)
        begin(receipts, "new", 1, minute=2)
        ended_at = NOON + timedelta(minutes=3)
        receipts.finish("new", ended_at=ended_at, stopped_reason="Local")
        assert last_sessions(database) == {
            1: LastSession("new", NOON + timedelta(minutes=2), ended_at),
            2: LastSession("other", NOON + timedelta(minutes=1), None),
        }


def test_an_evse_that_is_not_used_costs_no_more_than_others(tmp_path: Path) -> None:
    with Database.open(tmp_path, FakeClock()) as database:
        receipts = Receipts(database)
        begin(receipts, "long ago", 2, minute=0)
        with database.transaction():
            for number in range(LOOKED_AT):
                begin(receipts, f"session {number}", 1, minute=number)
        assert list(last_sessions(database)) == [1]
