"""Block G: ChangeAvailability."""

from collections.abc import Mapping

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import EVSEType, StatusInfoType
from ocpp.v201.enums import ChangeAvailabilityStatusEnumType, OperationalStatusEnumType

from station.core.availability import Place, out_of_service
from station.core.device_model import CONNECTOR_ID
from station.core.events import AvailabilityChanged
from station.core.session import idle
from station.evse import Evse
from station.ocpp.router import Reply, on
from station.storage.availability import OutOfService

Answer = call_result.ChangeAvailability
Status = ChangeAvailabilityStatusEnumType

log = structlog.get_logger("station.change_availability")


class ChangeAvailability:
    """Takes the station, an EVSE or a connector out of service and puts it back; drivers finish first (G03, G04)."""

    def __init__(self, evses: Mapping[int, Evse], store: OutOfService) -> None:
        self._evses = evses
        self._store = store

    @on("ChangeAvailability")
    async def change(self, request: call.ChangeAvailability) -> Reply | Answer:
        """Say whether it happens now or when those who charge are done; it is kept over restarts either way."""
        place = self._place(request.evse)
        if isinstance(place, StatusInfoType):
            return Answer(status=Status.rejected, status_info=place)
        operative = request.operational_status is OperationalStatusEnumType.operative
        busy = [evse.evse_id for evse in self._within(place) if not idle(evse.session)]
        # G03.FR.03: whoever is served is in an operative place already, also where the opposite was scheduled.
        status = Status.scheduled if busy and not operative else Status.accepted
        log.info("availability_requested", **_named(place), operative=operative, busy=busy)
        return Reply(Answer(status=status), then=lambda: self._change(place, operative=operative))

    def _change(self, place: Place, *, operative: bool) -> None:
        (self._store.remove if operative else self._store.add)(place)
        inoperative = self._store.all()
        for evse in self._within(place):
            # G03.FR.07: what is out of service for another reason stays so.
            evse.post(AvailabilityChanged(operative=not out_of_service(inoperative, evse.evse_id)))

    def _within(self, place: Place) -> list[Evse]:
        return [evse for evse in self._evses.values() if place.holds(evse.evse_id)]

    def _place(self, named: EVSEType | None) -> Place | StatusInfoType:
        """Return what is meant, or why there is no such thing; EVSE 0 is the station (G04.FR.01)."""
        place = Place(named.id, named.connector_id or 0) if named else Place()
        if place.evse_id and place.evse_id not in self._evses:
            return StatusInfoType(reason_code="UnknownEvse", additional_info=f"there is no EVSE {place.evse_id}")
        if place.connector_id not in ((0, CONNECTOR_ID) if place.evse_id else (0,)):
            text = f"EVSE {place.evse_id} has no connector {place.connector_id}"
            return StatusInfoType(reason_code="UnknownConnectorId", additional_info=text)
        return place


def _named(place: Place) -> dict[str, int]:
    names = {"evse": place.evse_id, "connector": place.connector_id}
    return {name: number for name, number in names.items() if number}
