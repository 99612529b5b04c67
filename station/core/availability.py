"""What is out of service: the station, an EVSE or a connector, each for itself; any of them counts (G03, G04)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """What ChangeAvailability names: 0 stands for the whole station, or for the whole EVSE."""

    evse_id: int = 0
    connector_id: int = 0

    def holds(self, evse_id: int) -> bool:
        """Tell whether an EVSE, with its only connector, is out of service when this place is."""
        return self.evse_id in (0, evse_id)


def out_of_service(places: Iterable[Place], evse_id: int) -> bool:
    """Tell whether one of the inoperative places takes the EVSE with it (G03.FR.06, G04.FR.07)."""
    return any(place.holds(evse_id) for place in places)
