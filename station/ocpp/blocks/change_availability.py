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
from station.errors import StorageError
from station.evse import Evse
from station.ocpp.model_words import because
from station.ocpp.router import on
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
    async def change(self, request: call.ChangeAvailability) -> Answer:
        """Say whether it happens now or when those who charge are done; it is stored before that is said."""
        place = self._place(request.evse)
        if isinstance(place, StatusInfoType):
            return Answer(status=Status.rejected, status_info=place)
        operative = request.operational_status is OperationalStatusEnumType.operative
        try:
            inoperative = self._keep(place, operative=operative)
        except StorageError as error:
            log.error("availability_not_stored", **_named(place), operative=operative, error=str(error))
            return Answer(status=Status.rejected, status_info=because("InternalError", "it could not be stored"))
        busy = [evse.evse_id for evse in self._within(place) if not idle(evse.session)]
        log.info("availability_requested", **_named(place), operative=operative, busy=busy)
        for evse in self._within(place):
            # G03.FR.07: what is out of service for another reason stays so. Whatever becomes of the answer, this is
            # stored and has to be so; nothing is awaited until the answer is written, so no status overtakes it.
            evse.post(AvailabilityChanged(operative=not out_of_service(inoperative, evse.evse_id)))
        if not busy or operative:
            # G03.FR.03: whoever is served is in an operative place already, also where the opposite was scheduled.
            return Answer(status=Status.accepted)
        who = ", ".join(map(str, busy))
        return Answer(status=Status.scheduled, status_info=because("TxInProgress", f"EVSE {who} is in use"))

    def _keep(self, place: Place, *, operative: bool) -> frozenset[Place]:
        """Store the change; return all that is out of service then. Raises StorageError, nothing is changed then."""
        before = self._store.all()
        if operative:
            self._store.remove(place)
            return before - {place}
        self._store.add(place)
        return before | {place}

    def _within(self, place: Place) -> list[Evse]:
        return [evse for evse in self._evses.values() if place.holds(evse.evse_id)]

    def _place(self, named: EVSEType | None) -> Place | StatusInfoType:
        """Return what is meant, or why there is no such thing; EVSE 0 is the station (G04.FR.01)."""
        place = Place(named.id, named.connector_id or 0) if named else Place()
        if place.evse_id and place.evse_id not in self._evses:
            return because("UnknownEvse", f"there is no EVSE {place.evse_id}")
        if place.connector_id not in ((0, CONNECTOR_ID) if place.evse_id else (0,)):
            return because("UnknownConnectorId", f"EVSE {place.evse_id} has no connector {place.connector_id}")
        return place


def _named(place: Place) -> dict[str, int]:
    names = {"evse": place.evse_id, "connector": place.connector_id}
    return {name: number for name, number in names.items() if number}
