"""`station meter key`: a meter's public key, for whoever is to check its records."""

import argparse
import base64
import sys
from functools import partial
from pathlib import Path
from typing import TextIO

from station.commands.meter import qr as meter_qr
from station.commands.meter.connection import Connection, with_meter
from station.commands.meter.identify import fingerprint
from station.errors import StationError
from station.meter.keys import oca_public_key


def run(options: argparse.Namespace) -> int:
    """Show the key, with its QR code if it is a terminal that shows it."""
    return with_meter(options, partial(show, out=sys.stdout, svg=options.svg, with_qr=sys.stdout.isatty()))


async def show(connection: Connection, *, out: TextIO, svg: Path | None = None, with_qr: bool = False) -> int:
    """Print the key in all forms; StationError if the picture cannot be written."""
    identity = await connection.meter.identify()
    key = identity.public_key
    in_base64 = oca_public_key(key)
    in_oca = base64.b64decode(in_base64).decode("ascii")
    for title, text in (
        ("meter", identity.serial),
        ("fingerprint, SHA-256 of the DER form", fingerprint(key)),
        ("DER form, hexadecimal", key.hex()),
        ("as the OCA writes it", in_oca),
        ("the same in Base64, as OCPP sends it", in_base64),
    ):
        print(f"{title}:\n  {text}", file=out)
    if with_qr:
        print("\nas the OCA writes it, to be scanned:", *meter_qr.on_terminal(in_oca), sep="\n", file=out)
    if svg is not None:
        _save(svg, meter_qr.svg(in_oca))
    return 0


def _save(path: Path, picture: bytes) -> None:
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise StationError(f"{path} cannot be written: {error.strerror}") from error
