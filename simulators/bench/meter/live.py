"""The AC block: live values as the real meter scales and rounds them (METER.md section 1)."""

from typing import Final

from simulators.bench import mains
from simulators.bench.mains import Phases
from station.meter.codec import Value

_EXPONENTS: Final = {"A_SF": -2, "V_SF": -1, "Hz_SF": -1, "W_SF": 1, "VA_SF": 1, "VAR_SF": 1, "PF_SF": -1}
_PHASES: Final = ("phA", "phB", "phC")
_POWER_FACTOR_PERCENT = 100


def values(currents_a: Phases, *, at_s: float) -> dict[str, Value]:
    """Return currents, voltages, frequency and powers at an instant of loop time, by point name."""
    watts = mains.powers_w(currents_a, at_s)
    found: dict[str, Value] = dict(_EXPONENTS)
    found["Hz"] = _steps(mains.frequency_hz(at_s), "Hz_SF")
    for name, per_phase in (("A", currents_a), ("W", watts), ("VA", watts), ("VAR", mains.NO_LOAD)):
        found[name] = _steps(sum(per_phase), f"{name}_SF")
        for phase, value in zip(_PHASES, per_phase, strict=True):
            found[name + phase] = _steps(value, f"{name}_SF")
    for phase, volts in zip(_PHASES, mains.voltages_v(at_s), strict=True):
        found[f"PhV{phase}"] = _steps(volts, "V_SF")
        found[f"PF{phase}"] = _steps(_POWER_FACTOR_PERCENT, "PF_SF")
    return found


def _steps(value: float, exponent: str) -> int:
    scale: float = 10 ** _EXPONENTS[exponent]
    return round(value / scale)
