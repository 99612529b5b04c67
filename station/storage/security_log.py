"""The security log: every security event, told to the CSMS or not (A04.FR.04)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from station.core.security_events import SecurityEvent
from station.storage.database import Database, instant_of, text_of

MOST_ENTRIES = 10_000
"""The oldest beyond these are dropped; a quiet station fills them in years, in about 1.5 MB."""
DROPPED_AT_ONCE = 100
"""Room is made for many entries at a time, which spares the flash."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A security event as it was logged."""

    number: int
    """Never used again, so that a gap shows that entries were dropped or the log was cleared."""
    at: datetime
    type: str
    tech_info: str
    critical: bool


class SecurityLog:
    """The log, which rolls. Each change is committed by itself unless it stands in a transaction."""

    def __init__(self, database: Database, *, most: int = MOST_ENTRIES) -> None:
        self._database = database
        self._most = most

    def add(self, event: SecurityEvent, tech_info: str, *, at: datetime) -> int:
        """Append an event and return its number; when the log is full the oldest ones go."""
        cursor = self._database.execute(
            "INSERT INTO security_log (at, type, tech_info, critical) VALUES (?, ?, ?, ?)",
            (text_of(at), event.value, tech_info, event.critical),
        )
        number = cursor.lastrowid
        assert number is not None
        if number % DROPPED_AT_ONCE == 0:
            self._database.execute("DELETE FROM security_log WHERE number <= ?", (number - self._most,))
        return number

    def entries(self, *, since: datetime | None = None) -> list[LogEntry]:
        """Return what is logged, in the order in which it was; only from `since` on, if given."""
        rows = self._database.execute(
            "SELECT number, at, type, tech_info, critical FROM security_log WHERE at >= ? ORDER BY number",
            (text_of(since) if since else "",),
        )
        return [_entry(row) for row in rows]

    def clear(self) -> int:
        """Forget all entries and return how many there were; that this was done has to be logged then."""
        return self._database.execute("DELETE FROM security_log").rowcount


def _entry(row: tuple[Any, ...]) -> LogEntry:
    number, at, type_, tech_info, critical = row
    return LogEntry(number, instant_of(at), type_, tech_info, bool(critical))
