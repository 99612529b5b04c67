"""How long things take in one meter, the bench's scale and the meter's own settings applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from simulators.bench.meter import kinds
from simulators.bench.settings import MeterSettings

FEEDBACK_S: Final = 0.5
"""The longest that the contactor's feedback may take (METER.md section 5)."""
OUTAGE_S: Final = 1.0
"""How long the supply stays away when it fails by itself."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Durations in seconds of loop time."""

    snapshots_s: Mapping[str, float]
    """From command to signed data, by the name of the kind."""
    feedback_s: float
    outage_s: float


def pace(settings: MeterSettings, *, time_scale: float) -> Pace:
    """Return the durations of one meter: each its own if it has one, else the manual's times the scale."""
    own = {
        "current": settings.current_s,
        "turn_on": settings.turn_on_s,
        "turn_off": settings.turn_off_s,
        "start": settings.start_s,
        "end": settings.end_s,
    }
    usual = {name: kind.duration_s * time_scale for name, kind in kinds.KINDS.items()}
    return Pace(
        snapshots_s=usual | {name: seconds for name, seconds in own.items() if seconds is not None},
        feedback_s=FEEDBACK_S * time_scale,
        outage_s=OUTAGE_S * time_scale,
    )
