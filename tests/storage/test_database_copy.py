"""A database is copied beside who writes to it: as of one instant, whole, and for nobody else to read."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from station.errors import StorageError
from station.storage.database import NAME, Database
from station.storage.facts import Facts
from tests.fakes_clock import FakeClock


def test_a_copy_is_one_file_that_only_its_owner_reads_and_opens_like_the_first(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with Database.open(tmp_path / "state", FakeClock()) as database:
        Facts(database).put("example", "kept")
        database.copy_to(tmp_path / "copy" / NAME)
    assert [path.name for path in (tmp_path / "copy").iterdir()] == [NAME]
    assert (tmp_path / "copy" / NAME).stat().st_mode & 0o777 == 0o600
    with Database.open(tmp_path / "copy", FakeClock()) as copy:
        assert Facts(copy).get("example") == "kept"


@pytest.mark.realtime
def test_who_writes_meanwhile_goes_on_and_no_transaction_is_copied_in_half(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys\n"
        "from station.clock import SystemClock\n"
        "from station.storage.database import Database\n"
        "from station.storage.facts import Facts\n"
        "with Database.open(pathlib.Path(sys.argv[1]), SystemClock()) as database:\n"
        "    facts, number = Facts(database), 0\n"
        "    while True:\n"
        "        number += 1\n"
        "        with database.transaction():\n"
        "            facts.put('first', str(number))\n"
        "            facts.put('filler', 'x' * 9999)\n"
        "            facts.put('second', str(number))\n"
        "        print(number, flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "state")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        threading.Thread(target=writer.stdout.read, daemon=True).start()
        seen = []
        for number in range(5):
            copy = tmp_path / f"copy-{number}.db"
            with Database.look(tmp_path / "state") as database:
                database.copy_to(copy)
            connection = sqlite3.connect(copy)
            rows = connection.execute("SELECT value FROM facts WHERE name IN ('first', 'second')").fetchall()
            connection.close()
            assert len(set(rows)) == 1
            seen.append(int(rows[0][0]))
        assert writer.poll() is None
        writer.kill()
    assert seen == sorted(set(seen))


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("somebody's")
    with Database.open(tmp_path / "state", FakeClock()) as database, pytest.raises(StorageError, match="File exists"):
        database.copy_to(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "somebody's"


def test_a_database_that_is_damaged_is_found_to_be_so(tmp_path: Path) -> None:
    with Database.open(tmp_path, FakeClock()) as database:
        Facts(database).put("example", "x" * 100_000)
    path = tmp_path / NAME
    content = bytearray(path.read_bytes())
    content[-60_000:-20_000] = b"\xff" * 40_000
    path.write_bytes(content)
    with Database.look(tmp_path) as database, pytest.raises(StorageError, match=r"damaged|malformed"):
        database.copy_to(tmp_path / "copy.db")
