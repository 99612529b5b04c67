"""What eight EVSEs cost that charge at once and tell values every second: computing, delays of the loop, memory."""

import os
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.figures import Bound, Result, Samples
from benchmarks.memory import Footprint
from benchmarks.parts import MeasuringError
from benchmarks.scene import SIGNED, Scene, scene

EVSES = 8
CARD = "04A2B3C4D5E6{:02X}"
SETTLE_S = 15.0
"""After the last start: the numbers of phases are told, and the meters' drivers rest."""
DURATION_S = 120.0
INTERVAL_S = 1
VARIABLES = f"""
"SampledDataCtrlr.TxUpdatedInterval" = {INTERVAL_S}
"SampledDataCtrlr.TxUpdatedMeasurands" = "Energy.Active.Import.Register,Power.Active.Import,Current.Import"
"""
CPU_PERCENT, DELAY_MS, MEMORY_MIB = 8.0, 50.0, 75.0
ENOUGH = 0.95
"""Of the values that are due; with fewer, less was measured than is promised here."""


@dataclass(frozen=True, slots=True)
class Run:
    """What two minutes of eight sessions came to."""

    cpu_percent: float
    """Of one core."""
    delays_s: tuple[float, ...]
    own_s: tuple[float, ...]
    """The same without what the process waited for a core meanwhile."""
    memory: Footprint
    updates: int
    """TransactionEvents that arrived."""
    load: float
    """Of the machine in the minute before the end, all its processes."""


def measure(folder: Path, *, rounds: int) -> Iterator[Result]:
    """Let eight vehicles charge for two minutes in each round."""
    folder.mkdir(parents=True)
    yield from results([_run(folder / f"round-{number}") for number in range(rounds)])


def results(runs: list[Run]) -> Iterator[Result]:
    """Yield what the rounds come to."""
    minutes = f"{DURATION_S / 60:g} minutes"
    loads = ", ".join(f"{run.load:.1f}" for run in runs)
    arrived = ", ".join(f"{run.updates / DURATION_S:.1f}" for run in runs)
    yield _result(
        "i",
        f"computing, {EVSES} EVSEs charging",
        "% of a core",
        [run.cpu_percent for run in runs],
        CPU_PERCENT,
        (f"over {minutes}; {arrived} TransactionEvents a second arrived; load of the machine {loads}",),
    )
    worst = max(max(run.delays_s) for run in runs)
    half = median(median(run.delays_s) for run in runs)
    yield _result(
        "j",
        "delay of the loop, p99",
        "ms",
        [1000 * p99(run.delays_s) for run in runs],
        DELAY_MS,
        (
            f"half of the looks were late by less than {1000 * half:.1f} ms, the worst by {1000 * worst:.1f} ms",
            f"without what it waited for a core: p99 {1000 * median(p99(run.own_s) for run in runs):.1f} ms",
        ),
    )
    yield _result(
        "k",
        f"memory, {EVSES} EVSEs charging",
        "MiB",
        [run.memory.resident_mib for run in runs],
        MEMORY_MIB,
        tuple(str(run.memory) for run in runs[-1:]),
    )


def p99(delays_s: tuple[float, ...]) -> float:
    """Return what 99 of 100 looks were not later than."""
    return quantiles(delays_s, n=100, method="inclusive")[98]


def _result(key: str, name: str, unit: str, values: list[float], budget: float, notes: tuple[str, ...]) -> Result:
    return Result(
        key,
        name,
        unit,
        ours=Samples(tuple(values)),
        reference=Samples((budget,)),
        reference_name="budget",
        bound=Bound.AT_MOST,
        goal=1.0,
        notes=notes,
    )


def _run(folder: Path) -> Run:
    delays = folder / "delays"
    with scene(folder, evses=EVSES, variables=VARIABLES) as place:
        with place.watched_station(delays) as station:
            _all_charge(place)
            place.csms.heard_for(SETTLE_S)
            began, used_s = time.monotonic(), cpu_s(station.pid)
            events = place.csms.heard_for(DURATION_S)
            ended, used_s = time.monotonic(), cpu_s(station.pid) - used_s
            memory = Footprint.of(station.pid)
        looks = looks_in(delays)
    updates = events.count(("TransactionEvent", "Updated"))
    if updates < ENOUGH * EVSES * DURATION_S / INTERVAL_S:
        raise MeasuringError(f"only {updates} values arrived in {DURATION_S:g} s; the logs are in {folder}")
    within = [(delay_s, waited_s) for at, delay_s, waited_s in looks if began <= at <= ended]
    return Run(
        cpu_percent=100 * used_s / (ended - began),
        delays_s=tuple(delay_s for delay_s, _ in within),
        own_s=tuple(max(0.0, delay_s - waited_s) for delay_s, waited_s in within),
        memory=memory,
        updates=updates,
        load=os.getloadavg()[0],
    )


def _all_charge(place: Scene) -> None:
    for _ in range(EVSES):
        place.csms.came_at("StatusNotification", "Available")
    for number in range(1, EVSES + 1):
        place.bench.plug(number)
        place.bench.swipe(CARD.format(number), reader=number)
    for _ in range(EVSES):
        place.csms.came_at("TransactionEvent", "Updated", trigger=SIGNED)


def looks_in(file: Path) -> list[tuple[float, float, float]]:
    """Return what a watched daemon wrote down: when it looked, how late it was, how long it had waited for a core."""
    values = array("d", file.read_bytes())
    return list(zip(values[::3], values[1::3], values[2::3], strict=True))


def cpu_s(pid: int) -> float:
    """Return the computing time of a process so far, its own and the kernel's for it."""
    fields = (Path("/proc") / str(pid) / "stat").read_text("ascii").rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
