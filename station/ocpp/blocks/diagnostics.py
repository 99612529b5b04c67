"""Block N, so far: NotifyEvent for problems."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import ComponentType, EventDataType, VariableType
from ocpp.v201.enums import EventNotificationEnumType, EventTriggerEnumType

from station.core.documents import from_document
from station.core.reports import Alert
from station.ocpp import words
from station.storage.outbox import Queued

TECH_INFO_LENGTH = 500


class Diagnostics:
    """Puts alerts of EVSEs into NotifyEvent."""

    action = "NotifyEvent"
    never_given_up = False

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now

    def encode(self, row: Queued, body: Any) -> call.NotifyEvent:
        """Return the message of a stored alert.

        The row's number is the eventId: it is never used again, not even after a restart, as some CSMSs demand.
        """
        alert = from_document(Alert, body)
        event = EventDataType(
            event_id=row.id,
            timestamp=words.timestamp(alert.happened_at),
            trigger=EventTriggerEnumType.alerting,
            actual_value="true" if alert.active else "false",
            event_notification_type=EventNotificationEnumType.hard_wired_notification,
            component=ComponentType(name=alert.component, evse=words.evse(alert.evse_id)),
            variable=VariableType(name="Problem"),
            tech_code=alert.tech_code,
            tech_info=alert.tech_info[:TECH_INFO_LENGTH] or None,
            cleared=None if alert.active else True,
            transaction_id=alert.transaction_id,
        )
        return call.NotifyEvent(generated_at=words.timestamp(self._now()), seq_no=0, event_data=[event])

    def answered(self, body: Any, answer: call_result.NotifyEvent) -> None:
        """Nothing follows from the answer."""
