"""`station inputs`: how the contacts stand that are wired to the running station, and letting go what they held."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from station.commands import terminal
from station.commands.station_folder import state_dir
from station.commands.terminal import Cell, Styled
from station.local.client import ask

REFUSED: Final = 1
COLUMNS: Final = ("input", "meaning", "EVSEs", "counts as", "because")

View = Mapping[str, Any]
"""JSON of a station.local.views.InputView."""


def show(options: argparse.Namespace) -> int:
    """Ask the running station and print what it says; NotRunningError if there is none."""
    inputs = ask(state_dir(options), "inputs")
    if options.json:
        print(json.dumps(inputs))
    elif inputs:
        terminal.table(COLUMNS, map(tuple, map(_cells, inputs)))
    else:
        print("no input is wired: name them as [[input]] in the settings")
    return 0


def reset(options: argparse.Namespace) -> int:
    """Let latched inputs go, of one EVSE or of all; exit code 1 if there is none that can be."""
    given = {} if options.evse is None else {"evse": options.evse}
    answer = ask(state_dir(options), "reset_inputs", **given)
    print(
        answer["text"] if answer["done"] else f"station: {answer['text']}",
        file=None if answer["done"] else sys.stderr,
    )
    return 0 if answer["done"] else REFUSED


def _cells(row: View) -> Iterator[Cell]:
    yield row["name"]
    yield row["meaning"]
    yield ", ".join(map(str, row["evse_ids"]))
    active = row.get("active")
    yield "?" if active is None else Styled("active", "bad") if active else Styled("inactive", "good")
    yield row.get("text", "")
