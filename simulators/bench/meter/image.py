"""The register map of a meter: any range read, any range written by the meter's rules (METER.md section 1)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from simulators.bench.meter.values import Values
from simulators.bench.pdu import ILLEGAL_ADDRESS, ModbusRefusal
from station.meter import registers
from station.meter.codec import Value, decode, encode, to_words
from station.meter.registers import Model, Point

Written: TypeAlias = Mapping[tuple[str, str], Value]
"""Values by alias of the model and name of the point."""

_MARKER: Final = to_words(registers.MARKER.to_bytes(4, "big"))


def read(span: range, values: Callable[[str], Values]) -> list[int]:
    """Return a range of registers; ModbusRefusal outside the map.

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


def written(span: range, words: tuple[int, ...]) -> Written:
    """Return the writable points that a write covers; ModbusRefusal if it covers one only in part.

    Everything that is not writable is passed over.
    """
    _check(span)
    taken: dict[tuple[str, str], Value] = {}
    for at, model, point in _writable():
        covered = range(max(at, span.start), min(at + point.length, span.stop))
        if not covered:
            continue
        if len(covered) < point.length:
            raise ModbusRefusal(ILLEGAL_ADDRESS)
        start = at - span.start
        taken[model.alias, point.name] = decode(point, words[start : start + point.length])
    return taken


def _check(span: range) -> None:
    if span.start < registers.FIRST or span.stop - 1 > registers.LAST:
        raise ModbusRefusal(ILLEGAL_ADDRESS)


def _block(model: Model, values: Values) -> list[int]:
    header: Values = {"ID": model.id, "L": model.length}
    words: list[int] = []
    for point in model.points.values():
        words += encode(point, header.get(point.name, values.get(point.name)))
    return words


def _writable() -> Iterator[tuple[int, Model, Point]]:
    return ((at, model, point) for at, model, point in registers.points() if point.writable)
