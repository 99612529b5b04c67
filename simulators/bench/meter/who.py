"""Who the meter says it is and how it says it is: itself and well, unless a fault wants it otherwise."""

from dataclasses import replace
from functools import cached_property
from typing import Final

from simulators.bench.faults import Faults
from simulators.bench.meter import events
from simulators.bench.meter.identity import Identity
from simulators.bench.meter.key import MeterKey, new_key

_ANOTHER: Final = str.maketrans(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "9876543210ZYXWVUTSRQPONMLKJIHGFEDCBA",
)
"""No character stays what it is."""


class Who:
    """The meter's own identity and the one that it poses with."""

    def __init__(self, own: Identity, *, faults: Faults) -> None:
        self._own = own
        self._faults = faults

    @property
    def now(self) -> Identity:
        """What stands in registers and records at this moment."""
        posed = self._own
        if "meter_changed_serial" in self._faults:
            posed = replace(posed, serial=another_serial(posed.serial))
        if "meter_changed_key" in self._faults:
            posed = replace(posed, key=self._another_key)
        return posed

    @property
    def event_bits(self) -> int:
        """Evt."""
        return events.bits(self._faults)

    @cached_property
    def _another_key(self) -> MeterKey:
        return new_key()


def another_serial(serial: str) -> str:
    """Return the serial of a meter that is not there: other last eight characters."""
    return serial[:-8] + serial[-8:].translate(_ANOTHER)
