"""`station model get`, `set` and `list`: the device model of the running station, or what is stored of it."""

import argparse
import getpass
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from station.commands import terminal
from station.commands.station_folder import state_dir
from station.commands.terminal import Column, Styled
from station.local.client import NotRunningError, ask

if TYPE_CHECKING:
    from station.core.device_model import DeviceModel

REFUSED: Final = 1
ON_STANDARD_INPUT: Final = "-"
READ_ONLY, WRITE_ONLY = "ReadOnly", "WriteOnly"
COLUMNS: Final = (Column("variable"), Column("value"), Column("unit"), Column("access"), Column("type"))
LONGEST_SHOWN: Final = 60
MOST_MEANT: Final = 5
"""Names that are offered for one that is none."""

Row = Mapping[str, Any]
"""JSON of a station.local.views.VariableView."""


def get(options: argparse.Namespace) -> int:
    """Print the value of one variable, and nothing else."""
    rows, runs = _rows(options, options.name)
    row = next((row for row in rows if row["name"].lower() == options.name.lower()), None)
    if row is None:
        why = "" if runs else ", or only a station that runs knows it"
        return _refuse(f"there is no variable {options.name}{why}; {_meant(rows)}")
    if row["mutability"] == WRITE_ONLY:
        return _refuse(f"{row['name']} can be set, and is shown to nobody")
    print(row["value"])
    return 0


def set_(options: argparse.Namespace) -> int:
    """Set a variable of the running station; NotRunningError if there is none."""
    value = _secret() if options.value == ON_STANDARD_INPUT else options.value
    answer = ask(state_dir(options), "set_variable", name=options.name, value=value, confirmed=options.yes)
    if answer["done"]:
        print(answer["text"])
        return 0
    return _refuse(f"{answer['text']}{'; add --yes to do so' if answer['needs_confirmation'] else ''}")


def list_(options: argparse.Namespace) -> int:
    """Print the variables whose name holds a text."""
    rows, runs = _rows(options, options.filter)
    if options.json:
        print(json.dumps(rows))
        return 0
    if rows:
        terminal.table(COLUMNS, [_cells(row) for row in rows])
    else:
        print(f"station: no name of a variable holds {options.filter}", file=sys.stderr)
    if not runs:
        print("station: no station runs: this is what can be set, as one that starts will have it", file=sys.stderr)
    return 0


def _meant(rows: Sequence[Row]) -> str:
    """Return what to try instead of a name that is none, of those that hold it."""
    if 0 < len(rows) <= MOST_MEANT:
        return f"there is {', '.join(row['name'] for row in rows)}"
    return "see: station model list"


def _rows(options: argparse.Namespace, text: str) -> tuple[Sequence[Row], bool]:
    """Return the rows whose name holds a text, and whether they are those of a station that runs."""
    folder = state_dir(options)
    try:
        return ask(folder, "variables", text=text), True
    except NotRunningError:
        if options.state_dir is not None:
            raise  # which rows there are stands in the settings
    return _stored(options.config, folder, text), False


def _stored(config: Path, folder: Path, text: str) -> list[Row]:
    """Return what can be set, as settings and database have it: what is measured or seen only a station knows."""
    from station.core.documents import to_document
    from station.local.variables import variable_views

    views = variable_views(_model(config, folder), text)
    return [to_document(view) for view in views if view.mutability != READ_ONLY]


def _model(config: Path, folder: Path) -> "DeviceModel":
    """Return the model as a station would begin with it."""
    from station.core.device_model import DeviceModel, rows_for
    from station.device_facts import evse_facts
    from station.settings import load
    from station.storage.database import NAME, Database
    from station.storage.variables import Variables

    settings, stored = load(config), {}
    if (folder / NAME).exists():
        with Database.look(folder) as database:
            stored = Variables(database).all()
    rows = rows_for(evse_facts(settings), vendors=settings.vendors)
    return DeviceModel(rows, stored=stored, presets=settings.variables, save=lambda _address, _text: None)


def _cells(row: Row) -> tuple[str | Styled, ...]:
    access = {"ReadWrite": "read, write", READ_ONLY: "read", WRITE_ONLY: "write"}[row["mutability"]]
    value = row["value"]
    shown = value if len(value) <= LONGEST_SHOWN else f"{value[: LONGEST_SHOWN - 3]}..."
    return row["name"], Styled(shown, "strong"), row["unit"], access, row["data_type"]


def _secret() -> str:
    """Return a value that shall stand neither in the history of a shell nor in the list of processes."""
    if sys.stdin.isatty():
        return getpass.getpass("value: ")
    return sys.stdin.readline().rstrip("\n")


def _refuse(why: str) -> int:
    print(f"station: {why}", file=sys.stderr)
    return REFUSED
