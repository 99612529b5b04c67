"""What `station doctor` takes."""

import argparse
from pathlib import Path

from station.commands.options.place import CONFIG

DESCRIPTION = """Look at everything that the station needs and say what to do where something is missing. Nothing is
changed. While the station runs it is asked over its socket about what only it can reach: ports, meters, controllers,
the connection. Exit code 0: all is well; 2: warnings only; 1: something failed."""


def add(doctor: argparse.ArgumentParser) -> None:
    """Add its options to its parser."""
    doctor.description = DESCRIPTION
    doctor.add_argument(
        "--config",
        type=Path,
        default=CONFIG,
        metavar="FILE",
        help=f"the station's settings ({CONFIG})",
    )
    doctor.add_argument("--json", action="store_true", help="a list of objects, for programs")
    doctor.add_argument("--no-csms", action="store_true", help="do not touch the network")
    doctor.add_argument("--no-boot", action="store_true", help="connect to the CSMS, but send no BootNotification")
    whose = "as whom the station runs (else: who asks; for root, whose the state folder is)"
    doctor.add_argument("--user", metavar="NAME", help=whose)
    doctor.set_defaults(module="doctor.run", function="run")
