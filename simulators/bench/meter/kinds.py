"""The five snapshots as rows: where they are, what they do, how long they take (METER.md sections 1 and 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

VALID: Final = 0
INVALID: Final = 1
UPDATING: Final = 2
FAILED: Final = 3
FAILED_NOT_ENABLED: Final = 4
FAILED_FEEDBACK: Final = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of snapshot. Its steps are given as parts of the time from command to signed data."""

    name: str
    typ: int
    snapshot: str
    """Alias of its model."""
    ocmf: str
    tx: str
    """TX of its OCMF text."""
    duration_s: float
    sampled_at: float
    switched_off_at: float | None = None
    """Turn-on and turn-off open the relay first and check the contactor's feedback."""
    switched_on_at: float | None = None
    resets_session: bool = False


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("current", 0, "scs", "oscs", "C", 4.0, sampled_at=0.5),
            Kind(
                "turn_on",
                1,
                "stons",
                "ostons",
                "B",
                10.0,
                switched_off_at=0.05,
                sampled_at=0.5,
                switched_on_at=0.97,
                resets_session=True,
            ),
            # The values are taken five seconds after the relay opened: 1.5 s and 6.5 s of 8 s.
            Kind("turn_off", 2, "stoffs", "ostoffs", "E", 8.0, switched_off_at=0.1875, sampled_at=0.8125),
            Kind("start", 3, "sss", "osss", "B", 4.0, sampled_at=0.5, resets_session=True),
            Kind("end", 4, "ses", "oses", "E", 4.0, sampled_at=0.5),
        )
    }
)
"""By name."""

BY_SNAPSHOT: Final[Mapping[str, Kind]] = MappingProxyType({kind.snapshot: kind for kind in KINDS.values()})
BY_OCMF: Final[Mapping[str, Kind]] = MappingProxyType({kind.ocmf: kind for kind in KINDS.values()})
