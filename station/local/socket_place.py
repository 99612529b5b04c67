"""Where the socket is, also in a folder whose path is longer than the address of a socket may be."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NAME: Final = "control.sock"
LONGEST_ADDRESS: Final = 107
"""Bytes of a path that an address has room for (unix(7))."""


@contextlib.contextmanager
def address(path: Path) -> Iterator[str]:
    """Give the path in a form that a socket can be bound or connected to meanwhile; raises OSError."""
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
