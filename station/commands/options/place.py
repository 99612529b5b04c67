"""Where a command finds the station."""

import argparse
from pathlib import Path
from typing import Final

CONFIG: Final = Path("/etc/station/station.toml")


def place(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Let a command say where the database is; `again`: also after the name of a part of that command."""
    config, folder = (argparse.SUPPRESS, argparse.SUPPRESS) if again else (CONFIG, None)
    options = parser.add_mutually_exclusive_group()
    named = f"the station's settings ({CONFIG})"
    options.add_argument("--config", type=Path, default=config, metavar="FILE", help=named)
    told = "its state_dir, instead of the settings"
    options.add_argument("--state-dir", type=Path, default=folder, metavar="FOLDER", help=told)
