"""Block N, so far: NotifyEvent for problems."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import ComponentType, EventDataType, VariableType
from ocpp.v201.enums import EventNotificationEnumType, EventTriggerEnumType

from station.core.consequences import CAUSES
from station.core.documents import from_document
from station.core.faults import VARIABLES
from station.core.reports import Alert
from station.ocpp import words
from station.storage.outbox import Queued

TECH_INFO_LENGTH = 500
"""EventDataType.techInfo."""


class Diagnostics:
    """Puts alerts of EVSEs into NotifyEvent."""

    action = "NotifyEvent"
    never_given_up = False

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._active: dict[tuple[int, str], tuple[int, str]] = {}
        """By EVSE and techCode, each problem that the CSMS was told of and that lasts: its eventId and component."""

    def encode(self, row: Queued, body: Any) -> call.NotifyEvent:
        """Return the message of a stored alert; alerts are encoded in the order in which they came about.

        The row's number is the eventId: it is never used again, not even after a restart, as some CSMSs demand.
        """
        alert = from_document(Alert, body)
        cause = self._cause_of(alert)
        self._remember(row.id, alert)
        event = EventDataType(
            event_id=row.id,
            timestamp=words.timestamp(alert.happened_at),
            # A problem is there or not: it changes (N07.FR.19) and passes no threshold; TC_G_20_CS wants it so.
            trigger=EventTriggerEnumType.delta,
            actual_value="true" if self._has_problem(alert) else "false",
            event_notification_type=EventNotificationEnumType.hard_wired_notification,
            component=ComponentType(name=alert.component, evse=words.evse(alert.evse_id)),
            variable=VariableType(name=VARIABLES.get(alert.tech_code, "Problem")),
            tech_code=alert.tech_code,
            tech_info=alert.tech_info[:TECH_INFO_LENGTH] or None,
            cleared=None if alert.active else True,
            transaction_id=alert.transaction_id,
            cause=cause,
        )
        return call.NotifyEvent(generated_at=words.timestamp(self._now()), seq_no=0, event_data=[event])

    def answered(self, body: Any, answer: call_result.NotifyEvent) -> None:
        """Nothing follows from the answer."""

    def _cause_of(self, alert: Alert) -> int | None:
        """Return the event that this problem follows from (N07.FR.05); one of before a restart is not known."""
        if not alert.active:
            return None
        causes = (self._active.get((alert.evse_id, fault)) for fault in CAUSES.get(alert.tech_code, ()))
        return next((event_id for event_id, _ in filter(None, causes)), None)

    def _remember(self, event_id: int, alert: Alert) -> None:
        problem = alert.evse_id, alert.tech_code
        if alert.active:
            self._active[problem] = event_id, alert.component
        else:
            self._active.pop(problem, None)

    def _has_problem(self, alert: Alert) -> bool:
        """Return what `Problem` is: one of several problems of a component may be over, and the others last."""
        there = alert.evse_id, alert.component
        return any((evse_id, component) == there for (evse_id, _), (_, component) in self._active.items())
