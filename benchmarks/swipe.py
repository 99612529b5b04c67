"""From the card to TransactionEvent(Started), beside what the wire and the meter need for a signed start."""

import time
from pathlib import Path

from benchmarks import wire_time
from benchmarks.figures import Bound, Result, Samples
from benchmarks.scene import BAUD, TURN_ON_S, Scene, scene

GOAL = 1.10
CARD = "04A2B3C4D5{:04X}"
"""Each driver has another one: a card that comes again at once counts as left at the reader."""


def measure(folder: Path, *, rounds: int) -> Result:
    """Let one driver after the other come and go."""
    wire_s = wire_time.seconds(wire_time.WHOLE_START, baud=BAUD)
    with scene(folder) as place, place.station():
        place.csms.came_at("StatusNotification", "Available")
        ours = [_session_ms(place, CARD.format(number)) for number in range(rounds)]
    return Result(
        "c",
        "swipe to Started",
        "ms",
        ours=Samples(tuple(ours)),
        reference=Samples(((wire_s + TURN_ON_S) * 1000,)),
        reference_name="wire and meter",
        bound=Bound.AT_MOST,
        goal=GOAL,
        notes=(f"reference: {wire_s * 1000:.1f} ms on the wire at {BAUD} Bd, {TURN_ON_S:g} s of the meter",),
    )


def _session_ms(place: Scene, card: str) -> float:
    place.bench.plug()
    place.csms.came_at("StatusNotification", "Occupied")
    swiped_at = time.monotonic()
    place.bench.swipe(card)
    took_ms = (place.csms.came_at("TransactionEvent", "Started") - swiped_at) * 1000
    place.bench.swipe(card)
    place.csms.came_at("TransactionEvent", "Ended")
    place.bench.unplug()
    place.csms.came_at("StatusNotification", "Available")
    return took_ms
