"""What the box is: a TOML file as frozen values, read once and checked as a whole.

How the station behaves is the device model's business; `[variables]` may only preset it for the first start.
"""

import tomllib
from pathlib import Path

from station.errors import SettingsError
from station.settings.checks import check
from station.settings.sections import read
from station.settings.toml_reader import Problems, Table, remedy
from station.settings.values import (
    BaySettings,
    ControllerSettings,
    CsmsSettings,
    DisplaySettings,
    EvseSettings,
    LineSettings,
    LogSettings,
    MeterSettings,
    ReaderSettings,
    ReceiptSettings,
    SecuritySettings,
    Settings,
    StationSettings,
    WebSettings,
)

__all__ = [
    "BaySettings",
    "ControllerSettings",
    "CsmsSettings",
    "DisplaySettings",
    "EvseSettings",
    "LineSettings",
    "LogSettings",
    "MeterSettings",
    "ReaderSettings",
    "ReceiptSettings",
    "SecuritySettings",
    "Settings",
    "StationSettings",
    "WebSettings",
    "load",
]


def load(path: Path) -> Settings:
    """Return what the file says; raises SettingsError that names every problem, one a line."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}{_remedy(error)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from error
    problems = Problems()
    settings = read(Table(data, "", problems), path)
    check(settings, problems)
    if problems.lines:
        raise SettingsError("\n".join(f"{path}: {line}" for line in problems.lines))
    return settings


def _remedy(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "; say --config, or let `station init` write settings"
    return remedy(error)
