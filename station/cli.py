"""The command line: `station COMMAND`; each command loads only what it needs."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Final, NoReturn

from station import __version__
from station.errors import StationError
from station.loading import without, without_collecting

FAILED, UNUSABLE, MISUSED = 1, 3, 64
"""Exit codes: it did not work; what it was given cannot be used; the command line is wrong. 0, 1 and 2 are a
command's own answers (`station ocmf verify`)."""

COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "run": ("options.daemon:run", "charge: the daemon, until it is told to stop"),
        "init": ("init.options:add", "set a new station up: find its devices, write settings, print labels"),
        "doctor": ("doctor.options:add", "look at everything that the station needs, and say what to do"),
        "status": ("options.onlooker:status", "what the running station sees and does"),
        "inputs": ("options.inputs:inputs", "how the contacts stand that are wired to it; reset what they held"),
        "why": ("options.onlooker:why", "why does it not charge, and what to do about it"),
        "log": ("options.onlooker:log", "the newest lines of the running station's log"),
        "model": ("options.onlooker:model", "the device model: its variables and their values"),
        "receipts": ("options.evidence:receipts", "sessions and their signed records"),
        "ocmf": ("options.evidence:ocmf", "signed records"),
        "meter": ("meter.options:add", "a meter on a serial line, without the daemon"),
        "card": ("options.card:card", "names of cards, shown in receipts"),
        "web": ("options.web:web", "who may use the status page"),
        "letters": ("options.csms:letters", "messages to the CSMS that were given up"),
        "certificates": ("options.csms:certificates", "keys and certificates of the station"),
        "security-log": ("options.csms:security_log", "what happened that matters to security"),
        "config": ("options.daemon:config", "settings files"),
        "report": ("report.options:add", "the commissioning report, and the labels"),
        "backup": ("options.backup:backup", "all that the station must not forget, in one file"),
        "restore": ("options.backup:restore", "make a station what it was when it was backed up"),
        "demo": ("options.demo:demo", "charging sessions over simulated parts, told line by line"),
    }
)
"""What adds its options to its parser, in station.commands, and what it is for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code; foreseen errors end with one clear line."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser(asked=given[0] if given else "").parse_args(given)
    try:
        with without_collecting(), without("rich"):
            command = import_module(f"station.commands.{options.module}")
        return int(getattr(command, options.function)(options))
    except StationError as error:
        print(f"station: {error}", file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:
        return FAILED
    except EOFError:
        print("station: nobody answers; what was asked for has to be typed", file=sys.stderr)
        return MISUSED
    except KeyboardInterrupt:
        return 130


class _Parser(argparse.ArgumentParser):
    """Ends with an exit code that no command gives as an answer."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(MISUSED, f"{self.prog}: {message}\n")


def _parser(*, asked: str) -> argparse.ArgumentParser:
    """Return what understands the command that is asked for, and knows the names of the others."""
    parser = _Parser(
        prog="station",
        description="Charging station controller: OCPP 2.0.1, signed metering with the BSM-WS36A.",
        epilog="Exit codes: 0 done; 1 and 2 as the command says; 3 settings, ports or folders that cannot be used;"
        " 64 a wrong command line. -h behind a command tells more.",
    )
    parser.add_argument("--version", action="version", version=f"station {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (target, text) in COMMANDS.items():
        # Every argument costs a tenth of a millisecond at every start, so the others stay without theirs.
        command = commands.add_parser(name, help=text, add_help=name == asked)
        if name == asked:
            module, _, function = target.partition(":")
            getattr(import_module(f"station.commands.{module}"), function)(command)
    return parser
