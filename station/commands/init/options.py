"""What `station init` takes: an option for everything that it would ask."""

import argparse
from pathlib import Path

FOLDER = Path("/etc/station")
DESCRIPTION = """Find meters and charge controllers on the serial ports, ask for the rest, write commented settings,
labels and a commissioning report. Nothing is written to any device, and no settings are written over. On a terminal
it asks; with --yes, or without a terminal, it takes what is usual, and says what only a person can tell."""


def add(init: argparse.ArgumentParser) -> None:
    """Add its options to its parser."""
    init.description = DESCRIPTION
    init.add_argument("--folder", type=Path, default=FOLDER, metavar="FOLDER", help=f"where to write ({FOLDER})")
    init.add_argument("--yes", action="store_true", help="ask nothing")
    init.add_argument("--force", action="store_true", help="keep settings that are there under another name")
    whose = "as whom the station will run (who asks; for root: station, if there is one)"
    init.add_argument("--user", metavar="NAME", help=whose)
    init.add_argument("--installer", metavar="NAME", help="who stands for the report (the user who asks)")
    _devices(init.add_argument_group("devices"))
    _station(init.add_argument_group("station"))
    _csms(init.add_argument_group("CSMS"))
    _evses(init.add_argument_group("EVSEs; given once for all of them, or once for each"))
    _drivers(init.add_argument_group("drivers"))
    _afterwards(init.add_argument_group("afterwards"))
    init.set_defaults(module="init.run", function="run")


def _devices(group: "argparse._ArgumentGroup") -> None:
    ports = "where to look, in the order of EVSEs; tcp://HOST:PORT too (all serial ports)"
    group.add_argument("--ports", nargs="+", metavar="PORT", help=ports)
    group.add_argument("--meter-units", type=_units, default=(), metavar="A-B", help="(from 42 on)")
    group.add_argument("--controller-units", type=_units, default=(), metavar="A-B", help="(from 1 on)")
    blank = "look for nothing; write so many EVSEs, to be completed by hand"
    group.add_argument("--blank", type=int, metavar="N", help=blank)


def _station(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--identity", metavar="NAME", help="(this computer's name)")
    group.add_argument("--vendor", metavar="NAME")
    group.add_argument("--model", metavar="NAME")
    group.add_argument("--serial-number", metavar="TEXT", help="(none)")
    state = "for what must not be lost (/var/lib/station; for another --folder: state in it)"
    group.add_argument("--state-dir", metavar="FOLDER", help=state)
    group.add_argument("--timezone", metavar="NAME", help="of the meters, such as Europe/Berlin (this computer's)")
    group.add_argument("--trust-clock", action="store_true", help="this computer's clock is right without NTP")


def _csms(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--csms-url", metavar="URL", help="ws:// or wss://, without the identity")
    group.add_argument("--security-profile", choices=("0", "1", "2", "3"), help="(1 for ws://, 2 for wss://)")
    file = "holds the password and nothing else (one is made, and shown)"
    group.add_argument("--csms-password-file", type=Path, metavar="FILE", help=file)
    group.add_argument("--root-certificate", metavar="FILE", help="(those of the operating system)")


def _evses(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--evse-id", action="append", metavar="NAME", help="such as DE*ABC*E0001*1")
    group.add_argument("--max-current", action="append", metavar="AMPERE", help="6 to 63 (16)")
    group.add_argument("--cable", action="append", choices=("socket", "fixed"), help="(socket)")
    group.add_argument("--phases", choices=("1", "3"), help="(3)")


def _drivers(group: "argparse._ArgumentGroup") -> None:
    reader = "a card reader for all EVSEs, or for some; may be repeated"
    group.add_argument("--reader", action="append", metavar="PORT[=1,2]", help=reader)
    group.add_argument("--reader-type", metavar="TYPE", help="(serial-line)")
    group.add_argument("--reader-baud", type=int, metavar="BAUD", help="(9600)")
    group.set_defaults(reader_port=None)
    group.add_argument("--web", action=argparse.BooleanOptionalAction, help="the status page (off)")
    group.add_argument("--web-host", metavar="ADDRESS", help="(127.0.0.1)")
    group.add_argument("--web-port", type=int, metavar="PORT", help="(8080)")
    group.add_argument("--public-url", metavar="URL", help="what QR codes lead to")
    group.add_argument("--language", choices=("en", "de"), help="(en)")
    file = "holds the password of operators and nothing else (one is made, and shown)"
    group.add_argument("--web-password-file", type=Path, metavar="FILE", help=file)


def _afterwards(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--no-check", action="store_true", help="do not look at everything as `station doctor` does")
    group.add_argument("--no-csms", action="store_true", help="do not touch the network")
    group.add_argument("--no-boot", action="store_true", help="connect to the CSMS, but send no BootNotification")


def _units(text: str) -> tuple[int, ...]:
    first, _, last = text.partition("-")
    try:
        units = tuple(range(int(first), int(last or first) + 1))
    except ValueError:
        units = ()
    if not units or not 1 <= units[0] <= units[-1] <= 247:
        raise argparse.ArgumentTypeError(f"{text}: write units between 1 and 247, such as 42 or 42-45")
    return units
