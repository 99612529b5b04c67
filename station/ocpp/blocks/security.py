"""Block A, so far: SecurityEventNotification."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from ocpp.v201 import call, call_result

from station.ocpp.words import timestamp
from station.storage.outbox import Outbox, Queued

KIND = "SecurityEventNotification"
STARTUP = "StartupOfTheDevice"
RESET = "ResetOrReboot"
INVALID_MESSAGES = "InvalidMessages"
TECH_INFO_LENGTH = 255

log = structlog.get_logger("station.security")


class Security:
    """Queues security events, so that the critical ones are delivered however long it takes (A04.FR.02)."""

    action = KIND

    def __init__(self, store: Outbox, *, now: Callable[[], datetime], ring: Callable[[], None]) -> None:
        self._store = store
        self._now = now
        self._ring = ring
        self._invalid_told = False

    def notify(self, event: str, tech_info: str = "") -> None:
        """Queue an event; its name is one of the security events of Part 2 appendix 1."""
        log.info("security_event", type=event, text=tech_info)
        body = {"type": event, "at": timestamp(self._now()), "info": tech_info[:TECH_INFO_LENGTH]}
        self._store.put(KIND, json.dumps(body), created_at=self._now(), offline=False)
        self._ring()

    def invalid_message(self, why: str) -> None:
        """Tell once a connection that the CSMS sends what is not valid OCPP."""
        if not self._invalid_told:
            self._invalid_told = True
            self.notify(INVALID_MESSAGES, why)

    def connected(self) -> None:
        """A new connection begins."""
        self._invalid_told = False

    def encode(self, row: Queued, body: Any) -> call.SecurityEventNotification:  # noqa: ARG002 a Postman's contract
        """Return the message of a stored event."""
        return call.SecurityEventNotification(type=body["type"], timestamp=body["at"], tech_info=body["info"] or None)

    def answered(self, body: Any, answer: call_result.SecurityEventNotification) -> None:
        """Nothing follows from the answer."""
