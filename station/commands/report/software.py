"""Which software this is: its version, and a hash over every file of it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import station

FOLDER: Final = Path(station.__file__).parent
CACHE: Final = "__pycache__"


@dataclass(frozen=True, slots=True)
class Software:
    """What is installed."""

    version: str
    sha256: str
    """Hexadecimal, over the list of all files that `sha256sum` prints; docs/commissioning.md has the line of shell
    that comes to the same."""
    files: int


def installed(folder: Path = FOLDER) -> Software:
    """Return what is installed; reads every file of the package, but what Python makes of them by itself."""
    paths = sorted(path.relative_to(folder).as_posix() for path in _files(folder))
    lines = (f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  ./{path}\n" for path in paths)
    return Software(station.__version__, hashlib.sha256("".join(lines).encode()).hexdigest(), len(paths))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and CACHE not in path.parts)
