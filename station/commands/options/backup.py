"""`station backup` and `station restore`."""

import argparse
from pathlib import Path

from station.commands.options.place import place

BACKUP = """One file with the database, the keys and certificates, the passwords of the status page and the settings;
also while the station runs. It is as secret as the station itself: who has it can pretend to be this station. What
the settings only name (a file with a password, for instance) is not in it."""
RESTORE = """Stop the station first. What somebody set or learned comes back: variables, network profiles, lists of
cards, keys, certificates, passwords. If the database here is the one that the backup is of, all that happened since
stays: receipts, sessions, messages to the CSMS. Another one is put aside as a whole, but not as long as it holds
anything that the CSMS has not got. What is put aside stays in the state folder. Settings are written where there are
none, else beside those that there are."""


def backup(parser: argparse.ArgumentParser) -> None:
    parser.description = BACKUP
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file, or a folder for one")
    place(parser)
    parser.set_defaults(module="backup", function="backup_")


def restore(parser: argparse.ArgumentParser) -> None:
    parser.description = RESTORE
    parser.add_argument("file", type=Path, metavar="FILE", help="what `station backup` wrote")
    parser.add_argument("--check", action="store_true", help="only say what is in it, and whether it is whole")
    other = "also if it is of a station with another identity"
    parser.add_argument("--other-station", action="store_true", help=other)
    place(parser)
    parser.set_defaults(module="backup", function="restore_")
