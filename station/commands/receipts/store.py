"""Where the receipts are: the station's database, opened beside it as its command line wants."""

import argparse
import contextlib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from station.commands import station_folder
from station.errors import StationError, StorageError
from station.storage.database import NAME, Database

if TYPE_CHECKING:  # loading them takes half a second, and commands about cards and the page need none
    from station.storage.receipts import Receipt, Receipts

T = TypeVar("T")

NOT_FOUND: Final = 1
_NUMBER: Final = re.compile("[0-9]{1,18}")


def state_dir(options: argparse.Namespace) -> Path:
    """Return the folder that is given, or the one in the settings; StorageError if this user may not look into it."""
    folder = station_folder.state_dir(options)
    try:
        (folder / NAME).exists()
    except PermissionError as error:
        raise StorageError(f"{folder} may not be read; be root, or the station's user") from error
    return folder


@contextlib.contextmanager
def looking(options: argparse.Namespace) -> Iterator[Database]:
    """Open the database for reading, beside a running station; all that is read is of one instant."""
    with Database.look(state_dir(options)) as database:
        database.execute("BEGIN")
        yield database


def find(receipts: "Receipts", wanted: str) -> "Receipt | None":
    """Return a receipt by number or by transaction id; say so if there is none."""
    receipt = receipts.get(int(wanted) if _NUMBER.fullmatch(wanted) else wanted)
    if receipt is None:
        print(f"station: there is no session {wanted}; see: station receipts list", file=sys.stderr)
    return receipt


def counted(items: Sequence[T], what: str) -> Iterator[T]:
    """Go through `items`; who sits in front of a terminal sees how far it is, until it is over."""
    if not sys.stderr.isatty():
        yield from items
        return
    try:
        for done, item in enumerate(items):
            print(f"\r{done} of {len(items)} {what}", end="", file=sys.stderr, flush=True)
            yield item
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def put(content: bytes, output: Path | None) -> None:
    """Write a file, or to standard output."""
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise StationError(f"{output} cannot be written: {error.strerror}") from error


def told(parts: Iterable[str | None]) -> str:
    """Return the parts that there are, as an enumeration."""
    return ", ".join(part for part in parts if part)
