"""`station ocmf` and `station receipts`."""

import argparse
from pathlib import Path

from station.commands.options.place import place


def ocmf(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser(
        "verify",
        help="say whether records are genuine",
        description="Exit code 0: valid, nothing doubtful; 1: invalid or malformed; 2: valid, but doubtful.",
    )
    forms = "OCMF text, S.A.F.E. XML or Chargy JSON; - for standard input"
    verify.add_argument("file", type=Path, metavar="FILE", help=forms)
    verify.add_argument("--key", metavar="HEX|FILE", help="the meter's public key; else the one that comes along")
    verify.set_defaults(module="ocmf", function="verify")


def receipts(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def add(name: str, module: str, text: str, description: str | None = None) -> argparse.ArgumentParser:
        action: argparse.ArgumentParser = actions.add_parser(name, help=text, description=description)
        place(action)
        action.set_defaults(module=module, function=f"{name}_", misuse=action.error)
        return action

    which = "number in the list, or transaction id"
    add("list", "receipts.sessions", "all sessions")
    add("show", "receipts.sessions", "one session").add_argument("number", metavar="NUMBER|ID", help=which)
    add("rejected", "receipts.sessions", "records that were set aside and not reported")
    export = add("export", "receipts.export", "one session for transparency software, or sessions as a table")
    export.add_argument("number", nargs="?", metavar="NUMBER|ID", help=f"{which}; csv: else all")
    export.add_argument("--format", choices=("safe-xml", "chargy", "csv"), default="safe-xml", help="(%(default)s)")
    export.add_argument("--output", type=Path, metavar="FILE", help="else standard output")
    verify = add(
        "verify",
        "receipts.verify",
        "say whether what is stored is genuine and whole",
        "Exit code 0: valid, nothing doubtful; 1: something is invalid; 2: something is doubtful.",
    )
    verify.add_argument("number", nargs="?", metavar="NUMBER|ID", help=f"{which}; else all, and what is missing")
    prune = add("prune", "receipts.prune", "delete old sessions, if the CSMS has everything of them")
    prune.add_argument("--older-than", type=int, required=True, metavar="DAYS", help="since they ended")
    prune.add_argument("--unsigned", action="store_true", help="also those of which the CSMS lacks a signature")
    prune.add_argument("--yes", action="store_true", help="do it; else it is told what would be deleted")
