"""What a measurement comes to: our figure beside a reference, the ratio of the two, and the goal it is held to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any


class Bound(StrEnum):
    """On which side of the goal a ratio has to be; the goal itself is good enough."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Samples:
    """What the rounds of a measurement gave, all in one unit."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("there is no figure without a round")

    @property
    def figure(self) -> float:
        """The median: one round that another process disturbed does not move it."""
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report."""

    key: str
    """The letter by which `--only` names it."""
    name: str
    unit: str
    ours: Samples
    reference: Samples
    reference_name: str
    bound: Bound
    goal: float
    """What the ratio is held to."""
    notes: tuple[str, ...] = ()

    @property
    def ratio(self) -> float:
        """Our figure in terms of the reference."""
        return self.ours.figure / self.reference.figure

    @property
    def met(self) -> bool:
        return self.ratio <= self.goal if self.bound is Bound.AT_MOST else self.ratio >= self.goal


def as_document(result: Result) -> dict[str, Any]:
    """Return a result as JSON-able data, each round included."""
    return {
        "key": result.key,
        "name": result.name,
        "unit": result.unit,
        "ours": round(result.ours.figure, 3),
        "reference": round(result.reference.figure, 3),
        "reference_name": result.reference_name,
        "ratio": round(result.ratio, 4),
        "goal": f"{result.bound} {result.goal:g}",
        "met": result.met,
        "rounds": {
            "ours": [round(value, 3) for value in result.ours.values],
            "reference": [round(value, 3) for value in result.reference.values],
        },
        "notes": list(result.notes),
    }


def lines(results: Iterable[Result]) -> list[str]:
    """Return the report for people."""
    rows = [("", "ours", "reference", "ratio", "goal", "")]
    told: list[Sequence[str]] = [()]
    for result in results:
        rows.append(
            (
                f"{result.key}  {result.name}",
                f"{result.ours.figure:.1f} {result.unit}",
                f"{result.reference.figure:.1f} {result.unit}, {result.reference_name}",
                f"{result.ratio:.2f}",
                f"{result.bound} {result.goal:g}",
                "met" if result.met else "MISSED",
            )
        )
        told.append(result.notes)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    report = []
    for row, notes in zip(rows, told, strict=True):
        report.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        report.extend(f"   {note}" for note in notes)
    return report
