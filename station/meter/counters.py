"""What happened on a Modbus line, in numbers: a loose wire shows here long before a session fails."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Final

NOBODY: Final = 0
"""The unit under which bytes are counted that no device was asked for; none has this address."""


@dataclass(slots=True)
class Counters:
    """What happened since the start, on a line or with one of its units."""

    frames: int = 0
    """Requests sent."""
    retries: int = 0
    """How often a request was repeated."""
    timeouts: int = 0
    """Requests without an answer, or without its end."""
    crc_errors: int = 0
    wrong_answers: int = 0
    """Answers of another unit, to another function or of another length."""
    refusals: int = 0
    """Modbus exceptions."""
    drained_bytes: int = 0
    """Bytes that belonged to no request any more."""
    bytes_out: int = 0
    bytes_in: int = 0


def total(each: Iterable[Counters]) -> Counters:
    """Return the sum, as a value of its own."""
    return Counters(*map(sum, zip(*map(astuple, each), strict=True)))
