"""`station backup` and `station restore`: all that a station must not lose, in one file and back."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from station import __version__
from station.clock import SystemClock
from station.commands import terminal
from station.commands.backup_archive import (
    DATABASE,
    KEYS,
    PASSWORD,
    SETTINGS,
    WEB_ACCESS,
    Content,
    Manifest,
    check,
    is_member,
    pack,
    read_small,
)
from station.commands.backup_place import Place, Told, place_of, told_by
from station.commands.backup_restoring import Restored, restore
from station.errors import SettingsError, StationError
from station.storage.database import COMPANIONS, Database
from station.storage.lock import NAME as LOCK
from station.storage.replacing import INCOMING, NOTE, give, sync, write

ATTEMPTS: Final = 5
"""Keys change a few times a year."""
OF_NO_USE: Final = frozenset({LOCK, NOTE, INCOMING, "control.sock", *(f"{DATABASE}{one}" for one in COMPANIONS)})
"""What a state folder has beside its members, and nobody will miss."""
WARNING: Final = "It holds keys and passwords: who has it can pretend to be this station."


def backup_(options: argparse.Namespace) -> int:
    """Save the state and the settings, also beside a running station."""
    place, now = place_of(options), SystemClock().now()
    identity = place.told.identity if place.told else ""
    file: Path = options.file
    if not file.parent.is_dir():
        raise StationError(f"there is no folder {file.parent} to write {file.name} to; make it, or name another one")
    try:
        if file.is_dir():
            file /= f"station-{identity or 'backup'}-{now:%Y%m%dT%H%M%SZ}.tar.gz"
        if file.exists():
            raise StationError(f"{file} is there already; a backup never replaces another, choose another name")
        with tempfile.TemporaryDirectory(prefix=".station-backup-", dir=file.parent) as scratch:
            packed = Path(scratch) / "backup"
            contents = _contents(place, Path(scratch) / DATABASE)
            manifest = pack(packed, contents, version=__version__, created_at=now, identity=identity)
            if check(packed) != manifest:
                raise StationError(f"{file.parent} did not keep what was written; the medium may be broken")
            packed.rename(file)
        sync(file.parent)
    except OSError as error:
        raise StationError(f"{error.filename or file} cannot be written: {error.strerror}") from error
    terminal.fields([("backup", f"{file}, verified"), *_described(manifest), *_left_out(place)])
    terminal.say(terminal.Styled(WARNING, "warn"))
    if file.stat().st_mode & 0o077:
        terminal.say(terminal.Styled("This file system lets others read it as well.", "bad"))
    return 0


def restore_(options: argparse.Namespace) -> int:
    """Bring back a state, and settings where there are none; the station has to be stopped."""
    manifest = check(options.file)
    if options.check:
        terminal.fields([("backup", f"{options.file}, whole"), *_described(manifest)])
        return 0
    place = _target(options, manifest)
    if not options.other_station:
        _check_identity(manifest, place.told)
    restored = restore(options.file, manifest, place.state_dir, now=SystemClock().now())
    terminal.fields([("restored", str(place.state_dir)), *_described(manifest), *_came(restored)])
    try:
        for line in (*_settings(place, restored.settings), *_password(place, restored)):
            terminal.say(line)
    except OSError as error:
        told = f"the settings cannot be put to {error.filename}: {error.strerror}; all else is restored"
        raise StationError(told) from error
    return 0


def _contents(place: Place, copy: Path) -> dict[str, Content]:
    """Return what goes into the backup; keys and database are of one time."""
    for _ in range(ATTEMPTS):
        before = _key_files(place.state_dir)
        copy.unlink(missing_ok=True)
        with Database.look(place.state_dir) as database:
            database.copy_to(copy)
        keys = {name: path.read_bytes() for name, (path, *_) in before.items() if path.exists()}
        if _key_files(place.state_dir) == before:
            break
    else:
        raise StationError(f"{place.state_dir / KEYS} changes all the time; try again later")
    contents: dict[str, Content] = {DATABASE: copy, **keys}
    password = place.told.password_file if place.told else None
    others = ((WEB_ACCESS, place.state_dir / WEB_ACCESS), (SETTINGS, place.settings), (PASSWORD, password))
    for name, path in others:
        if path is not None and path.exists():
            contents[name] = path.read_bytes()
    return contents


def _key_files(state_dir: Path) -> dict[str, tuple[Path, int, int, int]]:
    """Return the files of the key store by their names in the backup, with what changes when they do."""
    found = {path.relative_to(state_dir).as_posix(): path for path in sorted((state_dir / KEYS).glob("*/*"))}
    kept = {name: (path, path.stat()) for name, path in found.items() if is_member(name) and path.is_file()}
    return {name: (path, stat.st_ino, stat.st_mtime_ns, stat.st_size) for name, (path, stat) in kept.items()}


def _described(manifest: Manifest) -> Iterator[tuple[str, str]]:
    of = f"station {manifest.identity}" if manifest.identity else "a station"
    yield "of", f"{of}, {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC, version {manifest.version}"
    size = sum(member.size for member in manifest.members if member.name == DATABASE)
    yield "database", f"{size // 1024} KiB"
    yield "keys", f"{len(manifest.keys)} files"
    yield "passwords", "of the status page" if manifest.has(WEB_ACCESS) else "none of the status page"
    yield "settings", "yes" if manifest.has(SETTINGS) else "no"


def _left_out(place: Place) -> Iterator[tuple[str, str]]:
    """Yield what the station has, and the backup has not."""
    taken = {*OF_NO_USE, KEYS, WEB_ACCESS}
    for path in sorted(place.state_dir.iterdir()):
        if path.name not in taken:
            yield "not in it", str(path)
    for path in place.told.named_files if place.told else ():
        if place.told and path == place.told.password_file:
            continue
        yield "not in it", f"{path}, which the settings name: keep a copy of it too"


def _target(options: argparse.Namespace, manifest: Manifest) -> Place:
    """Return where to restore to: by the settings that are there, or else by those of the backup."""
    if options.state_dir is not None or options.config.exists():
        return place_of(options)
    if not manifest.has(SETTINGS):
        raise SettingsError(f"there is no {options.config}, nor are there settings in the backup; say --state-dir")
    told = told_by(read_small(options.file, SETTINGS), options.config)
    return Place(told.state_dir, options.config, None)


def _check_identity(manifest: Manifest, told: Told | None) -> None:
    if told and manifest.identity and told.identity and told.identity != manifest.identity:
        raise StationError(
            f"this is a backup of station {manifest.identity}, and the settings here are of {told.identity};"
            " is it the right file? --other-station restores it all the same"
        )


def _came(restored: Restored) -> Iterator[tuple[str, str]]:
    if restored.same:
        yield "kept", "all that happened since: receipts, sessions, messages to the CSMS"
    elif restored.pending.messages:
        yield "to send", f"{restored.pending.messages} messages; those that were sent since are sent once more"
    for session in restored.pending.sessions:
        if session.runs:
            yield "not over", f"session {session.number}; the station ends it when it starts"
    if restored.aside:
        yield "put aside", f"{restored.aside}; delete it when all is well"


def _settings(place: Place, settings: bytes | None) -> Iterator[str]:
    """Put the settings in their place if there are none, or beside those that there are; yield what was done."""
    path = place.settings
    if path is None or settings is None:
        return
    if path.exists():
        if path.read_bytes() == settings:
            yield f"The settings in {path} are those of the backup."
            return
        other = path.with_name(f"{path.name}.restored")
        _write(other, settings, like=place.state_dir)
        yield f"The settings in {path} are others than those of the backup, which are now in {other}."
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, settings, like=place.state_dir)
        yield f"The settings of the backup are now in {path}; see whether they fit here: station config check {path}"


def _password(place: Place, restored: Restored) -> Iterator[str]:
    """Put the password of the CSMS where the settings of the backup name it, unless there is one; yield that."""
    if place.settings is None or restored.settings is None or restored.password is None:
        return
    path = told_by(restored.settings, place.settings).password_file
    if path is not None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, restored.password, like=place.state_dir)
        yield f"The password of the CSMS is now in {path}."


def _write(path: Path, content: bytes, *, like: Path) -> None:
    unfinished = path.with_name(f"{path.name}.new")
    write(unfinished, content)
    give(unfinished, like=like)
    os.replace(unfinished, path)  # noqa: PTH105 beside the calls that it goes with
    sync(path.parent)
