"""How long a charge controller is waited for while meters sign: on a line of its own, and on the meters' line."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import wire_time
from benchmarks.figures import Bound, Result, Samples
from benchmarks.meters import meters
from benchmarks.parts import Part
from benchmarks.scene import BAUD
from station.hardware.phoenix import STATE_AND_PROXIMITY

METERS = 2
OWN_LINE_GOAL, SHARED_LINE_GOAL = 1.25, 1.1
ROUND_S = 20.0
"""More than a session of meters that have to wait for each other takes."""
POLL_S = wire_time.seconds([wire_time.Read(STATE_AND_PROXIMITY)], baud=BAUD)


def measure(folder: Path, *, rounds: int) -> Iterator[Result]:
    """Poll on two lines, then on one."""
    yield own_line(_polls(folder / "two-lines", "meters", "controllers", rounds))
    yield shared_line(_polls(folder / "one-line", "shared", "shared", rounds))


def own_line(polls: dict[str, Any]) -> Result:
    """Return how long a poll takes if nobody else is on the line."""
    took_s = polls["took_s"]
    return Result(
        "h",
        "controller poll, two lines",
        "ms",
        ours=Samples(tuple(1000 * one for one in took_s)),
        reference=Samples((1000 * POLL_S,)),
        reference_name="its wire time",
        bound=Bound.AT_MOST,
        goal=OWN_LINE_GOAL,
        notes=(f"{len(took_s)} polls while {METERS} meters sign; the worst took {1000 * max(took_s):.1f} ms",),
    )


def shared_line(polls: dict[str, Any]) -> Result:
    """Return how long the unluckiest poll has to wait for others."""
    waited_s = [max(0.0, one - POLL_S) for one in polls["took_s"]]
    return Result(
        "h",
        "worst wait of a poll, one line",
        "ms",
        ours=Samples((1000 * max(waited_s),)),
        reference=Samples((1000 * polls["longest_exchange_s"],)),
        reference_name="longest exchange",
        bound=Bound.AT_MOST,
        goal=SHARED_LINE_GOAL,
        notes=(
            f"{len(waited_s)} polls while {METERS} meters sign; half of them waited less than"
            f" {1000 * median(waited_s):.1f} ms, {polls['retries']} requests had to be repeated",
        ),
    )


def _polls(folder: Path, meters_port: str, controllers_port: str, rounds: int) -> dict[str, Any]:
    with meters(folder, meter=meters_port, controller=controllers_port, evses=METERS):
        ports = (str(folder / meters_port), str(folder / controllers_port))
        with Part("polling", "benchmarks.polling", *ports, str(METERS), str(rounds), folder=folder) as polling:
            polls: dict[str, Any] = json.loads(polling.line(within_s=ROUND_S * (rounds + 1)))
    return polls
