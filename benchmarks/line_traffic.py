"""What a start and a stop put on the wire, beside the fewest bytes and the shortest time that METER.md allows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import wire_time
from benchmarks.figures import Bound, Result, Samples
from benchmarks.meters import meters
from benchmarks.parts import Part
from benchmarks.scene import BAUD
from benchmarks.wire_time import Read, Write

GOAL = 1.05
ROUND_S = 15.0
"""More than a session takes."""


@dataclass(frozen=True, slots=True)
class Work:
    """One thing that the driver does, and the least that goes over the line for it."""

    key: str
    name: str
    least: tuple[Read | Write, ...]


WORKS = (Work("e", "start", wire_time.WHOLE_START), Work("f", "stop", wire_time.WHOLE_STOP))


def measure(folder: Path, *, rounds: int) -> Iterator[Result]:
    """Let the driver sign sessions with a meter that answers no faster than the line allows."""
    with meters(folder, meter="meter1", controller="controller1"):
        port = str(folder / "meter1")
        with Part("sessions", "benchmarks.sessions", port, str(rounds), folder=folder) as sessions:
            played = json.loads(sessions.line(within_s=ROUND_S * (rounds + 2)))
    for work in WORKS:
        yield from results(work, [session[work.name] for session in played])


def results(work: Work, seen: list[dict[str, Any]]) -> Iterator[Result]:
    """Yield what the rounds of a start or stop come to."""
    yield _bytes(work, seen)
    yield Result(
        work.key,
        f"registers read in a {work.name}",
        "registers",
        ours=_samples(seen, "registers"),
        reference=_samples(seen, "distinct"),
        reference_name="different ones",
        bound=Bound.AT_MOST,
        goal=1.0,
        notes=("whether the snapshot is ready is asked besides, " + _span(seen, "polls", "poll"),),
    )
    yield Result(
        "g",
        f"wire time of a {work.name}",
        "ms",
        ours=Samples(tuple(1000 * _wire_s(traffic) for traffic in seen)),
        reference=Samples((1000 * wire_time.seconds(work.least, baud=BAUD),)),
        reference_name="shortest",
        bound=Bound.AT_MOST,
        goal=GOAL,
        notes=(f"{_span(seen, 'frames', 'exchange')} instead of {len(work.least)}, at {BAUD} Bd",),
    )


def _bytes(work: Work, seen: list[dict[str, Any]]) -> Result:
    ours, least = _samples(seen, "size"), wire_time.size(work.least)
    with_all = least + wire_time.size(wire_time.SNAPSHOT)
    return Result(
        work.key,
        f"bytes of a {work.name}",
        "B",
        ours=ours,
        reference=Samples((least,)),
        reference_name="fewest",
        bound=Bound.AT_MOST,
        goal=GOAL,
        notes=(
            f"fewest with the 252 registers of the snapshot: {with_all} B, ratio {ours.figure / with_all:.2f}",
            _span(seen, "retries", "request") + " had to be repeated",
        ),
    )


def _wire_s(traffic: dict[str, Any]) -> float:
    return wire_time.seconds_of(traffic["size"], frames=traffic["frames"], baud=BAUD)


def _samples(seen: list[dict[str, Any]], what: str) -> Samples:
    return Samples(tuple(traffic[what] for traffic in seen))


def _span(seen: list[dict[str, Any]], what: str, name: str) -> str:
    counts = [traffic[what] for traffic in seen]
    fewest, most = min(counts), max(counts)
    told = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    return f"{told} {name}" + ("" if most == 1 else "s")
