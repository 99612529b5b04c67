"""`station card`."""

import argparse

from station.commands.options.place import place

LEARN = """The next card that is held to a reader is read, shown and named, and charges nothing. The station may run;
if it does not, its readers are opened by this command. What receipts call the card is its name; the number itself is
not kept with it."""


def card(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def add(name: str, text: str, description: str | None = None) -> argparse.ArgumentParser:
        action: argparse.ArgumentParser = actions.add_parser(name, help=text, description=description)
        place(action)
        action.set_defaults(module="card", function=f"{name}_", misuse=action.error)
        return action

    learn = add("learn", "read a card, and give it a name", LEARN)
    learn.add_argument("--name", metavar="NAME", help="what to call it; else it is asked for at a terminal")
    learn.add_argument("--reader", metavar="NAME", default="", help="of the settings; else any of them")
    learn.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="for a card (%(default)g)")
    add("list", "the names that cards have")
    add("forget", "forget a name").add_argument("name", metavar="NAME")
