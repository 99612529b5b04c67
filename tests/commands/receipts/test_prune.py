"""`station receipts prune`: nothing is deleted by mistake."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.cli import MISUSED, UNUSABLE
from station.commands.receipts.prune import prune_
from station.storage.database import Database
from station.storage.outbox import Outbox
from station.storage.pruning import BATCH
from station.storage.receipts import Receipts
from tests.commands.receipts.archive import BEGIN, END, OTHER_BEGIN, OTHER_END, Archive, opened

OLD, NEW = datetime.now(UTC) - timedelta(days=31), datetime.now(UTC) - timedelta(days=29)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """Session 1 is old and sent, 2 is old and not sent, 3 is not old."""
    with opened(tmp_path) as archive:
        archive.add("old", BEGIN, END, ended=OLD, sent=True)
        archive.add("unsent", OTHER_BEGIN, OTHER_END, ended=OLD)
        archive.add("new", ended=NEW)
        yield archive


def left(archive: Archive) -> list[str]:
    with Database.look(archive.folder) as database:
        return [receipt.id for receipt in Receipts(database).list()]


def test_what_would_be_deleted_is_said_beside_a_running_station_and_nothing_is(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert archive.run("prune", "--older-than", "30") == 0
    told = capsys.readouterr().out
    assert f"2 sessions ended before {(datetime.now(UTC) - timedelta(days=30)).date().isoformat()}" in told
    assert "1 session of these stay: the CSMS lacks a signature, which is nowhere but here;" in told
    assert "station receipts export keeps it, and --unsigned lets them go" in told
    assert "1 session would be deleted; stop the station and add --yes to do so" in told
    assert left(archive) == ["old", "unsent", "new"]


def test_with_yes_what_is_old_and_sent_is_deleted(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    archive.database.close()
    assert archive.run("prune", "--older-than", "30", "--yes") == 0
    assert "1 session deleted" in capsys.readouterr().out
    assert left(archive) == ["unsent", "new"]


def pruned(archive: Archive, *, yes: bool = False) -> int:
    """Prune what is older than 30 days, that included of which the CSMS lacks a signature."""
    return prune_(argparse.Namespace(older_than=30, state_dir=archive.folder, yes=yes, unsigned=True))


def test_what_the_csms_lacks_a_signature_of_is_deleted_only_if_that_is_said(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pruned(archive) == 0
    told = capsys.readouterr().out
    assert "of these stay" not in told
    assert "2 sessions would be deleted" in told
    archive.database.close()
    assert pruned(archive, yes=True) == 0
    assert "2 sessions deleted" in capsys.readouterr().out
    assert left(archive) == ["new"]


def test_what_still_waits_for_the_csms_stays_whatever_is_said(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = Outbox(archive.database).put(
        "TransactionEvent", "{}", created_at=OLD, offline=True, transaction_id="unsent"
    )
    assert pruned(archive) == 0
    told = capsys.readouterr().out
    assert "1 session of these stay: the CSMS has not been told everything of them" in told
    assert "1 session would be deleted" in told
    Outbox(archive.database).bury(waits, "InternalError", OLD)
    archive.database.close()
    assert pruned(archive, yes=True) == 0
    assert left(archive) == ["unsent", "new"]


def test_more_than_one_commit_takes_is_deleted_at_once(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    with archive.database.transaction():
        for number in range(BATCH):
            archive.add(f"more-{number}", ended=OLD)
    archive.database.close()
    archive.run("prune", "--older-than", "30", "--yes")
    assert f"{BATCH + 1} sessions deleted" in capsys.readouterr().out
    assert left(archive) == ["unsent", "new"]


def test_nothing_is_deleted_under_a_running_station(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    assert archive.run("prune", "--older-than", "30", "--yes") == UNUSABLE
    assert "is in use by the station that runs" in capsys.readouterr().err
    assert left(archive) == ["old", "unsent", "new"]


def test_a_corrupt_database_is_not_moved_away_by_a_tool(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the sessions are it is whole; the station will find the rest."""
    page = archive.database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'tokens'").fetchone()[0]
    archive.database.close()
    file = archive.folder / "station.db"
    content = bytearray(file.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    file.write_bytes(content)
    assert archive.run("prune", "--older-than", "30", "--yes") == UNUSABLE
    assert "station.db cannot be used" in capsys.readouterr().err
    assert list(archive.folder.glob("*corrupt*")) == []


def test_that_there_is_nothing_to_delete_is_said(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    assert archive.run("prune", "--older-than", "32", "--yes") == 0
    told = capsys.readouterr().out
    assert told.startswith("0 sessions ended before ")
    assert told.endswith("\nnothing to delete\n")


@pytest.mark.parametrize("days", ["-1", "36501"])
def test_only_days_that_can_be_meant_are_taken(
    archive: Archive, capsys: pytest.CaptureFixture[str], days: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        archive.run("prune", "--older-than", days, "--yes")
    assert ended.value.code == MISUSED
    assert f"--older-than {days}: 0 to 36500 days are allowed" in capsys.readouterr().err


def test_without_days_nothing_is_guessed(archive: Archive) -> None:
    with pytest.raises(SystemExit) as ended:
        archive.run("prune", "--yes")
    assert ended.value.code == MISUSED
