"""What the error bits of a charge controller mean: which of them are problems of another component."""

from collections.abc import Iterable, Mapping
from typing import Final

from station.core.faults import Fault

FAULTS: Final[Mapping[str, Fault]] = {
    "lock_failed": Fault.LOCK,
    "unlock_failed": Fault.LOCK,
    "pilot_invalid": Fault.PILOT,
    "contactor_stuck": Fault.CONTACTOR,
    "residual_current": Fault.GROUND,
}
"""By the names that ports.PilotStatus uses; every other bit is a problem of the controller itself."""


def faults_of(errors: Iterable[str]) -> dict[Fault, str]:
    """Return the faults that these bits stand for, each with the names of its bits for techInfo."""
    names: dict[Fault, list[str]] = {}
    for error in sorted(errors):
        names.setdefault(FAULTS.get(error, Fault.CONTROLLER), []).append(error)
    return {fault: ", ".join(bits) for fault, bits in names.items()}
