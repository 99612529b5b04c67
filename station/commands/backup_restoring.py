"""Puts a backup in the place of what a state folder holds, without losing anything that only the folder has."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from station.commands.backup_archive import DATABASE, KEYS, PASSWORD, SETTINGS, WEB_ACCESS, Manifest, unpack
from station.errors import StationError, StorageError
from station.storage.carrying import is_same, take_back
from station.storage.database import COMPANIONS, Database
from station.storage.lock import NAME as LOCK
from station.storage.lock import FolderLock
from station.storage.replacing import complete, give, is_decided, make_incoming, replace_state, sync
from station.storage.undelivered import Held, Undelivered, undelivered

MEMBERS: Final = (DATABASE, KEYS, WEB_ACCESS)
"""What a state folder has, and a backup may bring."""
_COPY: Final = "copy.db"
_NOW: Final = "now.db"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done."""

    aside: Path | None
    """Where what was there before is; None if nothing was."""
    same: bool
    """The database was the one that the backup is of: what happened since is still in it."""
    pending: Undelivered
    """What the database that is there now still has for the CSMS."""
    settings: bytes | None
    """Of the backup; None if it has none."""
    password: bytes | None
    """The file with the password of the CSMS; None if the backup has none."""


def restore(file: Path, manifest: Manifest, folder: Path, *, now: datetime) -> Restored:
    """Replace the state in a folder, which is made if it is missing, by that of a backup. Raises StationError.

    The station must not run. Whatever goes wrong, and wherever the power fails, either the old state or the new one
    is there whole; the first that opens the folder then completes what was decided.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _held(folder):
            complete(folder)
            _check_room(folder, manifest)
            return _restore(file, folder, now)
    except OSError as error:
        raise StorageError(f"{error.filename or folder}: {error.strerror}; nothing was restored") from error


def _restore(file: Path, folder: Path, now: datetime) -> Restored:
    incoming = make_incoming(folder)
    try:
        unpack(file, incoming)
        settings, password = _take(incoming, SETTINGS), _take(incoming, PASSWORD)
        with Database.edit(incoming):
            pass  # it is sound, and of this version's schema now
        same = _is_same(folder, incoming)
        if same:
            _carry_on(folder, incoming)
        with Database.look(incoming) as database:
            pending = undelivered(database)
        (incoming / LOCK).unlink(missing_ok=True)
        _settle(incoming, like=folder)
        old = [name for name in _old_names() if os.path.lexists(folder / name)]
        aside = _free_name(folder, now)
        replace_state(folder, old=old, new=[name for name in MEMBERS if (incoming / name).exists()], aside=aside)
    finally:
        if not is_decided(folder):
            shutil.rmtree(incoming, ignore_errors=True)
    return Restored(folder / aside if old else None, same, pending, settings, password)


def _is_same(folder: Path, incoming: Path) -> bool:
    """Say whether the database that is there was the one of the backup; StationError if it must not be put aside."""
    if not (folder / DATABASE).exists():
        return False
    try:
        with Database.look(folder) as present, Database.look(incoming) as backup:
            if is_same(present, backup):
                return True
            held = undelivered(present)
    except StorageError as error:
        raise StorageError(f"{error}; before that it cannot be told what would be lost") from error
    if held:
        raise StationError("\n".join(_refusal(folder, held)))
    return False


def _carry_on(folder: Path, incoming: Path) -> None:
    """Put together a database of what happened here and what was set and learned in the backup."""
    (incoming / DATABASE).rename(incoming / _COPY)
    with Database.look(folder) as present:
        present.copy_to(incoming / _NOW)
    (incoming / _NOW).rename(incoming / DATABASE)
    with Database.edit(incoming) as merged:
        take_back(merged, incoming / _COPY)
    for suffix in COMPANIONS:
        (incoming / f"{_COPY}{suffix}").unlink(missing_ok=True)


def _refusal(folder: Path, held: Undelivered) -> Iterator[str]:
    yield f"{folder} holds what the CSMS has not got, and a restore would put it aside:"
    for session in held.sessions:
        yield f"  session {session.number}, transaction {session.transaction_id}: {', '.join(_lacks(session))}"
    if messages := held.messages - sum(session.messages for session in held.sessions):
        yield f"  {_count(messages, 'message')} about no session, not sent yet"
    if letters := held.letters - sum(session.letters for session in held.sessions):
        yield f"  {_count(letters, 'message')} about no session, given up (station letters list)"
    yield "Start the station and let it deliver them, see: station receipts list, station letters list."
    yield f"Or move {folder} to another place yourself, as a whole; then nothing of it will be told to the CSMS."


def _lacks(session: Held) -> Iterator[str]:
    if session.runs:
        yield "not over"
    if session.messages:
        yield f"{_count(session.messages, 'message')} not sent yet"
    if session.letters:
        yield f"{_count(session.letters, 'message')} given up"
    if session.records:
        yield f"{_count(session.records, 'signed record')} not delivered"


def _take(incoming: Path, name: str) -> bytes | None:
    path = incoming / name
    if not path.exists():
        return None
    content = path.read_bytes()
    path.unlink()
    return content


def _settle(incoming: Path, *, like: Path) -> None:
    """Have all that is new on the disk, and belong to whom the state folder belongs to."""
    for path in (incoming, *incoming.rglob("*")):
        give(path, like=like)
        if path.is_dir():
            sync(path)


def _old_names() -> tuple[str, ...]:
    # A log of the database goes before it: it must never be left beside another one.
    return (*(f"{DATABASE}{suffix}" for suffix in COMPANIONS), KEYS, WEB_ACCESS)


def _free_name(folder: Path, now: datetime) -> str:
    name = f"replaced-{now:%Y%m%dT%H%M%SZ}"
    return next(
        free for free in (name, *(f"{name}-{count}" for count in range(1, 1000))) if not (folder / free).exists()
    )


def _check_room(folder: Path, manifest: Manifest) -> None:
    needed = 3 * sum(member.size for member in manifest.members)  # what comes, what it is put together from, and logs
    free = shutil.disk_usage(folder).free
    if needed > free:
        mib = 1 << 20
        raise StorageError(f"{folder}: {needed // mib + 1} MiB are needed, {free // mib} MiB are free")


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    lock = FolderLock.take(folder)
    try:
        give(folder / LOCK, like=folder)
        yield
    finally:
        lock.release()


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
