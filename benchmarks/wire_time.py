"""What a signed start and stop take on the wire at the least, whatever a driver does. Source: METER.md section 8."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

CHARACTER_BITS: Final = 11
GAP_CHARACTERS: Final = 3.5
FIXED_GAP_S: Final = 0.00175
"""The pause between two frames above 19200 Bd."""
GAPS: Final = 2
"""One before the answer, one before the next request."""

READ_REQUEST, READ_ANSWER = 8, 5
"""Bytes; the answer carries two more for each register."""
WRITE_REQUEST, WRITE_ANSWER = 9, 8
"""Bytes; the request carries two more for each register."""


@dataclass(frozen=True, slots=True)
class Read:
    """One request for so many registers."""

    registers: int

    @property
    def size(self) -> int:
        """Bytes of request and answer."""
        return READ_REQUEST + READ_ANSWER + 2 * self.registers


@dataclass(frozen=True, slots=True)
class Write:
    """One request that sets so many registers."""

    registers: int

    @property
    def size(self) -> int:
        """Bytes of request and answer."""
        return WRITE_REQUEST + 2 * self.registers + WRITE_ANSWER


WHOLE_STOP: Final = (
    Write(1),  # the trigger
    Read(1),  # one poll
    *(Read(125), Read(125), Read(125), Read(123)),  # the OCMF text, as long as it can be
)
WHOLE_START: Final = (
    *(Write(120), Write(50)),  # the metadata: 70 and 50 registers, then 50
    *WHOLE_STOP,
)
SNAPSHOT: Final = (Read(125), Read(125), Read(2))
"""The signed values themselves, which the OCMF text only repeats."""


def size(exchanges: Iterable[Read | Write]) -> int:
    """Return how many bytes these exchanges are."""
    return sum(exchange.size for exchange in exchanges)


def seconds(exchanges: Iterable[Read | Write], *, baud: int) -> float:
    """Return how long these exchanges take at the least, with a device that answers at once."""
    every = list(exchanges)
    return seconds_of(size(every), frames=len(every), baud=baud)


def seconds_of(total: int, *, frames: int, baud: int) -> float:
    """Return how long so many bytes take in so many exchanges."""
    character_s = CHARACTER_BITS / baud
    gap_s = GAP_CHARACTERS * character_s if baud <= 19200 else FIXED_GAP_S
    return total * character_s + frames * GAPS * gap_s
