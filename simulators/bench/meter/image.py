"""The register map of a meter: any range read, any range written by the meter's rules (METER.md section 1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from simulators.bench.meter.values import Values
from station.meter import registers
from station.meter.codec import encode, to_bytes, to_words
from station.meter.registers import Model, Point

_MARKER: Final = to_words(registers.MARKER.to_bytes(4, "big"))


class RefusedError(Exception):
    """The meter does not do that; how it says so is not documented."""


@dataclass(frozen=True, slots=True)
class Written:
    """A writable point that a write covers as a whole."""

    alias: str
    """Of its model."""
    point: Point
    address: int
    words: tuple[int, ...]

    @property
    def number(self) -> int:
        """What was written, "not available" being a number like any other."""
        signed = self.point.type == "int16"
        return int.from_bytes(to_bytes(self.words), "big", signed=signed)

    @property
    def text(self) -> str:
        """What was written, without the NULs behind it."""
        return to_bytes(self.words).rstrip(b"\0").decode("latin-1")


def read(span: range, values: Callable[[str], Values]) -> list[int]:
    """Return a range of registers; RefusedError outside the map.

    `values` gives a model's values by its alias; a point that it lacks reads "not available".
    """
    _check(span)
    words: list[int] = []
    first = span.start
    if span.start < registers.FIRST + len(_MARKER):
        first = registers.FIRST
        words += _MARKER
    for model in (*registers.MODELS.values(), registers.END):
        if model.payload + model.length <= span.start or model.base >= span.stop:
            continue
        if not words:
            first = model.base
        words += _block(model, values(model.alias))
    return words[span.start - first : span.stop - first]


def written(span: range, words: Sequence[int]) -> list[Written]:
    """Return the writable points that a write covers; RefusedError if it covers one only in part.

    Everything that is not writable is passed over.
    """
    _check(span)
    return [_piece(span, words, row) for row in registers.points() if row[2].writable and _touches(span, row)]


def _check(span: range) -> None:
    if span.start < registers.FIRST or span.stop - 1 > registers.LAST:
        raise RefusedError(f"{span} is not within the map")


def _block(model: Model, values: Values) -> list[int]:
    header: Values = {"ID": model.id, "L": model.length}
    words: list[int] = []
    for point in model.points.values():
        words += encode(point, header.get(point.name, values.get(point.name)))
    return words


def _touches(span: range, row: tuple[int, Model, Point]) -> bool:
    at, _, point = row
    return at < span.stop and span.start < at + point.length


def _piece(span: range, words: Sequence[int], row: tuple[int, Model, Point]) -> Written:
    at, model, point = row
    if at < span.start or at + point.length > span.stop:
        raise RefusedError(f"{model.alias}.{point.name} is covered only in part")
    start = at - span.start
    return Written(model.alias, point, at, tuple(words[start : start + point.length]))
