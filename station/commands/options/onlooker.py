"""`station status`, `why`, `log` and `model`."""

import argparse

from station.commands.options.place import place

LEVELS = ("debug", "info", "warning", "error")
LANGUAGES = ("en", "de")

STATUS = "What the station that runs now sees and does, at a glance."
WHY = """Walks the chain of what has to be right, and names the first thing that is not, and what to do about it. Exit
code 0: it charges, or waits for a driver or a vehicle only; 1: something stops it."""
LOG = """The newest lines that the running station wrote; older ones have the journal: journalctl -u station."""
NAME = """A name is written Component.Variable, of EVSE 1: EVSE#1.Power, of its connector 1:
Connector#1#1.AvailabilityState, with an instance: OCPPCommCtrlr.MessageTimeout[Default]; case does not matter."""
GET = f"{NAME} Exit code 1: it is not there, or must not be shown."
SET = f"""As the CSMS would set it: checked, kept over restarts, in force at once. {NAME} Exit code 1: refused."""
LIST = """While no station runs, what can be set is shown as it will be when one does."""


def status(parser: argparse.ArgumentParser) -> None:
    parser.description = STATUS
    _of_station(parser, "status", "show")


def why(parser: argparse.ArgumentParser) -> None:
    parser.description = WHY
    parser.add_argument("evse", nargs="?", type=int, metavar="EVSE", help="id of the EVSE; else all")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="(%(default)s)")
    _of_station(parser, "why", "explain")


def log(parser: argparse.ArgumentParser) -> None:
    parser.description = LOG
    parser.add_argument("-f", "--follow", action="store_true", help="go on with those that come, until Ctrl-C")
    parser.add_argument("--level", choices=LEVELS, default="", metavar="LEVEL", help="at least: " + ", ".join(LEVELS))
    parser.add_argument("--text", default="", metavar="TEXT", help="only lines that hold this")
    _of_station(parser, "log", "show")


def model(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    get = actions.add_parser("get", help="the value of one variable, and nothing else", description=GET)
    get.add_argument("name", metavar="NAME")
    _of_station(get, "model", "get")

    set_ = actions.add_parser("set", help="set a variable of the running station", description=SET)
    set_.add_argument("name", metavar="NAME")
    set_.add_argument("value", metavar="VALUE", help="- reads it from standard input, for what is secret")
    set_.add_argument("--yes", action="store_true", help="also what may cut the station off or change bills")
    _of_station(set_, "model", "set_")

    list_ = actions.add_parser("list", help="variables and their values", description=LIST)
    list_.add_argument("filter", nargs="?", default="", metavar="FILTER", help="only names that hold this")
    _of_station(list_, "model", "list_")


def _of_station(parser: argparse.ArgumentParser, module: str, function: str) -> None:
    place(parser)
    if function not in ("get", "set_"):
        parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    parser.set_defaults(module=module, function=function, misuse=parser.error)
