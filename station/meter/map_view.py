"""Registers for people: which point each belongs to, and what it means; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from station.meter.bsm.identity import events_in_words
from station.meter.codec import Block, Value, to_bytes
from station.meter.ocmf import KINDS
from station.meter.registers import FIRST, LAST, MARKER_ADDRESS, Point, points
from station.meter.snapshot import FAILURES, UPDATING, VALID

MOST: Final = 125
"""Registers in one request."""
_SNAPSHOTS: Final = (64901, 64903)
"""Models of the snapshots and of their OCMF texts."""
_STATUS: Final = {VALID: "valid", UPDATING: "being taken", **FAILURES}


@dataclass(frozen=True, slots=True)
class Row:
    """One point, or the part of one that was read."""

    address: int
    """Of the first register that is shown."""
    name: str
    """Such as bsm.RCR; the models are called as the maker's own tool does."""
    words: Sequence[int]
    value: Value | float
    """Scaled if it has a scale; None if it is not available or not whole."""
    unit: str = ""
    meaning: str = ""
    """What a number stands for; empty if it stands for itself."""
    whole: bool = True


def spans(first: int, count: int) -> Iterator[range]:
    """Yield what to read at a time, so that no point is torn that fits into one request."""
    borders = {at for at, _, _ in points()}
    start, stop = first, first + count
    while start < stop:
        latest = min(start + MOST, stop)
        end = next((at for at in range(latest, start, -1) if at in borders or at == stop), latest)
        yield range(start, end)
        start = end


def rows(first: int, words: Sequence[int]) -> Iterator[Row]:
    """Yield what the registers from `first` on say, in the order of their addresses."""
    stop = first + len(words)
    marker = words[: max(MARKER_ADDRESS + 2 - first, 0)]
    if marker:
        text = to_bytes(marker).decode("latin-1")
        yield Row(first, "marker", marker, text, whole=len(marker) == 2)
    for at, model, point in points():
        if at >= first and at + point.length <= stop:
            yield _row(Block(model, first, words), point, at)
        elif at < stop and at + point.length > first:
            part = words[max(at - first, 0) : at + point.length - first]
            yield Row(max(at, first), f"{model.alias}.{point.name}", part, None, whole=False)


def check(first: int, count: int) -> str:
    """Say why these registers cannot be shown; empty if they can."""
    if first < FIRST or count < 1 or first + count - 1 > LAST:
        return f"{count} registers from {first} on: the map goes from {FIRST} to {LAST}"
    return ""


def _row(block: Block, point: Point, at: int) -> Row:
    name = f"{block.model.alias}.{point.name}"
    value: Value | float = block.value(point.name)
    if point.scale and value is not None:
        try:
            value = block.scaled(point.name)
        except KeyError:
            return Row(at, name, block.raw(point.name), value, f"x 10^{point.scale} {point.unit}")
    unit = point.unit if value is not None else ""
    return Row(at, name, block.raw(point.name), value, unit, _meaning(block, point))


def _meaning(block: Block, point: Point) -> str:
    number = block.value(point.name)
    match point.name:
        case "Epoch" | "DIChgEpoch" | "DOChgEpoch" if isinstance(number, int):
            return f"{datetime.fromtimestamp(number, UTC):%Y-%m-%d %H:%M:%S} UTC"
        case "St" if block.model.id in _SNAPSHOTS and isinstance(number, int):
            return _STATUS.get(number, "unknown")
        case "Typ" if block.model.id in _SNAPSHOTS and isinstance(number, int):
            return KINDS[number].value if number < len(KINDS) else "unknown"
        case "Evt":
            return events_in_words(int.from_bytes(to_bytes(block.raw("Evt")), "big"))
        case "DI" if block.model.alias == "bsm" and isinstance(number, int):
            return "contactor open" if number & 1 else "contactor closed"
        case "DO" if block.model.alias == "bsm" and isinstance(number, int):
            return "output on" if number & 1 else "output off"
        case _:
            return ""
