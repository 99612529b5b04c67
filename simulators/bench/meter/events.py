"""The event bits of Evt and the faults that set them (METER.md section 1, "Enumerations")."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulators.bench.faults import Faults

FATAL: Final = 1 << 16
"""The measuring part has failed: the only bit that ErrM knows of."""

EVENTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "meter_event_bits": FATAL,
        "meter_event_17": 1 << 17,
        "meter_event_18": 1 << 18,
        "meter_event_19": 1 << 19,
    }
)
"""Bit by the fault that sets it."""


def bits(faults: Faults) -> int:
    """Return Evt as the faults that are on make it."""
    return sum(bit for fault, bit in EVENTS.items() if fault in faults)
