"""`station letters`, `station security-log` and `station certificates`."""

import argparse

from station.commands.options.place import place


def letters(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        action: argparse.ArgumentParser = actions.add_parser(name, help=text)
        place(action)
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


def security_log(show: argparse.ArgumentParser) -> None:
    place(show)
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    show.add_argument("--since", metavar="TIME", help="from this date or time (UTC) on")
    show.set_defaults(module="security_log", function="show", misuse=show.error)
    actions = show.add_subparsers(metavar="[clear]")
    clear = actions.add_parser("clear", help="forget it; the CSMS is told so; stop the station first")
    place(clear, again=True)
    clear.add_argument("--yes", action="store_true", help="do it; else it is told what would be deleted")
    clear.set_defaults(module="security_log", function="clear")


def certificates(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    list_ = actions.add_parser("list", help="what is installed, and until when; never a key")
    place(list_)
    list_.set_defaults(module="certificates", function="list_")
