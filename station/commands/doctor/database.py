"""The database: whole, of this version, and what waits in it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Group, Result
from station.errors import StorageError
from station.storage.database import NAME, Database
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts

GROUP: Final = Group("database")
LATE: Final = timedelta(hours=1)
"""What waits longer than this while the station runs, waits for somebody to look."""
NEWS: Final = timedelta(days=30)
SOUND: Final = "ok"
START: Final = "start the station: it takes older ones over, and keeps what is corrupt aside, never deletes it"
DISK_ERROR: Final = "disk I/O error"
"""What SQLite says also if the disk is full, or cannot be written."""
DISK_FIRST: Final = "see computer, disk; if nothing is wrong there, the disk itself fails: `dmesg` tells"


def check(case: Case) -> Iterator[Finding]:
    """Read it, beside a station that runs or not."""
    folder = case.state_dir
    if not (folder / NAME).exists():
        yield GROUP.ok("file", f"{folder / NAME} is not there yet; the station makes it")
        return
    try:
        with Database.look(folder) as database:
            first = whole(database)
            yield first
            if first.result is Result.FAILURE:
                return
            yield queue(database, case.clock.now())
            yield dead_letters(database)
            yield rejected(database, case.clock.now())
    except StorageError as error:
        yield GROUP.failure("file", str(error), DISK_FIRST if DISK_ERROR in str(error) else START)


def whole(database: Database) -> Finding:
    """SQLite finds no damage in it."""
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if verdict == SOUND:
        return GROUP.ok("file", f"{database.path} is whole, schema {version}")
    remedy = (
        "stop the station and copy the file: it may hold bills that were not sent. At its next start the station"
        " keeps it aside and begins a new one"
    )
    return GROUP.failure("file", f"{database.path} is damaged: {verdict}", remedy)


def queue(database: Database, now: datetime) -> Finding:
    """What the CSMS has not got yet."""
    outbox = Outbox(database)
    waiting = outbox.size()
    if not waiting:
        return GROUP.ok("unsent messages", "none")
    age = now - outbox.head()[0].created_at
    told = f"{waiting}, the oldest {_age(age)} old"
    if age < LATE:
        return GROUP.ok("unsent messages", told)
    return GROUP.warning("unsent messages", told, "see csms: they are sent as soon as it answers; nothing is lost")


def dead_letters(database: Database) -> Finding:
    """What was given up because the CSMS refused it again and again."""
    count = Outbox(database).dead_count()
    if not count:
        return GROUP.ok("messages given up", "none")
    remedy = "station letters list tells why; station letters retry sends one again"
    return GROUP.warning("messages given up", str(count), remedy)


def rejected(database: Database, now: datetime) -> Finding:
    """Records that the meter signed and the station would not report; evidence, so they stay for ever."""
    name = "records set aside"
    count = sum(now - record.stored_at < NEWS for record in Receipts(database).rejected())
    if not count:
        return GROUP.ok(name, f"none in the last {NEWS.days} days")
    remedy = "station receipts rejected tells which, and why"
    return GROUP.warning(name, f"{count} in the last {NEWS.days} days", remedy)


def _age(age: timedelta) -> str:
    hours, seconds = divmod(max(0, int(age.total_seconds())), 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} h {seconds // 60} min"
