"""`station log`: what the running station wrote last, and what it writes next."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from station.commands import terminal
from station.commands.station_folder import state_dir
from station.commands.terminal import Styled
from station.local.client import NotRunningError, ask, stream

ENDED: Final = 1
STYLES: Final = {"debug": "dim", "warning": "warn", "error": "bad", "critical": "bad"}
JOURNAL: Final = "journalctl -u station"


def show(options: argparse.Namespace) -> int:
    """Print the lines that are kept, and with `follow` those that come until the station ends; oldest first."""
    try:
        for line in _lines(options):
            if options.json:
                print(json.dumps(line), flush=True)
            else:
                _print(line)
                sys.stdout.flush()
    except NotRunningError as error:
        raise NotRunningError(f"{error}; what it wrote: {JOURNAL}") from error
    if options.follow:
        print("station: the station ended", file=sys.stderr)
        return ENDED
    print(f"station: older lines, if the station is a service: {JOURNAL}", file=sys.stderr)
    return 0


def _lines(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    folder, wanted = state_dir(options), {"level": options.level, "text": options.text}
    if options.follow:
        yield from stream(folder, "follow", after=0, **wanted)
    else:
        yield from ask(folder, "events", **wanted)["events"]


def _print(line: Mapping[str, Any]) -> None:
    level = line["level"]
    fields = " ".join(f"{name}={_value(value)}" for name, value in line["fields"].items())
    event = Styled(f"{line['event']:28}", STYLES.get(level, "strong"))
    terminal.say(Styled(line["at"], "dim"), Styled(f"{level:8}", STYLES.get(level, "")), event, fields)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
