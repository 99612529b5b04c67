"""What `station report` takes."""

import argparse
from pathlib import Path

from station.commands.options.place import CONFIG

DESCRIPTION = """Write a commissioning report as a page to print and as JSON, and the labels. It says what is built
in: meters with keys and firmware, software and its hash, settings without secrets, and what `station doctor` finds
now. A report is named after its moment and overwrites none. It may be made while the station runs."""


def add(report: argparse.ArgumentParser) -> None:
    """Add its options to its parser."""
    report.description = DESCRIPTION
    named = f"the station's settings ({CONFIG})"
    report.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help=named)
    report.add_argument("--output", type=Path, default=Path(), metavar="FOLDER", help="where to write (.)")
    report.add_argument("--installer", metavar="NAME", help="who stands for it (the user who asks)")
    report.add_argument("--json", action="store_true", help="print the JSON, and write nothing")
    report.add_argument("--no-csms", action="store_true", help="do not touch the network")
    report.add_argument("--no-boot", action="store_true", help="connect to the CSMS, but send no BootNotification")
    report.add_argument("--user", metavar="NAME", help="as whom the station runs, see station doctor")
    report.set_defaults(module="report.run", function="run")
