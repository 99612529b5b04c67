"""The one SQLite file of the station: opened safely, migrated, checked, and written in transactions.

Calls are synchronous on purpose: deciding and storing cannot interleave, and a commit is short.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from station.clock import Clock
from station.errors import StorageError
from station.storage.lock import FolderLock
from station.storage.replacing import complete, is_decided

NAME = "station.db"
COMPANIONS = ("-wal", "-shm", "")
"""In this order: a write-ahead log must never be left beside another database than its own."""
CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
BUSY_TIMEOUT_MS = 2000
"""Only a command line tool that looks into the file can hold it, and briefly."""

Parameters = Sequence[Any] | dict[str, Any]


class Database:
    """A connection that owns its folder; not for use by several threads."""

    def __init__(self, connection: sqlite3.Connection, path: Path, *, lock: FolderLock | None) -> None:
        self._connection = connection
        self._lock = lock
        self.path = path
        self.set_aside: Path | None = None
        """Where a database that was corrupt was moved when this one was opened."""

    @classmethod
    def open(cls, folder: Path, clock: Clock) -> Self:
        """Open the database in `folder`, which is made if missing; raises StorageError.

        A file that is corrupt is moved aside, because it may hold bills that were not sent, and a new one begun.
        """
        _make_folder(folder)
        lock = FolderLock.take(folder)
        try:
            complete(folder)
            return cls._open_locked(folder / NAME, clock, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def look(cls, folder: Path) -> Self:
        """Open the database for reading only, beside a running station; raises StorageError."""
        if is_decided(folder):
            raise StorageError(f"the state in {folder} is being restored; start the station, it completes that")
        path = _existing(folder)
        connection = _connect(path)
        try:
            connection.execute("PRAGMA query_only = on")
            _check_is_newest(connection, path)
        except sqlite3.Error as error:
            connection.close()
            raise StorageError(f"{path} cannot be read: {error}") from error
        except BaseException:
            connection.close()
            raise
        return cls(connection, path, lock=None)

    @classmethod
    def edit(cls, folder: Path) -> Self:
        """Open the database to change it while no station runs; raises StorageError, also if there is none.

        Unlike `open` it leaves a corrupt file alone: that is found, and told, by the station.
        """
        path = folder / NAME if is_decided(folder) else _existing(folder)
        lock = FolderLock.take(folder)
        try:
            complete(folder)
            return cls(_open_sound(path), path, lock=lock)
        except sqlite3.Error as error:
            lock.release()
            raise _unusable(path, error) from error
        except BaseException:
            lock.release()
            raise

    @classmethod
    def _open_locked(cls, path: Path, clock: Clock, lock: FolderLock) -> Self:
        try:
            return cls(_open_sound(path), path, lock=lock)
        except sqlite3.Error as error:
            if _code(error) not in CORRUPT:
                raise _unusable(path, error) from error
        aside = _move_aside(path, clock.now())
        try:
            database = cls(_open_sound(path), path, lock=lock)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        database.set_aside = aside
        return database

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is executed inside as a whole, or nothing of it; raises StorageError if it cannot be stored.

        Transactions do not nest, and nothing may be awaited inside.
        """
        assert not self._is_inside(), "a transaction was begun inside another"
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._is_inside():  # a commit that failed may have rolled back by itself
                self._connection.execute("ROLLBACK")
            raise

    def together(self) -> contextlib.AbstractContextManager[None]:
        """Return a transaction, or what is a part of the one that is open."""
        return contextlib.nullcontext() if self._is_inside() else self.transaction()

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Execute one statement; it is committed at once if it stands alone. Raises StorageError."""
        try:
            return self._connection.execute(sql, parameters)
        except sqlite3.Error as error:
            raise StorageError(f"{self.path}: {error}") from error

    def copy_to(self, path: Path) -> None:
        """Copy all of it, as of one instant, into a new file of one's own; raises StorageError.

        Whoever writes to the database meanwhile goes on. The copy is checked, and on the disk when this returns.
        """
        try:
            path.touch(mode=0o600, exist_ok=False)
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy:
                self._connection.backup(copy)
                # One file, without a log beside it; whoever opens it for good changes that again.
                copy.execute("PRAGMA journal_mode = DELETE")
                (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{self.path} cannot be copied to {path}: {error}") from error
        if verdict != "ok":
            raise StorageError(f"{self.path} is damaged: {verdict}")

    def close(self) -> None:
        """Close the file and let go of the folder."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def _is_inside(self) -> bool:
        return self._connection.in_transaction

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def text_of(instant: datetime) -> str:
    """Return an aware instant as it is stored."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant_of(text: str) -> datetime:
    """Return the instant that was stored."""
    return datetime.fromisoformat(text)


def _existing(folder: Path) -> Path:
    path = folder / NAME
    if not path.exists():
        raise StorageError(f"there is no database {path}; has the station ever run with this state_dir?")
    return path


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the folder {folder} cannot be made: {error.strerror}; set station.state_dir to a folder that the user"
            " of the station may write to"
        ) from error


def _make_file(path: Path) -> None:
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise StorageError(f"{path} cannot be made: {error.strerror}") from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return connection


def _open_sound(path: Path) -> sqlite3.Connection:
    """Return a connection to a database that is whole and of the newest schema; raises sqlite3.Error."""
    if not path.exists():
        _make_file(path)
    connection = _connect(path)
    try:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise _corrupt(verdict)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = on")
        connection.execute("PRAGMA recursive_triggers = on")  # else a REPLACE deletes evidence past its trigger
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    for number, sql in _migrations()[_check_version(connection, path) :]:
        connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")


def _migrations() -> list[tuple[int, str]]:
    """Return number and text of each file `NNNN_name.sql`, in order and without gaps."""
    folder = resources.files("station.storage") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    numbered = [(int(file.name[:4]), file.read_text("utf-8")) for file in files]
    assert [number for number, _ in numbered] == list(range(1, len(numbered) + 1)), "a migration is missing"
    return numbered


def _check_version(connection: sqlite3.Connection, path: Path) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    known = len(_migrations())
    if version > known:
        raise StorageError(
            f"{path} was written by a newer version of the station (schema {version}, this one knows {known});"
            " install that version again, or move the file away"
        )
    return version


def _check_is_newest(connection: sqlite3.Connection, path: Path) -> None:
    version, known = _check_version(connection, path), len(_migrations())
    if version < known:
        raise StorageError(
            f"{path} was written by an older version of the station (schema {version}, this one knows {known});"
            " start the station once, it takes everything over"
        )


def _move_aside(path: Path, now: datetime) -> Path:
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    count = 0
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.corrupt-{stamp}-{count}")
    try:
        for suffix in COMPANIONS:
            companion = path.with_name(path.name + suffix)
            if companion.exists():
                companion.rename(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise StorageError(f"{path} is corrupt and cannot be moved to {aside}: {error.strerror}") from error
    return aside


def _corrupt(verdict: str) -> sqlite3.Error:
    error = sqlite3.DatabaseError(verdict)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code; extended codes carry it in their lowest byte."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _unusable(path: Path, error: sqlite3.Error) -> StorageError:
    return StorageError(
        f"{path} cannot be used: {error}; the folder {path.parent} must be writable for the user of the station and"
        " have free space"
    )
