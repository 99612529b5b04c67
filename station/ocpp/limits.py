"""How much of a request this station takes at once: ItemsPerMessage and BytesPerMessage of the device model."""

from dataclasses import dataclass

from station.ocpp.frames import Call, ErrorCode
from station.ocpp.validation import Violation

_LISTS = {
    "GetVariables": "getVariableData",
    "SetVariables": "setVariableData",
    "GetReport": "componentVariable",
    "GetMonitoringReport": "componentVariable",
}
"""Action -> the list whose items are counted."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What one request of an action may hold."""

    items: int
    size_bytes: int


def exceeded(request: Call, limit: Limit) -> Violation | None:
    """Return which limit a valid request exceeds (B06.FR.16, B06.FR.17, B08.FR.17, B08.FR.18)."""
    if request.size_bytes > limit.size_bytes:
        why = f"{request.size_bytes} bytes, but BytesPerMessage is {limit.size_bytes}"
        return Violation(ErrorCode.FORMAT_VIOLATION, why)
    name = _LISTS.get(request.action)
    count = len(request.payload.get(name, ())) if name else 0
    if count > limit.items:
        why = f"{count} items in {name}, but ItemsPerMessage is {limit.items}"
        return Violation(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, why)
    return None
