"""What is asked on a Modbus line, and what has to come back, whatever carries it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from station.errors import LineRefusedError
from station.meter.counters import Counters

CHECKSUM: Final = 2
"""Bytes at the end of each frame on a serial line."""
EXCEPTION_SIZE: Final = 3 + CHECKSUM


@dataclass(frozen=True, slots=True)
class Answer:
    """What the answer to one request must look like."""

    head: bytes
    """The bytes it must begin with: unit, function and byte count, or the echo of a write."""
    size: int
    """With checksum."""

    def is_refusal(self, heard: bytes) -> bool:
        return heard[:2] == bytes([self.head[0], self.head[1] | 0x80])

    def size_of(self, heard: bytes) -> int:
        """Return how long the frame is that begins like `heard`."""
        return EXCEPTION_SIZE if self.is_refusal(heard) else self.size

    def mismatch(self, heard: bytes) -> str | None:
        """Say why what was heard so far cannot be the answer; None if it can."""
        if heard[:1] != self.head[:1]:
            return f"an answer of unit {heard[0]}"
        if len(heard) < 2 or self.is_refusal(heard):
            return None
        if heard[1] != self.head[1]:
            return f"an answer to function {heard[1]} instead of {self.head[1]}"
        if heard[: len(self.head)] != self.head[: len(heard)]:
            return f"an answer to another request ({heard[: len(self.head)].hex(' ')})"
        return None

    def is_in(self, heard: bytes, crc_fits: Callable[[bytes], bool]) -> bool:
        """Say whether the whole answer is somewhere in what was heard."""
        starts = (at for at in range(len(heard) - EXCEPTION_SIZE + 1) if heard[at] == self.head[0])
        return any(self._is_at(heard[at:], crc_fits) for at in starts)

    def _is_at(self, heard: bytes, crc_fits: Callable[[bytes], bool]) -> bool:
        size = self.size_of(heard)
        return len(heard) >= size and self.mismatch(heard) is None and crc_fits(heard[:size])


@dataclass(frozen=True, slots=True)
class Question:
    """One request to one unit."""

    unit: int
    pdu: bytes
    """Function, address and what belongs to them."""
    answer: Answer

    @property
    def frame(self) -> bytes:
        """Unit and request, as they are sent between whatever the carrier puts around them."""
        return bytes([self.unit]) + self.pdu

    def refused(self, frame: bytes, port: str) -> LineRefusedError:
        """Return the error that a refusal stands for."""
        address = int.from_bytes(self.pdu[1:3], "big")
        told = f"function {self.pdu[0]} at {address} refused with exception {frame[2]}"
        return LineRefusedError(f"unit {self.unit} on {port}: {told}", code=frame[2])


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait for a device, in seconds, and whether it has to wait for others."""

    timeout_s: float
    late_s: float
    gap_s: float
    urgent: bool


class ModbusLine(Protocol):
    """Many devices behind one port, each asked in its turn. Errors: LineSilentError, LineRefusedError, PortError."""

    port: str
    """A serial port, or tcp://host:port."""

    @property
    def counters(self) -> Counters:
        """What happened on this line so far, of all units together; a copy."""

    def counters_of(self, unit: int) -> Counters:
        """Return what happened with one unit so far; a copy."""

    def is_silent(self, unit: int) -> bool:
        """Say whether a unit has left one request after the other without a byte."""

    async def exchange(self, question: Question, timing: Timing, *, repeated: bool = False) -> bytes:
        """Send one request once and return the answer's PDU."""
