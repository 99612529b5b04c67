"""What the daemon keeps in memory when nothing happens."""

import re
import time
from importlib.util import find_spec
from pathlib import Path

from benchmarks.figures import Bound, Result, Samples
from benchmarks.scene import scene

BUDGET_MIB = 55.0
IDLE_S = 30.0


def measure(folder: Path, *, rounds: int) -> Result:
    """Leave a station with one EVSE alone for a while; more rounds would tell the same."""
    del rounds
    with scene(folder) as place, place.station() as station:
        place.csms.came_at("BootNotification")
        time.sleep(IDLE_S)
        process = Path("/proc") / str(station.pid)
        resident = kib(process.joinpath("status").read_text("ascii"), "VmRSS") / 1024
        proportional = kib(process.joinpath("smaps_rollup").read_text("ascii"), "Pss") / 1024
    notes = [f"VmRSS {resident:.1f} MiB after {IDLE_S:g} s, Pss {proportional:.1f} MiB"]
    if find_spec("rich"):
        notes.append("structlog has loaded `rich`, a development tool that a charger has not: some MiB of this")
    return Result(
        "b",
        "memory of the idle daemon",
        "MiB",
        ours=Samples((resident,)),
        reference=Samples((BUDGET_MIB,)),
        reference_name="budget",
        bound=Bound.AT_MOST,
        goal=1.0,
        notes=tuple(notes),
    )


def kib(text: str, name: str) -> int:
    """Return a value out of a file of /proc/PID that reads `NAME: NUMBER kB`; raises KeyError."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    if found is None:
        raise KeyError(name)
    return int(found[1])
