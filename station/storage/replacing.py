"""Replaces what a state folder holds by something else: all of it, or nothing, wherever the power fails.

A note in the folder is the decision. Before it is there the old state counts; from then on the new one does, and
whoever opens the folder next moves what is not yet in its place (`complete`). What was there is moved aside, never
deleted.
"""

import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from station.errors import StorageError

NOTE: Final = "restore.json"
INCOMING: Final = "restore-incoming"
"""Where the new state is put together; what is in it does not count before the note is there."""


def is_decided(folder: Path) -> bool:
    """Say whether the state of this folder is being replaced."""
    return (folder / NOTE).exists()


def make_incoming(folder: Path) -> Path:
    """Return an empty folder for the new state; what an attempt without a decision left there is forgotten."""
    incoming = folder / INCOMING
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(mode=0o700)
    return incoming


def replace_state(folder: Path, *, old: Collection[str], new: Collection[str], aside: str) -> None:
    """Move `old` into the folder `aside` and `new` out of `INCOMING`; the caller holds the lock. Raises OSError.

    All of them are names of files or folders in `folder`; `old` are those that are there, `aside` is not. What `new`
    names has to be on the disk.
    """
    note = {"old": list(old), "new": list(new), "aside": aside}
    unfinished = folder / f"{NOTE}.new"
    write(unfinished, json.dumps(note).encode())
    give(unfinished, like=folder)
    os.replace(unfinished, folder / NOTE)  # noqa: PTH105 one family of calls, so that a test can cut the power at each
    sync(folder)
    complete(folder)


def complete(folder: Path) -> None:
    """Do what was decided and is not done; the caller holds the lock. Raises StorageError."""
    if not is_decided(folder):
        return
    try:
        note = json.loads((folder / NOTE).read_bytes())
        _move(folder, note)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"{folder / NOTE} says that the state was being restored, and that cannot be completed: {error};"
            f" what was there before is in the folder that it names, what is to be there in {INCOMING}"
        ) from error


def _move(folder: Path, note: dict[str, Any]) -> None:
    incoming, aside = folder / INCOMING, folder / note["aside"]
    # Root may do this for a folder that is somebody else's: nothing outside of it is ever touched.
    if any(name in ("", "..") or name != Path(name).name for name in (*note["old"], *note["new"], note["aside"])):
        raise ValueError("it names what is not in this folder")
    if incoming.is_symlink() or aside.is_symlink():
        raise ValueError("a folder that it names is a link")
    if note["old"]:
        aside.mkdir(mode=0o700, exist_ok=True)
        give(aside, like=folder)
    for name in note["old"]:
        # Nothing new is moved in before all that is old is away, so what has this name is the old one. A log of the
        # database may have gone by itself, with the last command that looked into it.
        if os.path.lexists(folder / name) and not os.path.lexists(aside / name):
            os.rename(folder / name, aside / name)  # noqa: PTH104 as above
    _sync_all(aside, folder)
    for name in note["new"]:
        if os.path.lexists(incoming / name):
            os.rename(incoming / name, folder / name)  # noqa: PTH104 as above
    _sync_all(incoming, folder)
    os.unlink(folder / NOTE)  # noqa: PTH108 as above
    sync(folder)
    shutil.rmtree(incoming, ignore_errors=True)


def _sync_all(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            sync(folder)


def write(path: Path, content: bytes) -> None:
    """Write a file that nobody else can read, and have it on the disk. Raises OSError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def give(path: Path, *, like: Path) -> None:
    """Let root make something in a folder of the station's user, without taking it away from him. Raises OSError."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
