"""The mains: three phases of 230 V and 50 Hz with a small ripple that is the same in every run."""

import math
from typing import Final, TypeAlias

Phases: TypeAlias = tuple[float, float, float]

NOMINAL_V: Final = 230.0
NOMINAL_HZ: Final = 50.0
NO_LOAD: Final[Phases] = (0.0, 0.0, 0.0)

_RIPPLE_V = 0.8
_RIPPLE_HZ = 0.02
_TURN = 2 * math.pi / 97
"""Radians per second: the ripple comes round every 97 s, which no clock divides."""
_SHIFT: Final[Phases] = (0.0, 2.1, 4.2)
_SECONDS_PER_HOUR = 3600


def voltages_v(at_s: float) -> Phases:
    """Return the three voltages at an instant of loop time."""
    first, second, third = (NOMINAL_V + _RIPPLE_V * math.sin(_TURN * at_s + shift) for shift in _SHIFT)
    return first, second, third


def frequency_hz(at_s: float) -> float:
    """Return the frequency at an instant of loop time."""
    return NOMINAL_HZ + _RIPPLE_HZ * math.sin(_TURN * at_s)


def powers_w(currents_a: Phases, at_s: float) -> Phases:
    """Return what a load of power factor 1 draws from each phase."""
    first, second, third = (volts * amps for volts, amps in zip(voltages_v(at_s), currents_a, strict=True))
    return first, second, third


def energy_wh(currents_a: Phases, since_s: float, until_s: float) -> float:
    """Return what a constant load draws between two instants: the exact integral of its power."""
    joules = 0.0
    for amps, shift in zip(currents_a, _SHIFT, strict=True):
        ripple = math.cos(_TURN * since_s + shift) - math.cos(_TURN * until_s + shift)
        joules += amps * (NOMINAL_V * (until_s - since_s) + _RIPPLE_V / _TURN * ripple)
    return joules / _SECONDS_PER_HOUR
