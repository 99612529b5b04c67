"""Modbus RTU as a slave speaks it: checksum, end of frame, silence, speed of the line. No port, no device."""

from collections.abc import Iterator
from typing import Final

BITS_PER_CHARACTER: Final = 11
"""Start, 8 data, parity, stop: METER.md section 8."""

SILENCE_S: Final = 0.05
"""A frame that stops in the middle is given up after this. Longer than 3.5 characters, since a pty is no wire."""

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


class Framer:
    """Cuts requests out of the bytes of a line; those of other units and broken ones vanish.

    After each `feed` that leaves `waiting`, the owner calls `silence` once nothing came for SILENCE_S.
    """

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def waiting(self) -> bool:
        """There is an unfinished frame."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take what came in and yield every intact frame that is complete now."""
        self._buffer += data
        while (length := request_length(self._buffer)) is not None and len(self._buffer) >= length:
            candidate, self._buffer = self._buffer[:length], self._buffer[length:]
            if not is_intact(candidate):
                # Nobody knows where the next frame begins; only silence tells.
                self._buffer = b""
                return
            yield candidate

    def silence(self) -> Iterator[bytes]:
        """Give up the unfinished frame, or yield it if it is one of a function whose length is not known."""
        candidate, self._buffer = self._buffer, b""
        if is_intact(candidate):
            yield candidate


def silent_interval_s(baud: int) -> float:
    """Return the gap t3.5 between two frames: 3.5 characters, 1.75 ms above 19200 Bd."""
    return 3.5 * BITS_PER_CHARACTER / baud if baud <= 19200 else 0.00175


def wire_time_s(length: int, baud: int) -> float:
    """Return how long so many bytes take on the wire."""
    return length * BITS_PER_CHARACTER / baud


def reply_delay_s(request: bytes, reply: bytes, baud: int) -> float:
    """Return how long after its first bit a request is completely answered by a slave that needs no time."""
    return wire_time_s(len(request) + len(reply), baud) + silent_interval_s(baud)
