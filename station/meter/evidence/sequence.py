"""The meter's counter over many records: is one missing; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Gap:
    """Records of one meter that were taken and are not at hand."""

    meter_serial: str
    after: int
    """The last counter (PG, RCnt) before the gap."""
    before: int
    """The first counter behind it."""

    @property
    def missing(self) -> int:
        """How many."""
        return self.before - self.after - 1


def find_gaps(counters: Iterable[tuple[str, int]]) -> tuple[Gap, ...]:
    """Return the gaps in (meter serial, counter), in any order: by serial, then by counter; twice is no gap.

    A gap need not be a lost bill: a current snapshot raises the counter as well, and up to communication firmware
    1.2 every power-up does (METER.md section 4, firmware).
    """
    return tuple(
        Gap(serial, after, before)
        for (serial, after), (other, before) in pairwise(sorted(counters))
        if serial == other and before > after + 1
    )
