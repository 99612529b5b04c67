"""The database is opened whole or not at all, and never thrown away."""

import os
import subprocess
import sys

import pytest

from station.errors import StorageError
from station.storage.database import NAME, Database, instant_of, text_of
from station.storage.sessions import Sessions
from tests.fakes_clock import START, FakeClock


def opened(folder):
    return Database.open(folder, FakeClock())


@pytest.mark.ocpp("A01.FR.10")
def test_the_folder_is_made_for_its_user_alone(tmp_path):
    folder = tmp_path / "var" / "station"
    with opened(folder):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / NAME).stat().st_mode & 0o777 == 0o600


def test_what_was_stored_is_there_after_opening_again(tmp_path):
    with opened(tmp_path) as database:
        Sessions(database).save(1, "{}")
    with opened(tmp_path) as database:
        assert Sessions(database).load(1) == "{}"
        assert database.set_aside is None


def test_the_database_is_written_ahead_and_synced_at_each_commit(tmp_path):
    with opened(tmp_path) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA foreign_keys").fetchone() == (1,)


def fail_after(change):
    change()
    raise ZeroDivisionError


def test_a_transaction_is_stored_as_a_whole(tmp_path):
    with opened(tmp_path) as database:
        sessions = Sessions(database)
        with pytest.raises(ZeroDivisionError), database.transaction():
            fail_after(lambda: sessions.save(1, "lost"))
        with database.transaction():
            sessions.save(2, "kept")
        assert sessions.load(1) is None
        assert sessions.load(2) == "kept"


def test_what_was_not_committed_is_gone_after_a_power_cut(tmp_path):
    """The other process is killed in mid-transaction, after a commit."""
    script = (
        "import os, pathlib, signal, sys\n"
        "from station.clock import SystemClock\n"
        "from station.storage.database import Database\n"
        "from station.storage.sessions import Sessions\n"
        "database = Database.open(pathlib.Path(sys.argv[1]), SystemClock())\n"
        "sessions = Sessions(database)\n"
        "with database.transaction(): sessions.save(1, 'committed')\n"
        "with database.transaction():\n"
        "    sessions.save(1, 'not committed')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert killed.returncode == -9
    with opened(tmp_path) as database:
        assert Sessions(database).load(1) == "committed"
        assert database.set_aside is None


def test_transactions_do_not_nest(tmp_path):
    with (
        opened(tmp_path) as database,
        database.transaction(),
        pytest.raises(AssertionError, match="inside another"),
        database.transaction(),
    ):
        pass


def test_after_a_transaction_that_failed_the_next_one_works(tmp_path):
    with opened(tmp_path) as database:
        with pytest.raises(StorageError, match="no such table"), database.transaction():
            database.execute("INSERT INTO nowhere VALUES (1)")
        with database.transaction():
            Sessions(database).save(1, "{}")


def test_a_second_station_is_told_who_holds_the_folder(tmp_path):
    with opened(tmp_path), pytest.raises(StorageError, match=rf"{tmp_path} is in use .* process {os.getpid()}; stop"):
        opened(tmp_path)
    opened(tmp_path).close()


def test_a_station_that_failed_to_open_leaves_the_folder_free(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(StorageError):
        opened(tmp_path)
    (tmp_path / NAME).rmdir()
    opened(tmp_path).close()


def corrupt_beginning(path):
    path.write_bytes(b"this is not a database" * 300)


def corrupt_middle(path):
    content = bytearray(path.read_bytes())
    content[4096:12288] = os.urandom(8192)
    path.write_bytes(content)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:6000])


@pytest.mark.parametrize("damage", [corrupt_beginning, corrupt_middle, cut_off])
def test_a_corrupt_database_is_moved_aside_and_a_new_one_begun(tmp_path, damage):
    with opened(tmp_path) as database:
        for number in range(50):
            Sessions(database).save(number, "x" * 500)
    damage(tmp_path / NAME)
    damaged = (tmp_path / NAME).read_bytes()
    with opened(tmp_path) as database:
        aside = tmp_path / f"{NAME}.corrupt-{START:%Y%m%dT%H%M%SZ}"
        assert database.set_aside == aside
        assert aside.read_bytes() == damaged
        assert Sessions(database).load(1) is None
        Sessions(database).save(1, "new")


