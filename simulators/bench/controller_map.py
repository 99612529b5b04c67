"""The charge controller's registers as data: what docs/bench.md tells the author of a driver."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from types import MappingProxyType
from typing import Final

ENABLE: Final = 4000
AVAILABLE: Final = 4001
LOCK: Final = 4002
MONITOR: Final = 4006
ALLOW_D: Final = 4010
RCM: Final = 4011
LARGEST_A: Final = 22000

PWM_COIL: Final = 20000
AVAILABLE_COIL: Final = 20001
LOCK_COIL: Final = 20002
RCM_TEST_COIL: Final = 20003
RCM_RESET_COIL: Final = 20004

STATE: Final = 24000
PROXIMITY_A: Final = 24001
DUTY_PERCENT: Final = 24002
OFFERED_A: Final = 24003
INPUTS: Final = 24004
OUTPUTS: Final = 24005
ERRORS: Final = 24025


@dataclass(frozen=True, slots=True)
class Holding:
    """A register that can be written."""

    allowed: range
    default: int


HOLDING: Final[Mapping[int, Holding]] = MappingProxyType(
    {
        ENABLE: Holding(range(1, 4), 2),
        AVAILABLE: Holding(range(1, 3), 1),
        LOCK: Holding(range(1, 4), 1),
        MONITOR: Holding(range(2), 0),
        ALLOW_D: Holding(range(2), 0),
        RCM: Holding(range(2), 1),
        LARGEST_A: Holding(range(6, 64), 16),
    }
)

KEPT: Final = frozenset({ENABLE, AVAILABLE, LOCK, MONITOR, ALLOW_D, RCM})
"""Registers that a power cut does not change."""

COILS: Final = range(PWM_COIL, RCM_RESET_COIL + 1)
MOMENTARY_COILS: Final = frozenset({RCM_TEST_COIL, RCM_RESET_COIL})
"""They start something and read 0 again at once."""

ALWAYS: Final = 1
BY_COIL: Final[Mapping[int, tuple[int, int]]] = MappingProxyType(
    {ENABLE: (3, PWM_COIL), AVAILABLE: (2, AVAILABLE_COIL), LOCK: (3, LOCK_COIL)}
)
"""For each mode register: the mode that obeys a coil, and the coil."""


class Inputs(IntFlag):
    """Register 24004."""

    ENABLE = 1
    LOCKED = 2
    RCM_TRIPPED = 4
    CONTACTOR_CLOSED = 8


class Outputs(IntFlag):
    """Register 24005."""

    CONTACTOR = 1
    LOCK = 2
    VENTILATION = 4


class Errors(IntFlag):
    """Register 24025."""

    NONE = 0
    CABLE_REFUSED = 1 << 0
    PROXIMITY_INVALID = 1 << 2
    PILOT_INVALID = 1 << 3
    NOT_AVAILABLE = 1 << 4
    NOT_LOCKED = 1 << 5
    NOT_UNLOCKED = 1 << 6
    STATE_D_REFUSED = 1 << 10
    CONTACTOR_STUCK = 1 << 11
    RCM_TRIPPED = 1 << 14


def duty_percent(amps: float) -> int:
    """Return the duty cycle that offers a current, in whole percent (IEC 61851-1 Table A.8)."""
    return round(amps / 0.6 if amps <= 51 else amps / 2.5 + 64)
