"""`station web`."""

import argparse

from station.commands.options.place import place

ABOUT_PASSWORD = """Operators log in to the status page with it; whoever is logged in has to do so again. It is asked
for twice at a terminal, else it is the first line of standard input."""  # noqa: S105 it only tells of one
ABOUT_TOKEN = """A token is what one program shows instead of a password: Authorization: Bearer TOKEN. It may do what
an operator may. It is printed once, and kept nowhere."""  # noqa: S105 as above


def web(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def add(name: str, text: str, more: str | None = None) -> argparse.ArgumentParser:
        action: argparse.ArgumentParser = actions.add_parser(name, help=text, description=more)
        place(action)
        action.set_defaults(module="web", function=name)
        return action

    add("password", "set the operators' password", ABOUT_PASSWORD)
    token = add("token", "make a token for a program", ABOUT_TOKEN)
    token.add_argument("name", metavar="NAME", help="what it is for")
    token.add_argument("--read-only", action="store_true", help="it may look, and change nothing")
    add("tokens", "which tokens there are; never a token itself")
    add("revoke", "let a token count no longer").add_argument("name", metavar="NAME")
