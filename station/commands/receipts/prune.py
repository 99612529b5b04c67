"""`station receipts prune`: deletes what is old, if the CSMS has it."""

import argparse
from datetime import datetime, timedelta

from station.clock import SystemClock
from station.commands.receipts.store import looking, state_dir
from station.storage.database import Database
from station.storage.pruning import due, ended, held
from station.storage.receipts import Receipts

LONGEST_DAYS = 36500


def prune_(options: argparse.Namespace) -> int:
    """Say what would be deleted, or delete it; the station has to be stopped for the latter."""
    if not 0 <= options.older_than <= LONGEST_DAYS:
        options.misuse(f"--older-than {options.older_than}: 0 to {LONGEST_DAYS} days are allowed")
    now = SystemClock().now()
    older_than = now - timedelta(days=options.older_than)
    unsigned = options.unsigned
    with looking(options) as database:
        old, delivered, only_here = ended(database, older_than), due(database, older_than), held(database, older_than)
    print(f"{_sessions(old)} ended before {older_than.isoformat(timespec='seconds')}")
    _tell_who_stays(old - len(delivered) - len(only_here), 0 if unsigned else len(only_here))
    doomed = len(delivered) + (len(only_here) if unsigned else 0)
    if not doomed:
        print("nothing to delete")
    elif options.yes:
        with Database.edit(state_dir(options)) as database:
            print(
                f"{_sessions(_delete(Receipts(database), older_than, waived_at=now if unsigned else None))} deleted"
            )
    else:
        print(f"{_sessions(doomed)} would be deleted; stop the station and add --yes to do so")
    return 0


def _tell_who_stays(waiting: int, only_here: int) -> None:
    if waiting:
        print(f"{_sessions(waiting)} of these stay: the CSMS has not been told everything of them")
    if only_here:
        print(f"{_sessions(only_here)} of these stay: the CSMS lacks a signature, which is nowhere but here;")
        print("  station receipts export keeps it, and --unsigned lets them go")


def _delete(receipts: Receipts, older_than: datetime, *, waived_at: datetime | None) -> int:
    total = 0
    while count := receipts.prune(older_than):
        total += count
    while waived_at is not None and (count := receipts.waive(older_than, at=waived_at)):
        total += count
    return total


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
