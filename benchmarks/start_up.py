"""From the start of the process to the BootNotification, beside the least that can send one."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Bound, Result, Samples
from benchmarks.scene import READY_S, Scene, scene

GOAL = 2.5


def measure(folder: Path, *, rounds: int) -> Iterator[Result]:
    """Start the two in turns; the first start of each only makes byte code and database."""
    ours, bare = [], []
    with scene(folder) as place:
        for _ in range(rounds + 1):
            ours.append(_station_ms(place))
            bare.append(_bare_ms(place))
    yield Result(
        "a",
        "start to BootNotification",
        "ms",
        ours=Samples(tuple(ours[1:])),
        reference=Samples(tuple(bare[1:])),
        reference_name="bare client",
        bound=Bound.AT_MOST,
        goal=GOAL,
    )


def _station_ms(place: Scene) -> float:
    with place.station() as station:
        return (place.csms.came_at("BootNotification") - station.started_at) * 1000


def _bare_ms(place: Scene) -> float:
    with place.bare_client() as client:
        took_ms = (place.csms.came_at("BootNotification") - client.started_at) * 1000
        client.wait(within_s=READY_S)
    return took_ms
