"""What TriggerMessage can ask for: each sender of messages offers its own as a `Source` (F06)."""

from collections.abc import Awaitable, Callable, Mapping

from ocpp.v201.datatypes import EVSEType

from station.evse import Evse

Work = Callable[[], Awaitable[None]]
"""Sends the message; raises RpcError if it could not be delivered."""

Source = Callable[[EVSEType | None], Work | None]
"""Takes the EVSE that the request names; returns None if there is nothing to send for it now (F06.FR.05)."""


def meant(evses: Mapping[int, Evse], named: EVSEType | None) -> list[Evse]:
    """Return the EVSEs that a request is about: all if it names none (F06.FR.11), none if there is no such."""
    if named is None:
        return list(evses.values())
    return [evses[named.id]] if named.id in evses else []
