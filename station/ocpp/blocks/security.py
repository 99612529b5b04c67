"""Block A, SecurityEventNotification: security events are logged, and queued for the CSMS (A04)."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.enums import BootReasonEnumType

from station.core.security_events import SecurityEvent
from station.errors import StorageError
from station.ocpp.words import timestamp
from station.storage.outbox import Outbox, Queued

KIND = "SecurityEventNotification"
TECH_INFO_LENGTH = 255

log = structlog.get_logger("station.security")


class Book(Protocol):
    """Where every event is written down (station.storage.security_log.SecurityLog)."""

    def add(self, event: SecurityEvent, tech_info: str, *, at: datetime) -> int: ...


class Security:
    """Logs every event (A04.FR.04) and queues what the CSMS is to be told.

    A critical event is queued whenever it happens (A04.FR.01, A04.FR.02). Of the others at most one of a kind is
    queued while the station is offline: they tell that something happened, not how often.
    """

    action = KIND
    never_given_up = True

    def __init__(
        self,
        store: Outbox,
        book: Book,
        *,
        now: Callable[[], datetime],
        ring: Callable[[], None],
        online: Callable[[], bool] = lambda: True,
    ) -> None:
        """`ring` is called when something was queued."""
        self._store = store
        self._book = book
        self._now = now
        self._ring = ring
        self._online = online
        self._once: set[SecurityEvent] = set()
        """What `once` has told since the last connection began."""
        self._waiting: set[SecurityEvent] = set()
        """What is not critical and was queued while offline since then."""

    def notify(self, event: SecurityEvent, tech_info: str = "") -> None:
        """Log an event, and queue it if the CSMS is to learn of it; `tech_info` is cut to what the message takes.

        On a full disk the journal of the computer is all that keeps it.
        """
        at, text = self._now(), _fitting(tech_info)
        log.info("security_event", type=event.value, text=text)
        try:
            with self._store.together():
                self._book.add(event, text, at=at)
                if self._is_told(event):
                    body = {"type": event.value, "at": timestamp(at), "info": text}
                    self._store.put(KIND, json.dumps(body), created_at=at, offline=not self._online())
            self._ring()
        except StorageError as error:
            # Those who tell of something are busy with it: keeping the line up, ending a transaction.
            log.error("security_event_not_kept", type=event.value, error=str(error))

    def once(self, event: SecurityEvent, tech_info: str = "") -> None:
        """Notify of what repeats with each attempt to connect, or with each message: once until a connection begins.

        A00.FR.316, A00.FR.419: the queue must not fill up with attempts that failed.
        """
        if event not in self._once:
            self._once.add(event)
            self.notify(event, tech_info)

    def invalid_message(self, why: str) -> None:
        """Tell once a connection that the CSMS sends what is not valid OCPP."""
        self.once(SecurityEvent.INVALID_MESSAGES, why)

    def replayed_message(self, why: str) -> None:
        """Tell once a connection that a request came whose id an earlier one had already."""
        self.once(SecurityEvent.ATTEMPTED_REPLAY_ATTACKS, why)

    def clock_adjusted(self, before: datetime, after: datetime, *, threshold_s: float) -> None:
        """Tell if the clock was set by more than TimeAdjustmentReportingThreshold, forwards or backwards."""
        log.info("clock_adjusted", before=timestamp(before), after=timestamp(after))
        if abs((after - before).total_seconds()) > threshold_s:
            self.notify(SecurityEvent.SETTING_SYSTEM_TIME, f"from {timestamp(before)} to {timestamp(after)}")

    def started(self, reason: BootReasonEnumType, note: str = "") -> None:
        """Tell that the station has started: out of nothing, or because something let it start anew."""
        fresh = reason in (BootReasonEnumType.power_up, BootReasonEnumType.unknown)
        event = SecurityEvent.STARTUP_OF_THE_DEVICE if fresh else SecurityEvent.RESET_OR_REBOOT
        self.notify(event, f"{reason.value}; {note}" if note else reason.value)

    def connected(self) -> None:
        """A new connection begins: the outage, or the connection before, is over."""
        self._once.clear()
        self._waiting.clear()

    def encode(self, row: Queued, body: Any) -> call.SecurityEventNotification:  # noqa: ARG002 a Postman's contract
        """Return the message of a stored event."""
        return call.SecurityEventNotification(type=body["type"], timestamp=body["at"], tech_info=body["info"] or None)

    def answered(self, body: Any, answer: call_result.SecurityEventNotification) -> None:
        """Nothing follows from the answer."""

    def _is_told(self, event: SecurityEvent) -> bool:
        if event.critical or self._online():
            return True
        first = event not in self._waiting
        self._waiting.add(event)
        return first


def _fitting(text: str) -> str:
    """Return what the message takes of a text that may come from anywhere: one line of whole characters."""
    return "".join(char if char.isprintable() else " " for char in text[:TECH_INFO_LENGTH])
