"""`station inputs`."""

import argparse

from station.commands.options.place import place

RESET = """What was active and is so no more, but stays until somebody resets it (`latch` in the settings), is let go:
an emergency stop that was released, for instance. What is still active stays. Exit code 1: there is nothing to do."""


def inputs(show: argparse.ArgumentParser) -> None:
    place(show)
    show.add_argument("--json", action="store_true", help="as JSON, for programs")
    show.set_defaults(module="inputs", function="show", misuse=show.error)
    actions = show.add_subparsers(metavar="[reset]")
    reset = actions.add_parser("reset", help="let go what was active and is so no more", description=RESET)
    place(reset, again=True)
    reset.add_argument("evse", nargs="?", type=int, metavar="EVSE", help="id of the EVSE; else all")
    reset.set_defaults(module="inputs", function="reset")