def test_what_stood_in_the_log_of_a_corrupt_database_is_kept_with_it_and_not_taken_for_the_new_ones(tmp_path):
    opened(tmp_path).close()
    with opened(tmp_path) as database:
        Sessions(database).save(1, "in the log")
        copy = {suffix: (tmp_path / (NAME + suffix)).read_bytes() for suffix in ("", "-wal", "-shm")}
    assert b"in the log" in copy["-wal"]
    assert b"in the log" not in copy[""]
    for suffix, content in copy.items():
        (tmp_path / (NAME + suffix)).write_bytes(content if suffix else b"not a database at all" * 300)
    with opened(tmp_path) as database:
        aside = list(tmp_path.glob(f"{NAME}.corrupt-*"))
        assert database.set_aside in aside
        assert any(b"in the log" in file.read_bytes() for file in aside)
        assert Sessions(database).load(1) is None


def test_two_corrupt_databases_of_one_second_are_both_kept(tmp_path):
    for _ in range(2):
        (tmp_path / NAME).write_bytes(b"this is not a database" * 300)
        opened(tmp_path).close()
    assert len(list(tmp_path.glob(f"{NAME}.corrupt-*"))) == 2


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    with opened(tmp_path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match=r"newer version of the station \(schema 99, .* \d+\); install"):
        opened(tmp_path)
    assert list(tmp_path.glob("*corrupt*")) == []


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"folder .*/file/state cannot be made: .*; set station\.state_dir"):
        opened(tmp_path / "file" / "state")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match=r"station\.lock cannot be written: .*; give the folder"):
        opened(tmp_path)


def test_a_file_that_cannot_be_used_is_not_called_corrupt(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(StorageError, match=r"station\.db cannot be used: unable to open .* free space"):
        opened(tmp_path)


def test_a_tool_can_look_while_the_station_runs_but_not_write(tmp_path):
    with opened(tmp_path) as database:
        Sessions(database).save(1, "{}")
        with Database.look(tmp_path) as looked:
            assert Sessions(looked).load(1) == "{}"
            with pytest.raises(StorageError, match="readonly"):
                Sessions(looked).save(1, "changed")
        Sessions(database).save(1, "the station goes on")


def test_a_tool_can_write_while_no_station_runs(tmp_path):
    opened(tmp_path).close()
    with Database.edit(tmp_path) as database:
        Sessions(database).save(1, "{}")
        with pytest.raises(StorageError, match="is in use by the station that runs"):
            opened(tmp_path)
    with opened(tmp_path) as database:
        assert Sessions(database).load(1) == "{}"


def test_a_tool_does_not_write_while_the_station_runs(tmp_path):
    with opened(tmp_path), pytest.raises(StorageError, match=rf"process {os.getpid()}; stop it first"):
        Database.edit(tmp_path)


def test_a_tool_that_may_not_write_to_a_database_leaves_the_folder_free(tmp_path):
    with opened(tmp_path) as database:
        database.execute("PRAGMA user_version = 99")
    for _ in range(2):
        with pytest.raises(StorageError, match="newer version of the station"):
            Database.edit(tmp_path)


def test_a_tool_neither_makes_a_database_nor_moves_one_away(tmp_path):
    with pytest.raises(StorageError, match="there is no database"):
        Database.edit(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / NAME).write_bytes(b"this is not a database" * 300)
    with pytest.raises(StorageError, match=r"station\.db cannot be used: file is not a database"):
        Database.edit(tmp_path)
    assert list(tmp_path.glob("*corrupt*")) == []
    with opened(tmp_path) as database:
        assert database.set_aside is not None


def test_looking_at_what_is_no_database_says_so_and_leaves_it_alone(tmp_path):
    (tmp_path / NAME).write_bytes(b"this is not a database" * 300)
    with pytest.raises(StorageError, match=r"station\.db cannot be read: file is not a database"):
        Database.look(tmp_path)
    assert (tmp_path / NAME).exists()


def test_looking_where_no_station_ever_ran_says_so(tmp_path):
    with pytest.raises(StorageError, match="has the station ever run"):
        Database.look(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_instants_are_stored_in_utc_and_sort_as_they_follow():
    earlier, later = START, START.replace(microsecond=1)
    assert instant_of(text_of(later)) == later
    assert text_of(earlier) < text_of(later)
    assert text_of(earlier) == "2026-12-01T12:00:00.000000+00:00"
