"""What an input means, and what follows from it for an EVSE."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from station.core.faults import Fault
from station.core.session import MINIMUM_OFFER_AMPS
from station.hardware.pins import InputPin


class Meaning(StrEnum):
    """What it means that an input is active."""

    EMERGENCY_STOP = "emergency-stop"
    RESIDUAL_CURRENT = "residual-current"
    DOOR = "door"
    LIMIT_4200W = "limit-4200w"
    """The grid operator wants no more than 4.2 kW (section 14a EnWG)."""


FAULTS: Final[Mapping[Meaning, Fault]] = {
    Meaning.EMERGENCY_STOP: Fault.EMERGENCY,
    Meaning.RESIDUAL_CURRENT: Fault.GROUND,
    Meaning.DOOR: Fault.DOOR,
}
"""Meanings that keep an EVSE from charging."""

GRID_LIMIT_W: Final = 4200.0
"""What remains to each EVSE while the grid operator limits."""
PHASE_V: Final = 230.0


@dataclass(frozen=True, slots=True)
class Wired:
    """An input: where it is, what it means, and which EVSEs it is about."""

    name: str
    pin: InputPin
    meaning: Meaning
    evse_ids: tuple[int, ...]
    latch: bool = False
    """What it said stays until somebody resets it."""
    debounce_s: float = 0.05


@dataclass(frozen=True, slots=True)
class InputState:
    """How an input stands."""

    name: str
    meaning: Meaning
    evse_ids: tuple[int, ...]
    active: bool | None
    """What counts: the contact, a latch, or that it cannot be read; None before the first look."""
    contact: bool | None = None
    """What the contact says; None while nobody knows."""
    latched: bool = False
    """It was active and waits for a reset."""
    error: str = ""
    """Why it cannot be read; it counts as active then, whatever it means."""

    @property
    def text(self) -> str:
        """Why it counts as active, for an operator."""
        if self.error:
            return f"input {self.name} cannot be read: {self.error}"
        if self.latched and not self.contact:
            return f"input {self.name} was active and waits for a reset"
        return f"input {self.name}"


def grid_limit_amps(phases: int) -> float:
    """Return the current that keeps an EVSE below the grid operator's limit; never less than can be offered."""
    return max(MINIMUM_OFFER_AMPS, float(GRID_LIMIT_W // (PHASE_V * phases)))
