"""What the daemon keeps in memory when nothing happens."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.figures import Bound, Result, Samples
from benchmarks.scene import scene

BUDGET_MIB = 55.0
IDLE_S = 30.0
CARD = "04A2B3C4D5FFFF"


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process holds now."""

    resident_mib: float
    """VmRSS."""
    proportional_mib: float
    """Pss: pages that other processes share count in part."""

    @classmethod
    def of(cls, pid: int) -> Self:
        """Look at a process of ours."""
        place = Path("/proc") / str(pid)
        return cls(
            kib(place.joinpath("status").read_text("ascii"), "VmRSS") / 1024,
            kib(place.joinpath("smaps_rollup").read_text("ascii"), "Pss") / 1024,
        )

    def __str__(self) -> str:
        return f"VmRSS {self.resident_mib:.1f} MiB, Pss {self.proportional_mib:.1f} MiB"


def measure(folder: Path, *, rounds: int) -> Iterator[Result]:
    """Leave a station with one EVSE alone for a while; more rounds would tell the same.

    What counts is the idle daemon; a note tells what it has grown to once records were signed and verified.
    """
    del rounds
    with scene(folder) as place, place.station() as station:
        place.csms.came_at("StatusNotification", "Available")
        time.sleep(IDLE_S)
        idle = Footprint.of(station.pid)
        place.play(CARD)
        used = Footprint.of(station.pid)
    notes = (f"idle for {IDLE_S:g} s: {idle}", f"after a session: {used}")
    yield Result(
        "b",
        "memory of the idle daemon",
        "MiB",
        ours=Samples((idle.resident_mib,)),
        reference=Samples((BUDGET_MIB,)),
        reference_name="budget",
        bound=Bound.AT_MOST,
        goal=1.0,
        notes=notes,
    )


def kib(text: str, name: str) -> int:
    """Return a value out of a file of /proc/PID that reads `NAME: NUMBER kB`; raises KeyError."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    if found is None:
        raise KeyError(name)
    return int(found[1])
