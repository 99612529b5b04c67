"""BSM-WS36A: when to look whether a snapshot is ready. Each look costs 15 bytes on a slow line."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from station.core.records import RecordKind

FIRST_S: Final = 0.5
"""The first look after a command of a kind that was never seen to finish; no kind is ready sooner."""
GROWTH: Final = 1.08
"""How much later each further look comes then."""
EARLIER: Final = 0.95
"""The first look of a known kind, in parts of the time that it took last: so it is never found much too late."""
STEP_S: Final = 0.05
STEP: Final = 0.01
"""Between two looks about when a known kind is due: the longer of both, STEP in parts of the time it took last."""
OVERDUE: Final = 1.1
"""From here on, in parts of the time it took last, the meter is as good as unknown."""
REMEMBERED: Final = 3
"""Of so many times the shortest counts: a look that the line lost makes one time late, and no other."""


class Pace:
    """Learns how long each kind of snapshot takes on one meter."""

    def __init__(self) -> None:
        self._took_s: dict[RecordKind, deque[float]] = {}

    def learn(self, kind: RecordKind, took_s: float) -> None:
        """Remember when a snapshot was found ready, in seconds after its command."""
        self._took_s.setdefault(kind, deque(maxlen=REMEMBERED)).append(took_s)

    def looks(self, kind: RecordKind) -> Iterator[float]:
        """Yield when to look, in seconds after the command; never ends."""
        at_s = FIRST_S
        if kind in self._took_s:
            took_s = min(self._took_s[kind])
            at_s = EARLIER * took_s
            while at_s < OVERDUE * took_s:
                yield at_s
                at_s += max(STEP_S, STEP * took_s)
        yield from unknown(at_s)


def unknown(first_s: float) -> Iterator[float]:
    """Yield growing instants from `first_s` on, for something that may take long; never ends."""
    at_s = first_s
    while True:
        yield at_s
        at_s = max(at_s + STEP_S, at_s * GROWTH)
