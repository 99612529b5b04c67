"""From the card to TransactionEvent(Started), beside what the wire and the meter need for a signed start."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import wire_time
from benchmarks.figures import Bound, Result, Samples
from benchmarks.scene import BAUD, TURN_ON_S, scene

GOAL = 1.10
CARD = "04A2B3C4D5{:04X}"


def measure(folder: Path, *, rounds: int) -> Iterator[Result]:
    """Let one driver after the other come and go."""
    wire_s = wire_time.seconds(wire_time.WHOLE_START, baud=BAUD)
    with scene(folder) as place, place.station():
        place.csms.came_at("StatusNotification", "Available")
        took_s = [place.play(CARD.format(number)) for number in range(rounds)]
    yield Result(
        "c",
        "swipe to Started",
        "ms",
        ours=Samples(tuple(one * 1000 for one in took_s)),
        reference=Samples(((wire_s + TURN_ON_S) * 1000,)),
        reference_name="wire and meter",
        bound=Bound.AT_MOST,
        goal=GOAL,
        notes=(f"reference: {wire_s * 1000:.1f} ms on the wire at {BAUD} Bd, {TURN_ON_S:g} s of the meter",),
    )
