"""What a meter keeps over a power cut, and over a restart of the bench if it has a state folder."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from simulators.bench.errors import BenchError


@dataclass(slots=True)
class Kept:
    """Counters and energy, hidden digits included."""

    total_wh: float = 0.0
    """TotWhImp."""
    reset_at_wh: float | None = None
    """TotWhImp at the latest reset of RCR; None, for a meter that is new, becomes what it begins with."""
    response_counter: int = 0
    """RCnt."""
    power_downs: int = 0
    """PDCnt."""
    operated_s: float = 0.0
    """OS at the latest power-down."""
    epoch_set_count: int = 0
    epoch_set_os: int = 0

    def __post_init__(self) -> None:
        if self.reset_at_wh is None:
            self.reset_session()

    @property
    def session_wh(self) -> float:
        """RCR: a difference and no sum of its own, or rounding could make it run ahead of TotWhImp."""
        assert self.reset_at_wh is not None
        return self.total_wh - self.reset_at_wh

    def count(self, energy_wh: float) -> None:
        """Add energy to both registers."""
        self.total_wh += energy_wh

    def reset_session(self) -> None:
        """Begin RCR anew with all its digits; TotWhImp keeps its own, so their last steps may fall apart."""
        self.reset_at_wh = self.total_wh


def load(path: Path, *, default: Kept) -> Kept:
    """Return what was saved, or `default` if nothing was; BenchError if the file cannot be used."""
    try:
        values = json.loads(path.read_text("utf-8"))
        if not all(isinstance(number, int | float) for number in values.values()):
            raise TypeError("only numbers are kept")
        values["reset_at_wh"] = values["total_wh"] - values["session_wh"]
        return Kept(**{row.name: values[row.name] for row in fields(Kept)})
    except FileNotFoundError:
        return default
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BenchError(f"{path} does not hold a meter's registers: remove it to begin anew") from error


def save(path: Path, kept: Kept) -> None:
    """Write the file anew, whole or not at all; it tells RCR as the meter shows it."""
    values = asdict(kept) | {"session_wh": kept.session_wh}
    del values["reset_at_wh"]
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(values), "utf-8")
    fresh.replace(path)
