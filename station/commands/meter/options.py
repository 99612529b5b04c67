"""What may be said to `station meter`; loads nothing else, because every start of the program reads it."""

import argparse
import math
from pathlib import Path
from typing import Any

SWITCHING_KINDS = ("turn-on", "turn-off")
KINDS = ("current", "start", "end", *SWITCHING_KINDS)
PARITIES = ("even", "odd", "none")
FASTEST_S = 0.2
"""Reading once takes 72 ms at 19200 Bd."""

SNAPSHOT = """Have the meter sign and print the signed OCMF text, byte for byte; what is to be thought of it goes to
standard error. Start and turn-on reset the session register: what a session under way has counted so far cannot be
signed any more. Turn-on closes the contactor's path and leaves it closed, turn-off opens it. Exit code 0: valid,
nothing doubtful; 1: invalid; 2: valid, but doubtful."""
SET_TIME = """Give the meter this computer's time. Every jump and every other offset from UTC is counted for ever
(EpochSetCnt), and regular updates more often than every 24 hours shorten the meter's life. Not during a session:
whatever is signed afterwards would bear a time that is called unsure."""
CONFIRM = """The station remembers the meter of each EVSE and charges with no other. After a meter was replaced: stop
the station, let this command read the new one, start the station. What the old one still had to sign is given up."""
DUMP = "What is long is cut in the table, but whole with --raw and --json. Nothing is written to the meter."
METADATA = """Printable ASCII without " \\ and |, 140 characters in the first field and 100 in the others; what is not
given becomes empty. The end of a session under way would be signed for whom is written here."""


def add(meter: argparse.ArgumentParser) -> None:
    """Add all actions of `station meter` to its parser."""
    actions = _Actions(meter.add_subparsers(required=True, metavar="ACTION"))
    _json(actions.add("identify", "who the meter is, and how it stands"))
    _json(actions.add("read", "live values"))
    watch = actions.add("watch", "live values, again and again until Ctrl-C")
    watch.add_argument("--interval", type=_interval, default=1.0, metavar="SECONDS", help="(%(default)g)")
    _snapshot(actions.add("snapshot", "a signed record", SNAPSHOT))
    _set_time(actions.add("set-time", "give the meter this computer's time", SET_TIME))
    key = actions.add("key", "the public key, to read and as QR code")
    key.add_argument("--svg", type=Path, metavar="FILE", help="write the QR code there")
    _dump(actions.add("dump", "registers, as they are and what they mean", DUMP))
    confirm = actions.add("confirm", "say that the meter which is there now is meant", CONFIRM)
    confirm.add_argument("--yes", action="store_true", help="do it; else it is told what would change")
    write = actions.add("write-metadata", "what the meter signs along with its next records", METADATA)
    write.add_argument("meta1", metavar="META1")
    for number in (2, 3):
        write.add_argument(f"meta{number}", metavar=f"META{number}", nargs="?", default="")


class _Actions:
    """Makes parsers that all know how to name a place."""

    def __init__(self, actions: Any) -> None:
        self._actions = actions
        # Made once, because every argument costs a tenth of a millisecond at every start.
        self._common = argparse.ArgumentParser(add_help=False)
        self._common.add_argument("--trace", action="store_true", help="show every frame on standard error")
        place = self._common.add_argument_group("where the meter is")
        place.add_argument("--port", metavar="DEVICE", help="serial port, such as /dev/ttyUSB0")
        place.add_argument("--baud", type=int, help="with --port (19200)")
        place.add_argument("--parity", choices=PARITIES, help="with --port (even)")
        place.add_argument("--unit", type=_unit, help="address, with --port (42)")
        config = "settings that say all this, instead of --port (/etc/station/station.toml)"
        place.add_argument("--config", type=Path, metavar="FILE", help=config)
        place.add_argument("--evse", type=int, metavar="N", help="whose meter, of those in the settings")

    def add(self, name: str, text: str, more: str = "") -> argparse.ArgumentParser:
        """Return the parser of one action, whose command is `run` in the module of its name."""
        parents = [self._common]
        action: argparse.ArgumentParser = self._actions.add_parser(
            name, help=text, description=more or None, parents=parents
        )
        action.set_defaults(module=f"meter.{name.replace('-', '_')}", function="run", misuse=action.error)
        return action


def _snapshot(snapshot: argparse.ArgumentParser) -> None:
    snapshot.add_argument("kind", nargs="?", choices=KINDS, default="current", metavar="KIND", help=", ".join(KINDS))
    snapshot.add_argument("--switch", action="store_true", help="has to be said for turn-on and turn-off")
    snapshot.add_argument("--output", type=Path, metavar="FILE", help="else standard output")
    for number in (1, 2, 3):
        text = f"write metadata before, those not given become empty: Meta{number}"
        snapshot.add_argument(f"--meta{number}", metavar="TEXT", help=text)


def _set_time(set_time: argparse.ArgumentParser) -> None:
    zone = "such as Europe/Berlin; else that of the settings, else this computer's"
    set_time.add_argument("--timezone", type=_timezone, metavar="NAME", help=zone)
    set_time.add_argument(
        "--force", action="store_true", help="this computer's clock is right, although no NTP says so"
    )
    set_time.add_argument("--yes", action="store_true", help="even if the meter's clock is right, or its output on")


def _dump(dump: argparse.ArgumentParser) -> None:
    dump.add_argument(
        "offset", type=int, nargs="?", metavar="OFFSET", help="protocol address; the whole map if left out"
    )
    dump.add_argument("count", type=int, nargs="?", default=1, metavar="COUNT", help="registers (%(default)s)")
    form = dump.add_mutually_exclusive_group()
    form.add_argument("--raw", action="store_true", help="address and hexadecimal registers only")
    _json(form)


def _json(parser: Any) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")


def _interval(text: str) -> float:
    seconds = float(text)
    if not FASTEST_S <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: at least {FASTEST_S} seconds are needed")
    return seconds


def _unit(text: str) -> int:
    unit = int(text)
    if not 1 <= unit <= 247:
        raise argparse.ArgumentTypeError(f"{text}: 1 to 247 is allowed")
    return unit


def _timezone(text: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(text)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise argparse.ArgumentTypeError(f"{text}: unknown here; write a name such as Europe/Berlin") from error
    return text
