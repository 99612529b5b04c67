"""The database: missing, damaged, older, and with something in it that waits."""

from datetime import timedelta
from pathlib import Path

from station.commands.doctor import database as looks
from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Result
from station.errors import StorageError
from station.storage.database import NAME, Database
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts
from tests.commands.doctor.place import bad, case, named
from tests.fakes_clock import START


def found(looked_at: Case) -> list[Finding]:
    return list(looks.check(looked_at))


def opened(looked_at: Case) -> Database:
    return Database.open(looked_at.state_dir, looked_at.clock)


def test_none_yet_is_well(tmp_path: Path):
    (finding,) = found(case(tmp_path))
    assert finding.result is Result.OK
    assert "the station makes it" in finding.found


def test_a_new_one_is_whole_and_empty(tmp_path: Path):
    looked_at = case(tmp_path)
    opened(looked_at).close()
    assert bad(found(looked_at)) == {}


def test_one_that_the_station_has_open_can_be_looked_at(tmp_path: Path):
    looked_at = case(tmp_path)
    with opened(looked_at):
        assert bad(found(looked_at)) == {}


def test_a_damaged_one_is_a_failure(tmp_path: Path):
    looked_at = case(tmp_path)
    opened(looked_at).close()
    file = looked_at.state_dir / NAME
    content = bytearray(file.read_bytes())
    content[4096 : 3 * 4096] = bytes(2 * 4096)
    file.write_bytes(content)
    finding = named(found(looked_at), "file")
    assert finding.result is Result.FAILURE
    assert "aside" in finding.remedy


def test_what_is_no_database_is_a_failure(tmp_path: Path):
    looked_at = case(tmp_path)
    looked_at.state_dir.mkdir()
    (looked_at.state_dir / NAME).write_text("a diary")
    assert named(found(looked_at), "file").result is Result.FAILURE


def test_a_full_disk_is_not_put_right_by_a_start(tmp_path: Path, monkeypatch):
    looked_at = case(tmp_path)
    opened(looked_at).close()

    def refuse(folder: Path) -> Database:
        raise StorageError(f"{folder / NAME} cannot be read: disk I/O error")

    monkeypatch.setattr(Database, "look", refuse)
    assert "see computer, disk" in named(found(looked_at), "file").remedy


def test_one_of_another_version_is_a_failure(tmp_path: Path):
    looked_at = case(tmp_path)
    with opened(looked_at) as database:
        database.execute("PRAGMA user_version = 999")
    finding = named(found(looked_at), "file")
    assert finding.result is Result.FAILURE
    assert "newer version" in finding.found


def queue(looked_at: Case, *, hours: float) -> None:
    with opened(looked_at) as database:
        Outbox(database).put("kind", "{}", created_at=START - timedelta(hours=hours), offline=True)


def test_messages_that_wait_for_a_moment_are_well(tmp_path: Path):
    looked_at = case(tmp_path)
    queue(looked_at, hours=0.5)
    finding = named(found(looked_at), "unsent messages")
    assert (finding.result, finding.found) == (Result.OK, "1, the oldest 0 h 30 min old")


def test_messages_that_wait_for_long_are_a_warning(tmp_path: Path):
    looked_at = case(tmp_path)
    queue(looked_at, hours=30)
    assert named(found(looked_at), "unsent messages").found == "1, the oldest 30 h 0 min old"
    queue(looked_at, hours=72)
    finding = named(found(looked_at), "unsent messages")
    assert (finding.result, finding.found) == (Result.WARNING, "2, the oldest 30 h 0 min old")


def test_messages_that_were_given_up_are_a_warning(tmp_path: Path):
    looked_at = case(tmp_path)
    queue(looked_at, hours=1)
    with opened(looked_at) as database:
        Outbox(database).bury(1, "refused", START)
    finding = named(found(looked_at), "messages given up")
    assert (finding.result, finding.found) == (Result.WARNING, "1")
    assert "station letters retry" in finding.remedy


def test_records_that_were_set_aside_are_news_for_a_month(tmp_path: Path):
    looked_at = case(tmp_path)
    with opened(looked_at) as database:
        receipts = Receipts(database)
        receipts.add_rejected(1, b"old", "why", at=START - timedelta(days=31))
        assert named(found(looked_at), "records set aside").result is Result.OK
        receipts.add_rejected(1, b"new", "why", at=START)
    finding = named(found(looked_at), "records set aside")
    assert (finding.result, finding.found) == (Result.WARNING, "1 in the last 30 days")
