"""What was set and learned comes back out of a copy; what happened since it was made stays."""

from pathlib import Path

import pytest

from station.core.boot import Run
from station.core.tokens import IdToken
from station.core.variables import HEARTBEAT_INTERVAL
from station.errors import StorageError
from station.storage.card_names import CardNames
from station.storage.carrying import COMES_BACK, STAYS, is_same, take_back
from station.storage.database import Database
from station.storage.facts import Facts
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts
from station.storage.runs import Runs
from station.storage.variables import Variables
from tests.commands.receipts.archive import BEGIN, END, Archive, opened
from tests.fakes_clock import START, FakeClock

CARD = IdToken("04A2B3C4", "ISO14443")


def prepared(archive: Archive, copy: Path) -> None:
    """Make a copy, then let things happen and be changed."""
    database = archive.database
    archive.add("tx-1", BEGIN, sent=True, ended=None)
    Variables(database).save(HEARTBEAT_INTERVAL.address.key, "60")
    Facts(database).put("example", "then")
    Runs(database).note(Run("then", "1"))
    CardNames(database).give(CARD, "Anna", at=START)
    database.copy_to(copy)
    archive.add("tx-1", END, sent=True)
    Outbox(database).put("NotifyEvent", "{}", created_at=START, offline=False)
    Variables(database).save(HEARTBEAT_INTERVAL.address.key, "900")
    Facts(database).put("example", "now")
    Facts(database).put("newer", "now")
    Runs(database).note(Run("now", "2"))
    CardNames(database).forget("Anna")


def test_what_was_set_and_learned_is_as_it_was_and_what_happened_is_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path / "state") as archive:
        prepared(archive, tmp_path / "copy.db")
        take_back(archive.database, tmp_path / "copy.db")
        database = archive.database
        assert Variables(database).all() == {HEARTBEAT_INTERVAL.address.key: "60"}
        assert (Facts(database).get("example"), Facts(database).get("newer")) == ("then", None)
        assert CardNames(database).of(CARD) == "Anna"
        assert Runs(database).last() == Run("now", "2")
        (receipt,) = Receipts(database).list()
        assert [record.ocmf for record in receipt.records] == [BEGIN.ocmf, END.ocmf]
        assert receipt.ended_at is not None
        assert Outbox(database).size() == 1


def test_a_copy_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "state") as archive:
        prepared(archive, tmp_path / "copy.db")
        with Database.open(tmp_path / "other", FakeClock()) as other:
            other.execute("DROP TABLE card_names")  # the last one that comes back
            other.copy_to(tmp_path / "broken.db")
        with pytest.raises(StorageError, match="card_names"):
            take_back(archive.database, tmp_path / "broken.db")
        assert Facts(archive.database).get("example") == "now"
        take_back(archive.database, tmp_path / "copy.db")
        assert Facts(archive.database).get("example") == "then"


def test_a_copy_is_of_the_same_database_and_a_new_one_is_not(tmp_path: Path) -> None:
    with opened(tmp_path / "state") as archive, Database.open(tmp_path / "other", FakeClock()) as other:
        (tmp_path / "copied").mkdir()
        archive.database.copy_to(tmp_path / "copied" / "station.db")
        with Database.look(tmp_path / "copied") as copy:
            assert is_same(archive.database, copy)
        assert not is_same(archive.database, other)


def test_of_every_table_it_is_known_whether_it_comes_back(tmp_path: Path) -> None:
    """A new table has to be put into one of the two lists."""
    with opened(tmp_path) as archive:
        rows = archive.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    tables = [name for (name,) in rows if not name.startswith("sqlite_")]
    assert sorted(tables) == sorted((*COMES_BACK, *STAYS))
