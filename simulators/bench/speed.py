"""How long frames take on a serial line (METER.md section 8)."""

import math
from typing import Final

BITS_PER_CHARACTER: Final = 11
"""Start, 8 data, parity, stop."""


def silent_interval_s(baud: int) -> float:
    """Return the gap t3.5 between two frames: 3.5 characters, 1.75 ms above 19200 Bd."""
    return 3.5 * BITS_PER_CHARACTER / baud if baud <= 19200 else 0.00175


def wire_time_s(length: int, baud: int) -> float:
    """Return how long so many bytes take on the wire."""
    return length * BITS_PER_CHARACTER / baud


class Wire:
    """What a line is made of: it carries one frame at a time, with t3.5 of silence after each.

    Without pacing it takes no time.
    """

    def __init__(self, *, pacing: bool) -> None:
        self._pacing = pacing
        self._free_s = -math.inf

    def carry(self, length: int, *, baud: int, from_s: float) -> float:
        """Return when a frame is through whose sender is ready at `from_s` (both loop time), and take that time."""
        if not self._pacing:
            return from_s
        through_s = max(from_s, self._free_s) + wire_time_s(length, baud)
        self._free_s = through_s + silent_interval_s(baud)
        return through_s
