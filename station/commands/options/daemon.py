"""`station run` and `station config`."""

import argparse
from pathlib import Path


def run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="settings, see config/station.toml"
    )
    parser.set_defaults(module="run", function="run")


def config(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="say whether a settings file can be used, and what is wrong")
    check.add_argument("file", type=Path, metavar="FILE", help="settings, see config/station.toml")
    check.set_defaults(module="config", function="check")
