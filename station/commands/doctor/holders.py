"""Which processes have a file open, as /proc tells; of other users' processes only root learns that."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROCESSES: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Holder:
    """A process."""

    process_id: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.process_id})"


def holders(path: Path, *, processes: Path = PROCESSES) -> tuple[Holder, ...]:
    """Return who has the file open, this process left out."""
    device = os.path.realpath(path)
    return tuple(
        Holder(int(process.name), _name(process))
        for process in sorted(processes.iterdir())
        if process.name.isdecimal() and int(process.name) != os.getpid() and device in _files(process)
    )


def _files(process: Path) -> Iterator[str]:
    try:
        for file in (process / "fd").iterdir():
            yield os.readlink(file)  # noqa: PTH115 a Path would take `pipe:[7]` for one
    except OSError:
        return  # it ended, or it is somebody else's


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", errors="replace").strip()
    except OSError:
        return "a process that has ended"
