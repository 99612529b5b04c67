"""From the card to the news of a signed start, beside what the lock, the wire and the meter need for one."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import wire_time
from benchmarks.figures import Bound, Result, Samples
from benchmarks.scene import BAUD, LOCK_S, TURN_ON_S, scene

GOAL = 1.10
CARD = "04A2B3C4D5{:04X}"


def measure(folder: Path, *, rounds: int) -> Iterator[Result]:
    """Let one driver after the other come and go."""
    wire_s = wire_time.seconds(wire_time.WHOLE_START, baud=BAUD)
    with scene(folder) as place, place.station():
        place.csms.came_at("StatusNotification", "Available")
        played = [place.play(CARD.format(number)) for number in range(rounds)]
    started_s = median(one.started_s for one in played)
    yield Result(
        "c",
        "swipe to signed start",
        "ms",
        ours=Samples(tuple(one.signed_s * 1000 for one in played)),
        reference=Samples(((LOCK_S + wire_s + TURN_ON_S) * 1000,)),
        reference_name="lock, wire and meter",
        bound=Bound.AT_MOST,
        goal=GOAL,
        notes=(
            f"reference: {LOCK_S:g} s of the lock, {wire_s * 1000:.1f} ms on the wire at {BAUD} Bd,"
            f" {TURN_ON_S:g} s of the meter",
            f"Started, which does not wait for the signature, came after {1000 * started_s:.0f} ms",
        ),
    )
