"""Which units of a line are silent: broken, cut off or without power.

A silent unit is asked on, but no more than its neighbours can bear, because each question costs them its timeout:
nothing is repeated, and REST_S pass before the next question. The first byte of it makes it a unit like any other.
"""

from collections import Counter
from typing import Final

SILENT_AFTER: Final = 3
"""So many timeouts since its last byte make a unit silent: as many as one request with its repetitions takes."""
REST_S: Final = 4.0
"""How long a silent unit is left alone after a request, timeout excluded: so it has a fifth of the line at most."""


class Silences:
    """Counts the timeouts of each unit since its last byte."""

    def __init__(self) -> None:
        self._missed: Counter[int] = Counter()

    def heard(self, unit: int) -> None:
        """Take note of a byte, whatever it was part of."""
        self._missed[unit] = 0

    def missed(self, unit: int) -> None:
        """Take note of a timeout."""
        self._missed[unit] += 1

    def __contains__(self, unit: int) -> bool:
        return self._missed[unit] >= SILENT_AFTER

    def rest_s(self, unit: int, usual_s: float) -> float:
        """Return how long after its timeout a unit is left alone; `usual_s` unless it is silent."""
        return max(usual_s, REST_S) if unit in self else usual_s
