"""Where the station is that a command asks; found quickly, since to read all its settings takes a second."""

import argparse
import tomllib
from pathlib import Path
from typing import Final

STATE_DIR: Final = "/var/lib/station"
"""Where it is if the settings do not say (station.settings)."""


def state_dir(options: argparse.Namespace) -> Path:
    """Return the folder that is given, or the one that the settings name; SettingsError if they cannot be read."""
    if options.state_dir is not None:
        return Path(options.state_dir)
    config: Path = options.config
    try:
        named = tomllib.loads(config.read_text("utf-8"))["station"].get("state_dir", STATE_DIR)
    except (OSError, ValueError, KeyError, AttributeError):
        named = None
    if isinstance(named, str) and named:
        return config.parent / named
    from station.settings import load  # late: it says what is wrong with them

    return load(config).station.state_dir
