"""Modbus TCP as a server speaks it: a header of seven bytes before each PDU, no checksum."""

import struct
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from simulators.bench.framing import Damage, Inquiry, noise

_HEADER: Final = struct.Struct(">HHHB")
"""Transaction, protocol (0 is Modbus), bytes that follow from the unit on, unit."""
_BEFORE_UNIT: Final = _HEADER.size - 1
_LENGTHS: Final = range(2, 255)
"""Unit and a PDU of 1 to 253 bytes."""


def frame(transaction: int, unit: int, pdu: bytes) -> bytes:
    """Return unit and PDU as they go over the connection."""
    return _HEADER.pack(transaction, 0, 1 + len(pdu), unit) + pdu


def _truncated(reply: bytes) -> bytes:
    # The header tells the shorter length, else the client would take the next answer's bytes for the missing ones.
    transaction, _, _, unit = _HEADER.unpack_from(reply)
    return frame(transaction, unit, reply[_HEADER.size : max(_HEADER.size + 1, len(reply) - 3)])


DAMAGES: Final[Mapping[str, Damage]] = MappingProxyType(
    {
        "wrong_unit": lambda reply: reply[:_BEFORE_UNIT] + bytes((reply[_BEFORE_UNIT] % 247 + 1,)) + reply[7:],
        "truncated": _truncated,
        "garbage": lambda reply: reply[: _HEADER.size] + noise(reply[_HEADER.size :]),
    }
)


class MbapFraming:
    """Cuts requests out of one connection; a header that is none puts it out of step for good."""

    damages = DAMAGES
    waiting = False

    def __init__(self, broke: Callable[[], None]) -> None:
        self.out_of_step = False
        self._broke = broke
        self._unfinished = b""

    def feed(self, data: bytes) -> Sequence[Inquiry]:
        """Take what came in and return every request that is complete now."""
        data, self._unfinished = self._unfinished + data, b""
        found: list[Inquiry] = []
        at = 0
        while not self.out_of_step and len(data) - at >= _HEADER.size:
            transaction, protocol, length, unit = _HEADER.unpack_from(data, at)
            if protocol != 0 or length not in _LENGTHS:
                self.out_of_step = True
                self._broke()
                return found
            end = at + _BEFORE_UNIT + length
            if end > len(data):
                break
            found.append(Inquiry(unit, data[at + _HEADER.size : end], transaction))
            at = end
        if not self.out_of_step:
            self._unfinished = data[at:]
        return found

    def silence(self) -> Sequence[Inquiry]:
        """Go on waiting: the rest of a frame may come at any time."""
        return ()

    def answer(self, inquiry: Inquiry, pdu: bytes) -> bytes:
        """Return the frame of an answer."""
        return frame(inquiry.transaction, inquiry.unit, pdu)
