"""`station meter read`: live values, once."""

import argparse
import json
import sys
from functools import partial
from typing import TextIO

from station.commands.meter.connection import Connection, with_meter
from station.commands.meter.values import table
from station.core.powermeter import to_json


def run(options: argparse.Namespace) -> int:
    """Show live values."""
    return with_meter(options, partial(show, out=sys.stdout, as_json=options.json))


async def show(connection: Connection, *, out: TextIO, as_json: bool = False) -> int:
    """Read once and print it; first of all who answers, for another device's registers would mean something else."""
    await connection.meter.identify()
    reading = await connection.meter.read()
    if as_json:
        print(json.dumps(to_json(reading), indent=2), file=out)
    else:
        print(*table(reading, connection.clock.now()), sep="\n", file=out)
    return 0
