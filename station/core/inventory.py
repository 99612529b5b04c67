"""Reports of the device model: which variables they list, and how they are divided into messages (B07, B08)."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from ocpp.v201.enums import ComponentCriterionEnumType, ReportBaseEnumType

from station.core.device_model import DeviceModel
from station.core.variables import READ_ONLY, Address, Variable

T = TypeVar("T")
Criterion = ComponentCriterionEnumType
Rows = list[Variable[Any]]

AVAILABILITY: Final = "AvailabilityState"
ABNORMAL: Final = frozenset({"Problem", "Tripped", "Overload", "Fallback"})
"""Variables that tell an abnormal state by being true (B07.FR.09)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a GetReport asks for; None stands for all there are (B08.FR.20-25)."""

    component: str
    variable: str | None = None
    instance: str | None = None
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None

    @property
    def pattern(self) -> "Wanted":
        """Return the form that is compared with `Address.key`: without regard to case, an empty instance is none."""
        return replace(
            self,
            component=self.component.lower(),
            variable=_folded(self.variable),
            instance=_folded(self.instance),
            component_instance=_folded(self.component_instance),
        )


@dataclass(frozen=True, slots=True)
class PageSize:
    """How much one message of a report holds at most."""

    items: int
    bytes: int


def base_report(model: DeviceModel, base: ReportBaseEnumType) -> Rows:
    """Return what GetBaseReport asks for."""
    match base:
        case ReportBaseEnumType.configuration_inventory:  # B07.FR.07
            return [row for row in model if row.mutability is not READ_ONLY]
        case ReportBaseEnumType.summary_inventory:  # B07.FR.09
            return [row for row in model if row.name == AVAILABILITY or (row.name in ABNORMAL and model[row])]
        case ReportBaseEnumType.full_inventory:  # B07.FR.08
            return list(model)


def custom_report(model: DeviceModel, criteria: Collection[Criterion], wanted: Collection[Wanted]) -> Rows:
    """Return what meets one of the criteria and is wanted; without the one or the other, that limits nothing."""
    rows: Rows = list(model)
    if wanted:
        patterns = {one.pattern for one in wanted}
        rows = [row for row in rows if _is_one_of(patterns, row.address.key)]
    if criteria:
        places = set().union(*(_places_that_meet(model, criterion) for criterion in criteria))  # B08.FR.13
        rows = [row for row in rows if row.address.place in places]
    return rows


def pages(items: Iterable[T], size: Callable[[T], int], *, most: PageSize) -> Iterator[tuple[list[T], bool]]:
    """Yield the items of one message after the other, and whether more follow; an item that is too large goes alone.

    `size` returns the bytes of an item.
    """
    page: list[T] = []
    used = 0
    for item in items:
        weight = size(item)
        if page and (len(page) >= most.items or used + weight > most.bytes):
            yield page, True
            page, used = [], 0
        page.append(item)
        used += weight
    yield page, False


def _is_one_of(patterns: Collection[Wanted], key: Address) -> bool:
    return any(
        pattern.component == key.component
        and pattern.variable in (None, key.variable)
        and pattern.instance in (None, key.instance)
        and pattern.component_instance in (None, key.component_instance)
        and pattern.evse_id in (None, key.evse_id)
        and pattern.connector_id in (None, key.connector_id)
        for pattern in patterns
    )


def _places_that_meet(model: DeviceModel, criterion: Criterion) -> set[Any]:
    """B08.FR.07-10: a component without the variable counts as active, available and enabled, and has no problem."""
    told = [(row.address.place, bool(model[row])) for row in model if row.name == criterion.value]
    true = {place for place, value in told if value}
    if criterion is Criterion.problem:
        return true
    silent = {row.address.place for row in model} - {place for place, _ in told}
    return true | silent


def _folded(name: str | None) -> str | None:
    return name.lower() if name else None
