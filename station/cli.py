"""The command line: `station COMMAND`; each command loads only what it needs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from station import __version__
from station.commands.meter import options as meter_options
from station.errors import StationError
from station.loading import without, without_collecting

Commands = Any
"""argparse has no public name for what add_subparsers returns."""

FAILED, UNUSABLE, MISUSED = 1, 3, 64
"""Exit codes: it did not work; what it was given cannot be used; the command line is wrong. 0, 1 and 2 are a
command's own answers (`station ocmf verify`)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code; foreseen errors end with one clear line."""
    options = _parser().parse_args(arguments)
    try:
        with without_collecting(), without("rich"):
            command = import_module(f"station.commands.{options.module}")
        return int(getattr(command, options.function)(options))
    except StationError as error:
        print(f"station: {error}", file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:
        return FAILED
    except KeyboardInterrupt:
        return 130


class _Parser(argparse.ArgumentParser):
    """Ends with an exit code that no command gives as an answer."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(MISUSED, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="station",
        description="Charging station controller: OCPP 2.0.1, signed metering with the BSM-WS36A.",
        epilog="Exit codes: 0 done; 1 and 2 as the command says; 3 settings, ports or folders that cannot be used;"
        " 64 a wrong command line. -h behind a command tells more.",
    )
    parser.add_argument("--version", action="version", version=f"station {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _run(commands)
    _demo(commands)
    _config(commands)
    _ocmf(commands)
    _receipts(commands)
    _dead_letters(commands)
    _security_log(commands)
    _certificates(commands)
    _meter(commands)
    return parser


def _run(commands: Commands) -> None:
    run = commands.add_parser("run", help="charge: the daemon, until it is told to stop")
    run.add_argument("--config", type=Path, required=True, metavar="FILE", help="settings, see config/station.toml")
    run.set_defaults(module="run", function="run")


def _demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="charging sessions over simulated parts, told line by line")
    demo.add_argument(
        "story", nargs="?", metavar="STORY", help="one that ends with a check, or all; else one plain session"
    )
    demo.add_argument("--list", action="store_true", help="tell which stories there are, and do nothing else")
    demo.add_argument("--realtime", action="store_true", help="let the meter take its real seconds")
    demo.add_argument("--keep", action="store_true", help="stay up afterwards, for playing")
    demo.add_argument(
        "--security",
        type=int,
        choices=(1, 2, 3),
        default=1,
        help="the security profile that the CSMS leads the station to before the session (%(default)s)",
    )
    demo.add_argument(
        "--folder", type=Path, default=Path("var/demo"), metavar="FOLDER", help="where it writes (%(default)s)"
    )
    demo.set_defaults(module="demo", function="choose", misuse=demo.error)


def _config(commands: Commands) -> None:
    config = commands.add_parser("config", help="settings files").add_subparsers(required=True, metavar="ACTION")
    check = config.add_parser("check", help="say whether a settings file can be used, and what is wrong")
    check.add_argument("file", type=Path, metavar="FILE", help="settings, see config/station.toml")
    check.set_defaults(module="config", function="check")


def _ocmf(commands: Commands) -> None:
    ocmf = commands.add_parser("ocmf", help="signed records").add_subparsers(required=True, metavar="ACTION")
    verify = ocmf.add_parser(
        "verify",
        help="say whether records are genuine",
        description="Exit code 0: valid, nothing doubtful; 1: invalid or malformed; 2: valid, but doubtful.",
    )
    forms = "OCMF text, S.A.F.E. XML or Chargy JSON; - for standard input"
    verify.add_argument("file", type=Path, metavar="FILE", help=forms)
    verify.add_argument("--key", metavar="HEX|FILE", help="the meter's public key; else the one that comes along")
    verify.set_defaults(module="ocmf", function="verify")


def _receipts(commands: Commands) -> None:
    receipts = commands.add_parser("receipts", help="sessions and their signed records")
    actions = receipts.add_subparsers(required=True, metavar="ACTION")

    def add(name: str, module: str, text: str, description: str | None = None) -> argparse.ArgumentParser:
        action: argparse.ArgumentParser = actions.add_parser(name, help=text, description=description)
        _place(action)
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


def _security_log(commands: Commands) -> None:
    show = commands.add_parser("security-log", help="what happened that matters to security")
    _place(show)
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    show.add_argument("--since", metavar="TIME", help="from this date or time (UTC) on")
    show.set_defaults(module="security_log", function="show", misuse=show.error)
    actions = show.add_subparsers(metavar="[clear]")
    clear = actions.add_parser("clear", help="forget it; the CSMS is told so; stop the station first")
    _place(clear, again=True)
    clear.add_argument("--yes", action="store_true", help="do it; else it is told what would be deleted")
    clear.set_defaults(module="security_log", function="clear")


def _certificates(commands: Commands) -> None:
    certificates = commands.add_parser("certificates", help="keys and certificates of the station")
    actions = certificates.add_subparsers(required=True, metavar="ACTION")
    list_ = actions.add_parser("list", help="what is installed, and until when; never a key")
    _place(list_)
    list_.set_defaults(module="certificates", function="list_")


def _place(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Let a command say where the database is; `again`: also after the name of a part of that command."""
    config, folder = (argparse.SUPPRESS, argparse.SUPPRESS) if again else (Path("/etc/station/station.toml"), None)
    place = parser.add_mutually_exclusive_group()
    named = "the station's settings (/etc/station/station.toml)"
    place.add_argument("--config", type=Path, default=config, metavar="FILE", help=named)
    told = "its state_dir, instead of the settings"
    place.add_argument("--state-dir", type=Path, default=folder, metavar="FOLDER", help=told)


def _dead_letters(commands: Commands) -> None:
    letters = commands.add_parser("letters", help="messages to the CSMS that were given up")
    actions = letters.add_subparsers(required=True, metavar="ACTION")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        action: argparse.ArgumentParser = actions.add_parser(name, help=text)
        _place(action)
        action.set_defaults(module="letters", function=f"{name}_")
        return action

    which = "number in the list"
    add("list", "all of them")
    add("show", "one with all that it says").add_argument("number", type=int, metavar="NUMBER", help=which)
    retry = add("retry", "put into the queue again; stop the station first")
    chosen = retry.add_mutually_exclusive_group(required=True)
    chosen.add_argument("number", type=int, nargs="?", metavar="NUMBER", help=which)
    chosen.add_argument("--all", action="store_true", help="every one")
    delete = add("delete", "forget one for good; stop the station first")
    delete.add_argument("number", type=int, metavar="NUMBER", help=which)
    delete.add_argument("--yes", action="store_true", help="do it; else it is told what would be deleted")


def _meter(commands: Commands) -> None:
    meter_options.add(commands.add_parser("meter", help="a meter on a serial line, without the daemon"))
