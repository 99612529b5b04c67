"""The other end of a Modbus line: a pty whose answers follow a script."""

import asyncio
import os
import tty
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

Pieces = list[tuple[float, bytes]]
"""What to send: seconds after the request, bytes."""
Fault = Callable[[bytes], Pieces]


def crc(data: bytes) -> bytes:
    """Modbus checksum, bit by bit: independent of the one under test."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


def framed(data: bytes) -> bytes:
    return data + crc(data)


def answer_to(request: bytes) -> bytes:
    """The right answer of a device whose registers hold their own address and whose odd coils are on."""
    unit, function = request[:2]
    address, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
    match function:
        case 3 | 4:
            data = b"".join((address + i).to_bytes(2, "big") for i in range(count))
            return framed(bytes([unit, function, len(data)]) + data)
        case 1:
            bits = sum(((address + i) & 1) << i for i in range(count))
            data = bits.to_bytes((count + 7) // 8, "little")
            return framed(bytes([unit, 1, len(data)]) + data)
        case _:
            return framed(request[:6])


def size_of_request(data: bytes) -> int:
    return 8 if len(data) < 7 or data[1] != 16 else 9 + data[6]


@dataclass
class Heard:
    at: float
    frame: bytes


class Peer:
    """Answers requests; `faults` are used up one a request, then all goes well.

    The slave side stays open here as well, so that a line may close and open the port between requests.
    """

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.master)
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.port = os.ttyname(self.slave)
        self.faults: list[Fault] = []
        self.requests: list[Heard] = []
        self._data = b""

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self.master, self._on_bytes)
        return self

    def __exit__(self, *exc: object) -> None:
        self.hang_up()

    def stop_reading(self) -> None:
        """A driver that takes no more bytes."""
        asyncio.get_running_loop().remove_reader(self.master)

    def hang_up(self) -> None:
        """The adapter is pulled out."""
        if self.master >= 0:
            asyncio.get_running_loop().remove_reader(self.master)
            os.close(self.slave)
            os.close(self.master)
            self.master = -1

    def send(self, data: bytes) -> None:
        if self.master >= 0:
            os.write(self.master, data)

    def _on_bytes(self) -> None:
        with suppress(OSError):
            self._data += os.read(self.master, 4096)
        while len(self._data) >= 8 and len(self._data) >= size_of_request(self._data):
            size = size_of_request(self._data)
            frame, self._data = self._data[:size], self._data[size:]
            self._answer(frame)

    def _answer(self, frame: bytes) -> None:
        loop = asyncio.get_running_loop()
        assert frame == framed(frame[:-2]), "the line sent a bad checksum"
        self.requests.append(Heard(loop.time(), frame))
        fault = self.faults.pop(0) if self.faults else good
        for delay, data in fault(frame):
            if delay:
                loop.call_later(delay, self.send, data)
            else:
                self.send(data)


def good(request: bytes) -> Pieces:
    return [(0, answer_to(request))]


def silent(request: bytes) -> Pieces:
    return []


def late(seconds: float) -> Fault:
    return lambda request: [(seconds, answer_to(request))]


def damaged(request: bytes) -> Pieces:
    answer = answer_to(request)
    return [(0, answer[:-3] + bytes([answer[-3] ^ 0x10]) + answer[-2:])]


def damaged_head(request: bytes) -> Pieces:
    answer = answer_to(request)
    return [(0, answer[:2] + bytes([answer[2] ^ 0x04]) + answer[3:])]


def truncated(request: bytes) -> Pieces:
    return [(0, answer_to(request)[:-4])]


def torn(request: bytes) -> Pieces:
    """The second half comes when nobody waits any more."""
    answer = answer_to(request)
    return [(0, answer[:4]), (1.4, answer[4:])]


def garbage_before(request: bytes) -> Pieces:
    return [(0, b"\x00\xff\x13" + answer_to(request))]


def garbage_behind(request: bytes) -> Pieces:
    return [(0, answer_to(request) + b"\x00\xff")]


def only_garbage(request: bytes) -> Pieces:
    return [(0, bytes(range(200, 240)))]


def garbage_then_late(request: bytes) -> Pieces:
    return [(0, b"\x55" * 30), (0.6, answer_to(request))]


def other_unit(request: bytes) -> Pieces:
    return [(0, framed(bytes([request[0] + 1]) + answer_to(request)[1:-2]))]


def other_function(request: bytes) -> Pieces:
    return [(0, framed(request[:1] + bytes([request[1] ^ 7]) + answer_to(request)[2:-2]))]


def other_length(request: bytes) -> Pieces:
    return [(0, framed(request[:2] + b"\x02\x12\x34"))]


def other_address(request: bytes) -> Pieces:
    """What a write to the neighbour would be answered with."""
    return [(0, framed(request[:3] + bytes([request[3] ^ 1]) + answer_to(request)[4:-2]))]


def refusing(code: int) -> Fault:
    return lambda request: [(0, framed(bytes([request[0], request[1] | 0x80, code])))]


def byte_by_byte(request: bytes) -> Pieces:
    return [(0.0005 * i, bytes([byte])) for i, byte in enumerate(answer_to(request), 1)]


def replying(*answers: bytes) -> list[Fault]:
    """Recorded answers, one a request."""
    return [lambda request, answer=answer: [(0, answer)] for answer in answers]  # type: ignore[misc]
