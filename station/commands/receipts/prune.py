"""`station receipts prune`: deletes what is old, if the CSMS has it."""

import argparse
from datetime import datetime, timedelta

from station.clock import SystemClock
from station.commands.receipts.store import looking, state_dir
from station.storage.database import Database
from station.storage.pruning import due, ended
from station.storage.receipts import Receipts

LONGEST_DAYS = 36500


def prune_(options: argparse.Namespace) -> int:
    """Say what would be deleted, or delete it; the station has to be stopped for the latter."""
    if not 0 <= options.older_than <= LONGEST_DAYS:
        options.misuse(f"--older-than {options.older_than}: 0 to {LONGEST_DAYS} days are allowed")
    older_than = SystemClock().now() - timedelta(days=options.older_than)
    with looking(options) as database:
        doomed, old = len(due(database, older_than)), ended(database, older_than)
    print(f"{_sessions(old)} ended before {older_than.isoformat(timespec='seconds')}")
    if old > doomed:
        print(f"{_sessions(old - doomed)} of these stay: it is not known that the CSMS has everything of them")
    if not doomed:
        print("nothing to delete")
    elif options.yes:
        with Database.edit(state_dir(options)) as database:
            print(f"{_sessions(_delete(Receipts(database), older_than))} deleted")
    else:
        print(f"{_sessions(doomed)} would be deleted; stop the station and add --yes to do so")
    return 0


def _delete(receipts: Receipts, older_than: datetime) -> int:
    total = 0
    while count := receipts.prune(older_than):
        total += count
    return total


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
