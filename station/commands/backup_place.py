"""Where a station keeps what a backup holds, as far as its settings tell, even if they cannot be used as they are."""

import argparse
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from station.errors import SettingsError, StorageError
from station.storage.database import NAME

STATE_DIR: Final = "/var/lib/station"
"""Where it is if the settings do not say."""


@dataclass(frozen=True, slots=True)
class Told:
    """What of settings is needed here."""

    identity: str
    state_dir: Path
    named_files: tuple[Path, ...]
    """Files that the settings name, and that are there."""
    password_file: Path | None = None
    """Where they keep the password of the CSMS, if it is in a file; whether that is there or not."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this station's things are."""

    state_dir: Path
    settings: Path | None
    """None if only the state folder was named."""
    told: Told | None
    """None if there are no settings there."""


def place_of(options: argparse.Namespace) -> Place:
    """Return what the command line names.

    SettingsError if the settings are not there or no TOML, StorageError if this user may not look into the folder.
    """
    if options.state_dir is not None:
        place = Place(Path(options.state_dir), None, None)
    else:
        told = read_settings(options.config)
        place = Place(told.state_dir, options.config, told)
    try:
        (place.state_dir / NAME).exists()
    except PermissionError as error:
        raise StorageError(f"{place.state_dir} may not be read; be root, or the station's user") from error
    return place


def read_settings(path: Path) -> Told:
    """Return what a settings file tells; SettingsError if it cannot be read."""
    try:
        return told_by(path.read_bytes(), path)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}; say --config or --state-dir") from error


def told_by(content: bytes, path: Path) -> Told:
    """Return what settings tell that are at `path`, or will be; SettingsError if they are no TOML."""
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except ValueError as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from error
    station = data.get("station")
    station = station if isinstance(station, dict) else {}
    csms = data.get("csms")
    password_file = csms.get("password_file") if isinstance(csms, dict) else None
    files = (path.parent / text for text in _texts(data))
    return Told(
        identity=str(station.get("identity", "")),
        state_dir=path.parent / str(station.get("state_dir", STATE_DIR)),
        named_files=tuple(file for file in dict.fromkeys(files) if _is_file(file)),
        password_file=path.parent / password_file if isinstance(password_file, str) and password_file else None,
    )


def _texts(data: Any) -> Iterator[str]:
    match data:
        case str():
            yield data
        case dict():
            for value in data.values():
                yield from _texts(value)
        case list():
            for value in data:
                yield from _texts(value)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
