"""What is put into the folder: settings that are never written over, and what is nobody else's business."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from station.commands.doctor.permissions import User
from station.core.datatypes import InvalidValueError, Password
from station.errors import SettingsError, StationError
from station.pki import files
from station.settings import Settings, load

NAME: Final = "station.toml"
TRY: Final = ".station.toml.try"
OPEN_FOLDER: Final = 0o755
READABLE: Final = 0o644
"""Whatever the umask of whoever calls: the station is somebody else, and has to read its settings."""
PASSWORD_BYTES: Final = 24
"""Of a password that is made; 32 characters."""


def refuse_to_overwrite(folder: Path, *, force: bool) -> None:
    """Raise StationError if there are settings already."""
    if (folder / NAME).exists() and not force:
        raise StationError(
            f"{folder / NAME} is there already, and is not written over; edit it, or say --force, which keeps it"
            " under another name"
        )


def may_write(folder: Path) -> None:
    """Raise StationError if this user cannot write there: before anybody answers a dozen questions for nothing."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        why = " by this user; be root (sudo)" if os.geteuid() else ": it is read-only; make it writable"
        raise StationError(f"{folder} cannot be written{why}, or name another --folder")


def folder(path: Path) -> None:
    """Make a folder that everybody can look into, if it is not there."""
    with _told(path):
        if not path.is_dir():
            path.mkdir(parents=True)
            path.chmod(OPEN_FOLDER)


def settings(folder: Path, text: str, *, force: bool) -> Settings:
    """Write the settings if they can be used, and return them; SettingsError says what is wrong with them."""
    path, tried = folder / NAME, folder / TRY
    with _told(folder):
        tried.write_text(text, "utf-8")
        try:
            load(tried)
        except SettingsError as error:
            raise SettingsError(str(error).replace(str(tried), NAME)) from error
        finally:
            tried.unlink()
        if force and path.exists():
            path.rename(path.with_name(f"{NAME}.{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"))
        with path.open("x", encoding="utf-8") as file:  # whoever came first keeps his
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(READABLE)
    return load(path)


def password(path: Path, given: str, owner: User) -> str:
    """Write the password of the CSMS for the station alone; return one that was made, else nothing."""
    if not given and path.exists():
        return ""  # of an earlier try: the CSMS may know it already
    made = "" if given else secrets.token_urlsafe(PASSWORD_BYTES)
    if given:
        _check(given)
    with _told(path):
        files.write(path, f"{given or made}\n")
        give(path, owner)
    return made


def state_folder(folder: Path, owner: User) -> None:
    """Make the state folder, for the station alone, if it is not there."""
    with _told(folder):
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            give(folder, owner)


def give(path: Path, owner: User) -> None:
    """Let a file belong to the station's user, where only root could have made it for him."""
    if os.geteuid() == 0 and owner.uid != 0:
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)


def _check(given: str) -> None:
    try:
        Password().parse(given)
    except InvalidValueError as error:
        raise StationError(f"the password of the CSMS: {error}; 16 to 64 printable characters are allowed") from error


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise StationError(f"{error.filename} has just been written by somebody else") from error
    except OSError as error:
        raise StationError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
