"""`station security-log` and `security-log clear`: what happened that matters to security."""

import argparse
import json
from datetime import UTC, datetime

from station import logs
from station.clock import SystemClock
from station.commands.receipts.store import looking, state_dir
from station.storage.database import Database
from station.storage.security_log import LogEntry, SecurityLog


def show(options: argparse.Namespace) -> int:
    """Print the log, one event a line, oldest first; read beside a running station."""
    since = _instant(options) if options.since else None
    with looking(options) as database:
        entries = SecurityLog(database).entries(since=since)
    if not (entries or options.json):
        print("there is no entry")
    for entry in entries:
        print(_as_json(entry) if options.json else _as_line(entry))
    return 0


def clear(options: argparse.Namespace) -> int:
    """Say what would be forgotten, or forget it and queue SecurityLogWasCleared for the CSMS."""
    with looking(options) as database:
        count = len(SecurityLog(database).entries())
    if not options.yes:
        print(f"{_entries(count)} would be deleted, and the CSMS told so; stop the station and add --yes to do so")
        return 0
    with Database.edit(state_dir(options)) as database:
        print(f"{_entries(_cleared(database))} deleted; the CSMS learns of it when the station is connected")
    return 0


def _instant(options: argparse.Namespace) -> datetime:
    """Return the instant that an option names; UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(options.since)
    except ValueError:
        options.misuse(f"--since {options.since}: a date or time like 2026-12-01 or 2026-12-01T08:30 is wanted")
        raise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cleared(database: Database) -> int:
    from station.core.security_events import SecurityEvent
    from station.ocpp.blocks.security import Security
    from station.storage.outbox import Outbox

    logs.configure("warning")
    log = SecurityLog(database)
    security = Security(Outbox(database), log, now=SystemClock().now, ring=lambda: None, online=lambda: False)
    with database.transaction():  # so that no power cut lets it be cleared and not told
        count = log.clear()
        security.notify(SecurityEvent.SECURITY_LOG_WAS_CLEARED, f"{_entries(count)}, by the command line")
    return count


def _as_line(entry: LogEntry) -> str:
    at = entry.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    weight = "critical" if entry.critical else ""
    return f"{entry.number:>6}  {at}  {weight:8}  {entry.type:36}  {entry.tech_info}".rstrip()


def _as_json(entry: LogEntry) -> str:
    fields = {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "type": entry.type,
        "critical": entry.critical,
        "techInfo": entry.tech_info,
    }
    return json.dumps(fields)


def _entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"
