"""How fast a full queue is emptied, beside the library's own way to send the same messages."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.events import EVENTS
from benchmarks.figures import Bound, Result, Samples
from benchmarks.parts import Part
from benchmarks.scene import READY_S

GOAL = 2.0
PATIENCE_S = 120.0


def measure(folder: Path, *, rounds: int) -> Iterator[Result]:
    """Drain in turns; each time with a new process and, where it is ours, a new database."""
    folder.mkdir(parents=True)
    took: dict[str, list[dict[str, float]]] = {"ours": [], "library": []}
    with Part("csms", "benchmarks.csms", folder=folder) as csms:
        port = csms.line(within_s=READY_S).strip()
        for number in range(rounds):
            for who, times in took.items():
                state = folder / f"state-{number}"
                with Part(f"drain-{who}", "benchmarks.drain", who, port, str(state), folder=folder) as drain:
                    times.append(json.loads(drain.line(within_s=PATIENCE_S)))
                    drain.wait(within_s=READY_S)
    commit_us = median(time["commit_s"] for time in took["ours"]) * 1e6
    cpu_ms = {who: median(time["cpu_s"] for time in times) * 1000 for who, times in took.items()}
    yield Result(
        "d",
        f"draining {EVENTS} events",
        "events/s",
        ours=Samples(tuple(EVENTS / time["wall_s"] for time in took["ours"])),
        reference=Samples(tuple(EVENTS / time["wall_s"] for time in took["library"])),
        reference_name="library's call()",
        bound=Bound.AT_LEAST,
        goal=GOAL,
        notes=(
            f"computing: {cpu_ms['ours']:.0f} ms ours with each removal committed,"
            f" {cpu_ms['library']:.0f} ms the library without any storage",
            f"one commit takes {commit_us:.0f} us on this disk",
        ),
    )
