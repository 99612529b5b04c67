"""Registers to values and back, for every type of the map; pure.

Words are registers as on the wire: big endian, high word first. "Not available" is None; a string without
text is "".
Source: METER.md section 1, "Types".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from station.meter.registers import Model, Point

Value: TypeAlias = int | str | bytes | None

_SIGNED = frozenset({"int16", "sunssf", "pad"})
_NOT_AVAILABLE = {
    "uint16": 0xFFFF,
    "enum16": 0xFFFF,
    "int16": 0x8000,
    "sunssf": 0x8000,
    "pad": 0x8000,
    "uint32": 0xFFFFFFFF,
    "acc32": 0,
    "bitfield32": 0x80000000,
}
"""The code of each number type; bit 31 alone decides for a bitfield32."""


def decode(point: Point, words: Sequence[int]) -> Value:
    """Return the value of a point: int, str (Latin-1, so every byte survives), bytes of a blob, or None.

    Zero in an acc32 is a reading wherever the meter provides the point: the session register of a turn-on
    snapshot is 0 and is signed as 0. ValueError if the number of words is not the point's length.
    """
    if len(words) != point.length:
        raise ValueError(f"{point.name}: {point.length} registers expected, got {len(words)}")
    match point.type:
        case "string":
            return to_bytes(words).rstrip(b"\0").decode("latin-1")
        case "blob":
            return to_bytes(words)
    number = int.from_bytes(to_bytes(words), "big")
    if _is_missing(point, number):
        return None
    return number - 0x10000 if point.type in _SIGNED and number > 0x7FFF else number


def encode(point: Point, value: Value) -> list[int]:
    """Return the registers of a value; None gives the "not available" code.

    ValueError if it does not fit. Strings and blobs are filled with NUL over the full length, as the meter
    demands for a write.
    """
    size = 2 * point.length
    if point.type in ("string", "blob"):
        data = _text_bytes(point, value)
        if len(data) > size:
            raise ValueError(f"{point.name}: {len(data)} bytes do not fit into {size}")
        return to_words(data.ljust(size, b"\0"))
    if value is None:
        return to_words(_NOT_AVAILABLE[point.type].to_bytes(size, "big"))
    if not isinstance(value, int):
        raise ValueError(f"{point.name}: {point.type} expected, got {value!r}")  # noqa: TRY004
    try:
        return to_words(value.to_bytes(size, "big", signed=point.type in _SIGNED))
    except OverflowError as error:
        raise ValueError(f"{point.name}: {value} does not fit into {point.type}") from error


def to_bytes(words: Sequence[int]) -> bytes:
    """Return registers as bytes, two each."""
    return b"".join(word.to_bytes(2, "big") for word in words)


def to_words(data: bytes) -> list[int]:
    """Return bytes as registers; ValueError if their number is odd."""
    if len(data) % 2:
        raise ValueError(f"{len(data)} bytes are no whole registers")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def scaled(number: int, exponent: int) -> float:
    """Return number x 10^exponent, rounded once."""
    return float(number * 10**exponent) if exponent >= 0 else number / 10**-exponent


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that were read from one model, to be asked by point name.

    KeyError for a name that the model has not or that was not read as a whole.
    """

    model: Model
    first: int
    """Protocol address of the first word."""
    words: Sequence[int]

    def raw(self, name: str) -> Sequence[int]:
        """Return the registers of a point."""
        start = self.model.address(name) - self.first
        end = start + self.model.points[name].length
        if start < 0 or end > len(self.words):
            raise KeyError(f"{self.model.alias}.{name} was not read")
        return self.words[start:end]

    def value(self, name: str) -> Value:
        """Return the decoded value of a point."""
        return decode(self.model.points[name], self.raw(name))

    def number(self, name: str) -> int | None:
        """Return a number as it stands in the register, without its exponent."""
        value = self.value(name)
        if isinstance(value, (str, bytes)):
            raise KeyError(f"{self.model.alias}.{name} is no number")
        return value

    def text(self, name: str) -> str:
        """Return a string."""
        value = self.value(name)
        if not isinstance(value, str):
            raise KeyError(f"{self.model.alias}.{name} is no string")
        return value

    def blob(self, name: str, used: str) -> bytes:
        """Return the used part of a blob; point `used` says how many bytes that is."""
        return to_bytes(self.raw(name))[: self.number(used) or 0]

    def scaled(self, name: str) -> float | None:
        """Return a number times ten to the power of its scale point; None if either is not available."""
        number = self.number(name)
        exponent = self.number(self.model.points[name].scale)
        return None if number is None or exponent is None else scaled(number, exponent)


def _is_missing(point: Point, number: int) -> bool:
    match point.type:
        case "bitfield32":
            return bool(number & 0x80000000)
        case "acc32":
            return number == 0 and not point.provided
        case _:
            return number == _NOT_AVAILABLE[point.type]


def _text_bytes(point: Point, value: Value) -> bytes:
    match value:
        case None:
            return b""
        case str() if point.type == "string":
            try:
                return value.encode("latin-1")
            except UnicodeEncodeError as error:
                raise ValueError(f"{point.name}: {value!r} has characters beyond Latin-1") from error
        case bytes():
            return value
        case _:
            raise ValueError(f"{point.name}: {point.type} expected, got {value!r}")
