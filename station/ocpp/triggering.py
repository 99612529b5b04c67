"""What TriggerMessage can ask for: each sender of messages offers its own as a `Source` (F06)."""

from collections.abc import Awaitable, Callable, Mapping

from ocpp.v201.datatypes import EVSEType, StatusInfoType

from station.evse import Evse

Work = Callable[[], Awaitable[None]]
"""Sends the message; raises RpcError if it could not be delivered."""

Source = Callable[[EVSEType | None], Work | StatusInfoType | None]
"""Takes the EVSE that the request names; returns why nothing can be sent now, None if that is plain (F06.FR.05)."""


def meant(evses: Mapping[int, Evse], named: EVSEType | None) -> list[Evse]:
    """Return the EVSEs that a request is about: all if it names none (F06.FR.11), none if there is no such."""
    if named is None:
        return list(evses.values())
    return [evses[named.id]] if named.id in evses else []
