"""The frames of a PN532, both ways: what is sent as bytes, what is meant by bytes that came (user manual 6.2.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

START: Final = b"\x00\xff"
NACK: Final = b"\x00\x00\xff\xff\x00\x00"
WAKE_UP: Final = b"\x55\x55" + bytes(14)
"""Any byte wakes the chip, which then needs 2 ms until it listens (user manual 7.2.11); zeros are passed over."""
TO_CHIP, FROM_CHIP = 0xD4, 0xD5
"""First byte of what goes to the chip, and of what comes from it."""
FAILED: Final = 0x7F
"""The one byte of an error frame: the chip could not make sense of what it was told."""
LONGEST_DATA: Final = 264
"""User manual 6.2.1.2: command and response have at most that many bytes, whichever way their length is told."""
_EXTENDED: Final = b"\xff\xff"
"""In place of length and its checksum: the length follows, in two bytes."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The chip has the command, or (`good` False) wants it again."""

    good: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command gave: `command` is its code, `data` what follows."""

    command: int
    data: bytes


@dataclass(frozen=True, slots=True)
class SyntaxFailed:
    """The chip does not understand the command."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A frame whose checksum does not fit."""


Received = Acknowledged | Answer | SyntaxFailed | Broken


def command(code: int, data: bytes = b"") -> bytes:
    """Return the frame of a command."""
    return framed(bytes([TO_CHIP, code]) + data)


def framed(data: bytes) -> bytes:
    """Return a normal information frame; `data` has 1 to 255 bytes."""
    return b"\x00" + START + bytes([len(data), _complement(len(data))]) + data + bytes([_complement(sum(data)), 0])


class FrameReader:
    """Finds frames in what comes; whatever stands between them is passed over."""

    def __init__(self) -> None:
        self._bytes = b""

    def feed(self, chunk: bytes) -> Iterator[Received]:
        """Yield what is complete with these bytes."""
        self._bytes += chunk
        while (start := self._bytes.find(START)) >= 0:
            end, received = _look_at(self._bytes[start + len(START) :])
            if end is None:  # not all of it is there
                self._bytes = self._bytes[start:]
                return
            self._bytes = self._bytes[start + len(START) + end :]
            if received is not None:
                yield received
        self._bytes = self._bytes[-1:] if self._bytes.endswith(START[:1]) else b""

    def forget(self) -> None:
        """Drop a frame that never became whole."""
        self._bytes = b""


def _look_at(body: bytes) -> tuple[int | None, Received | None]:
    """Return how many bytes a frame takes that begins with `body`, and what it means; None: more has to come.

    After what is none the search goes on right behind its start, so that no good frame is lost with it.
    """
    if len(body) < 2:
        return None, None
    if body[:2] == b"\x00\xff":
        return 2, Acknowledged(good=True)
    if body[:2] == b"\xff\x00":
        return 2, Acknowledged(good=False)
    head, length, sound = 2, body[0], not (body[0] + body[1]) % 256
    if body[:2] == _EXTENDED:
        if len(body) < 5:
            return None, None
        head, length, sound = 5, body[2] << 8 | body[3], not sum(body[2:5]) % 256
    if not sound or not 0 < length <= LONGEST_DATA:
        return 0, None
    if len(body) < head + length + 1:
        return None, None
    data = body[head : head + length]
    if (sum(data) + body[head + length]) % 256:
        return 0, Broken()
    return head + length + 1, _meaning(data)


def _meaning(data: bytes) -> Received | None:
    if data == bytes([FAILED]):
        return SyntaxFailed()
    if len(data) >= 2 and data[0] == FROM_CHIP:
        return Answer(data[1] - 1, data[2:])
    return None


def _complement(value: int) -> int:
    return -value & 0xFF
