"""Live values as a table for a terminal, or as one line for a file."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from station.commands.meter import words
from station.core.powermeter import Phases, Powermeter


class _Row(NamedTuple):
    label: str
    member: str
    unit: str
    decimals: int
    factor: float = 1


_ROWS: Final = (
    _Row("energy", "energy_wh_import", "kWh", 2, 0.001),
    _Row("power", "power_w", "W", 0),
    _Row("reactive power", "var", "var", 0),
    _Row("voltage", "voltage_v", "V", 1),
    _Row("current", "current_a", "A", 2),
    _Row("power factor", "power_factor", "", 2),
    _Row("frequency", "frequency_hz", "Hz", 1),
)
_LABEL, _CELL = 16, 10


def table(reading: Powermeter, now: datetime | None = None) -> list[str]:
    """Return the values, with their age if it is said what time it is; what is not measured stays empty."""
    heads = "".join(f"{head:>{_CELL}}" for head in ("total", "L1", "L2", "L3"))
    aged = f", {age(reading, now)} old" if now else ""
    return [
        f"meter {reading.meter_id or 'unknown'}, {words.instant(reading.timestamp)}{aged}",
        "",
        f"{'':{_LABEL}}{heads}",
        *(_table_row(row, phases) for row, phases in _present(reading)),
    ]


def line(reading: Powermeter) -> str:
    """Return the values on one line, totals first."""
    parts = []
    for row, phases in _present(reading):
        numbers = [_number(row, value) for value in (phases.total, *phases.each) if value is not None]
        parts.append(" ".join([row.label, *numbers, row.unit]).strip())
    return f"{words.instant(reading.timestamp)}  {'  '.join(parts)}"


def age(reading: Powermeter, now: datetime) -> str:
    """Return how old values are."""
    return f"{max(reading.age_s(now), 0):.1f} s"


def _present(reading: Powermeter) -> Iterator[tuple[_Row, Phases]]:
    for row in _ROWS:
        phases = getattr(reading, row.member)
        if phases is not None:
            yield row, phases


def _table_row(row: _Row, phases: Phases) -> str:
    cells = (_number(row, value) if value is not None else "" for value in (phases.total, *phases.each))
    return f"{row.label:{_LABEL}}{''.join(f'{cell:>{_CELL}}' for cell in cells)}   {row.unit}".rstrip()


def _number(row: _Row, value: float) -> str:
    return f"{value * row.factor:z.{row.decimals}f}"
