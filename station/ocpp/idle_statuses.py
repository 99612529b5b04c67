"""The statuses of what this station does not do at present: no log is uploaded, no firmware installed."""

from ocpp.v201 import call
from ocpp.v201.datatypes import EVSEType
from ocpp.v201.enums import FirmwareStatusEnumType, UploadLogStatusEnumType

from station.ocpp.session import RpcSession
from station.ocpp.triggering import Work


class IdleStatuses:
    """Answers TriggerMessage for tasks that are not under way; the EVSE does not matter (F06.FR.03)."""

    def __init__(self, session: RpcSession) -> None:
        self._session = session

    def log_status(self, _evse: EVSEType | None) -> Work:
        """F06.FR.15: Idle, without a request id."""
        return lambda: self._session.call(call.LogStatusNotification(status=UploadLogStatusEnumType.idle))

    def firmware_status(self, _evse: EVSEType | None) -> Work:
        """F06.FR.16: Idle, without a request id."""
        return lambda: self._session.call(call.FirmwareStatusNotification(status=FirmwareStatusEnumType.idle))
