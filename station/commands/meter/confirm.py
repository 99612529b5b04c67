"""`station meter confirm`: say that the meter which is there now is the one that is meant."""

import argparse
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TextIO

from station.commands.meter import words
from station.commands.meter.connection import Connection, find, with_meter
from station.commands.meter.identify import fingerprint
from station.errors import StationError
from station.storage.database import Database
from station.storage.journal import Journal
from station.storage.meters import Meters

REFUSED: Final = 1


def run(options: argparse.Namespace) -> int:
    """Compare the meter with the one that is remembered, and remember it; 1 if --yes was not said."""
    place = find(options)
    if place.evse_id is None or place.state_dir is None:
        return int(options.misuse("confirm goes with --config: it is the station's memory that is changed"))
    command = partial(confirm, evse_id=place.evse_id, state_dir=place.state_dir, out=sys.stdout, yes=options.yes)
    return with_meter(options, command)


async def confirm(connection: Connection, *, evse_id: int, state_dir: Path, out: TextIO, yes: bool) -> int:
    """Remember the meter that answers for this EVSE; StorageError while the station runs."""
    with Database.edit(state_dir) as database:
        meters = Meters(database)
        known = meters.known(evse_id)
        identity = await connection.meter.identify()
        found = (identity.serial, identity.public_key)
        facts = [("is there", _told(*found))]
        if known is not None:
            facts.insert(0, ("is known", f"{_told(known.serial, known.public_key)}, {_since(known.met_at)}"))
        if known is not None and (known.serial, known.public_key) == found:
            print(words.lines([*facts, ("result", "it is the same: nothing to confirm")]), file=out)
            return 0
        facts += _lost(Journal(database), evse_id, identity.serial)
        if connection.place.public_key not in (None, identity.public_key):
            told = f"evse.meter.public_key of EVSE {evse_id} in the settings names another key than this meter has"
            raise StationError(f"{told}; change it there to {identity.public_key.hex()}")
        if not yes:
            facts.append(("not done", "nothing was changed; if this meter is meant, add --yes"))
            print(words.lines(facts), file=out)
            return REFUSED
        meters.confirm(evse_id, identity.serial, identity.public_key, connection.clock.now())
        print(words.lines([*facts, ("result", f"EVSE {evse_id} has this meter from now on")]), file=out)
        return 0


def _told(serial: str, public_key: bytes) -> str:
    return f"meter {serial}, key {fingerprint(public_key)[:16]}..."


def _since(met_at: datetime) -> str:
    return f"met {met_at:%Y-%m-%d}"


def _lost(journal: Journal, evse_id: int, serial: str) -> list[tuple[str, str]]:
    """Say which signed end no meter can give any more once the old one is gone."""
    session = journal.load(evse_id)
    transaction = session.transaction
    begin = transaction.begin if transaction else None
    if session.owed is not None and session.owed_by not in ("", serial):
        return [("given up", f"the signed end of transaction {session.owed}, owed by meter {session.owed_by}")]
    if transaction is not None and begin is not None and begin.meter_serial != serial:
        return [
            ("given up", f"the signed end of transaction {transaction.id}, which meter {begin.meter_serial} began")
        ]
    return []
