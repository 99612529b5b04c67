"""`station meter write-metadata`: what the meter signs along with its next records."""

import argparse
import sys
from functools import partial
from typing import TextIO

from station.commands.meter.connection import Connection, with_meter
from station.core.metadata import FORBIDDEN, LIMITS
from station.core.records import Metadata


def run(options: argparse.Namespace) -> int:
    """Write the fields; what the meter cannot take is refused before anything is sent."""
    metadata = Metadata(options.meta1, options.meta2, options.meta3)
    refuse(options, metadata)
    return with_meter(options, partial(write, metadata=metadata, out=sys.stdout))


async def write(connection: Connection, *, metadata: Metadata, out: TextIO) -> int:
    """Write all three fields and read them back; MeterError if the meter has something else then."""
    await connection.meter.identify()
    await connection.meter.write_metadata(metadata)
    for number, text in enumerate((metadata.meta1, metadata.meta2, metadata.meta3), 1):
        print(f"Meta{number}  {text or '(empty)'}", file=out)
    print("written and read back; the meter keeps it until it is overwritten or loses its power", file=out)
    return 0


def refuse(options: argparse.Namespace, metadata: Metadata) -> None:
    """End the program if the meter cannot take these fields as they are."""
    for name, limit in LIMITS.items():
        text = getattr(metadata, name)
        bad = sorted({letter for letter in text if letter in FORBIDDEN or not " " <= letter <= "~"})
        if bad:
            shown = " ".join(map(ascii, bad))
            options.misuse(f'{name} has {shown}; only printable ASCII without " \\ and | stays readable in records')
        if len(text) > limit:
            options.misuse(f"{name} is {len(text)} characters long, the meter takes {limit}")
