"""Modbus requests as values and their answers as bytes, for every device of the bench."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

READ_COILS: Final = 1
READ_HOLDING: Final = 3
READ_INPUT: Final = 4
WRITE_COIL: Final = 5
WRITE_REGISTER: Final = 6
WRITE_COILS: Final = 15
WRITE_REGISTERS: Final = 16

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3

_MOST_READ = {1: 2000, 2: 2000, 3: 125, 4: 125}
_MOST_WRITTEN = {15: 1968, 16: 123}
_COIL_ON = 0xFF00


class ModbusRefusal(Exception):  # noqa: N818 - not an error of the bench but what the device answers
    """The device answers with an exception; `code` is its number."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code:02}")
        self.code = code


class Device(Protocol):
    """What sits at the end of a line."""

    @property
    def unit(self) -> int:
        """Its address on the line."""

    @property
    def baud(self) -> int:
        """The speed it is set to."""

    async def execute(self, request: "Request") -> bytes | None:
        """Return the answer's PDU, or None for none at all; raises ModbusRefusal.

        Takes as long as the device holds its answer back.
        """

    def answered(self) -> None:
        """The answer is out: what was to change after it may change."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `values` are registers or coils to write, empty for a read."""

    function: int
    address: int
    count: int
    values: tuple[int, ...] = ()

    @property
    def span(self) -> range:
        """The addresses that the request is about."""
        return range(self.address, self.address + self.count)


def parse(pdu: bytes) -> Request:
    """Return the request in a PDU; ModbusRefusal for an unknown function or counts that contradict each other."""
    function, data = pdu[0], pdu[1:]
    if function not in (*_MOST_READ, *_MOST_WRITTEN, WRITE_COIL, WRITE_REGISTER):
        raise ModbusRefusal(ILLEGAL_FUNCTION)
    if len(data) < (5 if function in _MOST_WRITTEN else 4):
        raise ModbusRefusal(ILLEGAL_VALUE)
    address, second = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    match function:
        case 1 | 2 | 3 | 4:
            return Request(function, address, _checked(second, _MOST_READ[function]))
        case 5:
            if second not in (0, _COIL_ON):
                raise ModbusRefusal(ILLEGAL_VALUE)
            return Request(function, address, 1, (int(second == _COIL_ON),))
        case 6:
            return Request(function, address, 1, (second,))
        case _:
            size = (second + 7) // 8 if function == WRITE_COILS else 2 * second
            if not size == data[4] == len(data) - 5:
                raise ModbusRefusal(ILLEGAL_VALUE)
            values = _bits(data[5:], second) if function == WRITE_COILS else _registers(data[5:])
            return Request(function, address, _checked(second, _MOST_WRITTEN[function]), values)


def found(request: Request, values: Mapping[int, int]) -> list[int]:
    """Return the values that a request asks for; ModbusRefusal if one of them is not there."""
    try:
        return [values[address] for address in request.span]
    except KeyError:
        raise ModbusRefusal(ILLEGAL_ADDRESS) from None


def registers_answer(request: Request, words: Sequence[int]) -> bytes:
    """Return the answer to functions 3 and 4."""
    return bytes((request.function, 2 * len(words))) + b"".join(word.to_bytes(2, "big") for word in words)


def coils_answer(request: Request, coils: Sequence[int]) -> bytes:
    """Return the answer to functions 1 and 2."""
    size = (len(coils) + 7) // 8
    bits = sum(1 << at for at, on in enumerate(coils) if on)
    return bytes((request.function, size)) + bits.to_bytes(size, "little")


def write_answer(request: Request) -> bytes:
    """Return the acknowledge of functions 5, 6, 15 and 16."""
    match request.function:
        case 5:
            second = _COIL_ON if request.values[0] else 0
        case 6:
            second = request.values[0]
        case _:
            second = request.count
    return bytes((request.function,)) + request.address.to_bytes(2, "big") + second.to_bytes(2, "big")


def refusal_answer(function: int, code: int) -> bytes:
    """Return the exception reply to a function."""
    return bytes((function | 0x80, code))


def _checked(count: int, most: int) -> int:
    if not 1 <= count <= most:
        raise ModbusRefusal(ILLEGAL_VALUE)
    return count


def _registers(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))


def _bits(data: bytes, count: int) -> tuple[int, ...]:
    number = int.from_bytes(data, "little")
    return tuple(number >> at & 1 for at in range(count))
