"""Modbus RTU as a slave speaks it: checksum, length and end of frames. No port, no device."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from simulators.bench.framing import Damage, Inquiry, noise

SILENCE_S: Final = 0.05
"""A frame that stops in the middle is given up after this. Longer than 3.5 characters, since neither a pty nor a
socket is a wire."""

LONGEST: Final = 256
"""Bytes of the longest frame there is."""
AROUND_PDU: Final = 3
"""Unit and checksum."""

_FIXED_LENGTH: Final = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8}
_COUNTED: Final = frozenset({15, 16})
_COUNT_AT: Final = 6
_AROUND_COUNTED: Final = 9


def crc(data: bytes) -> bytes:
    """Return the CRC-16 of Modbus in the order of the wire."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return register.to_bytes(2, "little")


def frame(unit: int, pdu: bytes) -> bytes:
    """Return unit and PDU as they go over the wire."""
    body = bytes((unit,)) + pdu
    return body + crc(body)


def is_intact(data: bytes) -> bool:
    """Whether the checksum of a frame is right."""
    return len(data) >= 4 and crc(data[:-2]) == data[-2:]


def request_length(start: bytes) -> int | None:
    """Return the length of the request that begins so; None while (or if) that cannot be told."""
    if len(start) < 2:
        return None
    function = start[1]
    if function in _COUNTED and len(start) > _COUNT_AT:
        return _AROUND_COUNTED + start[_COUNT_AT]
    return _FIXED_LENGTH.get(function)


DAMAGES: Final[Mapping[str, Damage]] = MappingProxyType(
    {
        "crc": lambda reply: reply[:-1] + bytes((reply[-1] ^ 0xFF,)),
        "wrong_unit": lambda reply: frame(reply[0] % 247 + 1, reply[1:-2]),
        "truncated": lambda reply: reply[: max(1, len(reply) - 3)],
        "garbage": noise,
    }
)


class RtuFraming:
    """Cuts requests out of the bytes of a line; broken ones vanish, and `broke` is called for each.

    After each `feed` that leaves `waiting`, the owner calls `silence` once nothing came for SILENCE_S.
    """

    damages = DAMAGES
    out_of_step = False

    def __init__(self, broke: Callable[[], None]) -> None:
        self._broke = broke
        self._unfinished = b""

    @property
    def waiting(self) -> bool:
        """There is an unfinished frame."""
        return bool(self._unfinished)

    def feed(self, data: bytes) -> Sequence[Inquiry]:
        """Take what came in and return every intact request that is complete now."""
        data, self._unfinished = self._unfinished + data, b""
        found: list[Inquiry] = []
        at = 0
        while (length := request_length(data[at : at + _AROUND_COUNTED])) is not None and len(data) - at >= length:
            candidate = data[at : at + length]
            if not is_intact(candidate):
                # Nobody knows where the next frame begins; only silence tells.
                self._broke()
                return found
            found.append(_inquiry(candidate))
            at += length
        if len(data) - at > LONGEST:
            self._broke()
        else:
            self._unfinished = data[at:]
        return found

    def silence(self) -> Sequence[Inquiry]:
        """Give up the unfinished frame, or return it if it is one of a function whose length is not known."""
        candidate, self._unfinished = self._unfinished, b""
        if is_intact(candidate):
            return [_inquiry(candidate)]
        if candidate:
            self._broke()
        return []

    def answer(self, inquiry: Inquiry, pdu: bytes) -> bytes:
        """Return the frame of an answer."""
        return frame(inquiry.unit, pdu)


def _inquiry(request: bytes) -> Inquiry:
    return Inquiry(request[0], request[1:-2])
