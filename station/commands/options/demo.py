"""`station demo`."""

import argparse
from pathlib import Path


def demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "story", nargs="?", metavar="STORY", help="one that ends with a check, or all; else one plain session"
    )
    parser.add_argument("--list", action="store_true", help="tell which stories there are, and do nothing else")
    parser.add_argument("--realtime", action="store_true", help="let the meter take its real seconds")
    parser.add_argument("--keep", action="store_true", help="stay up afterwards, for playing")
    parser.add_argument(
        "--security",
        type=int,
        choices=(1, 2, 3),
        default=1,
        help="the security profile that the CSMS leads the station to before the session (%(default)s)",
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("var/demo"), metavar="FOLDER", help="where it writes (%(default)s)"
    )
    parser.set_defaults(module="demo", function="choose", misuse=parser.error)
