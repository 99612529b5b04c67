"""A station's database with sessions in it, and the commands that look into it beside the station."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from station.cli import main
from station.core.powermeter import IdentificationFlag, IdentificationLevel, IdentificationStatus, IdentificationType
from station.core.powermeter import TransactionReq as Request
from station.core.records import RecordKind, SignedRecord
from station.core.tokens import IdToken
from station.meter.evidence.verdict import examine, signed_record
from station.storage.database import Database
from station.storage.meters import Meters
from station.storage.receipts import Receipts
from tests.fakes_clock import START, FakeClock
from tests.meter import vectors
from tests.meter.snapshots import FIRST, LAST, ROWS, registers_of
from tests.meter.vectors import DEMO_KEY

CARD = IdToken("04A2B3C4", "ISO14443")
REQUEST = Request(
    "DE*ABC*E1234*1",
    "tx-1",
    IdentificationStatus.ASSIGNED,
    (IdentificationFlag.RFID_RELATED,),
    IdentificationType.ISO14443,
    IdentificationLevel.HEARSAY,
    CARD.value,
    "0.49 EUR/kWh",
)
LATER = START + timedelta(hours=1)


def record_of(text: bytes, kind: RecordKind, *, snapshot: bytes = b"", key: bytes = DEMO_KEY) -> SignedRecord:
    """A text as the station would store it."""
    return replace(signed_record(examine(text, key), text, key=key, kind=kind), snapshot=snapshot)


BEGIN = record_of(vectors.BEGIN, RecordKind.TURN_ON, snapshot=FIRST)
END = record_of(vectors.END, RecordKind.TURN_OFF, snapshot=LAST)
OTHER_BEGIN = record_of(
    vectors.OCMF["001BZR1521070003-T22107-B"],
    RecordKind.TURN_ON,
    snapshot=registers_of(ROWS["001BZR1521070003-22107"]),
)
OTHER_END = record_of(vectors.OCMF["001BZR1521070003-T22108-E"], RecordKind.TURN_OFF)


class Archive:
    """The meter at EVSE 1 is known to the station."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database.open(folder, FakeClock())
        self.receipts = Receipts(self.database)
        Meters(self.database).remember(1, BEGIN.meter_serial, DEMO_KEY, START)

    def add(
        self,
        transaction: str,
        *records: SignedRecord,
        evse: int = 1,
        token: IdToken | None = CARD,
        request: Request | None = None,
        ended: datetime | None = LATER,
        sent: bool = False,
    ) -> None:
        """Add a session, over or not."""
        self.receipts.begin(transaction, evse_id=evse, token=token, started_at=START, request=request)
        for record in records:
            self.receipts.add_record(transaction, record, at=START)
            if sent:
                self.receipts.mark_sent(record.ocmf, LATER)
        if ended:
            self.receipts.finish(transaction, ended_at=ended, stopped_reason="Local")

    def add_usual(self) -> None:
        """Session 1 is over, 2 runs, 3 runs without a record yet."""
        self.add("tx-1", BEGIN, END, request=REQUEST, sent=True)
        self.add("tx-2", OTHER_BEGIN, evse=2, token=None, ended=None)
        self.add("tx-3", ended=None)

    def spoil(self, sql: str) -> None:
        """Write to the records as nobody may."""
        connection = sqlite3.connect(self.folder / "station.db")
        with contextlib.closing(connection), connection:
            connection.execute("DROP TRIGGER IF EXISTS records_stay_as_they_are")
            connection.execute(sql)

    def run(self, action: str, *arguments: str) -> int:
        """Run `station receipts` as a person does; return the exit code."""
        return main(["receipts", action, "--state-dir", str(self.folder), *arguments])


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Archive]:
    """An archive in an open database, as beside a running station."""
    archive = Archive(folder)
    try:
        yield archive
    finally:
        archive.database.close()
