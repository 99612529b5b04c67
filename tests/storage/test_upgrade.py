"""A station that was upgraded in the middle of something: what an old version left is ended by its own records."""

import asyncio
from pathlib import Path

import pytest

from station.core.records import RecordKind
from station.storage.database import text_of
from tests.bay import Bay
from tests.fakes import NOON, a_record
from tests.storage.test_migrations import CHARGING, OWING, stored


@pytest.mark.parametrize(
    ("document", "transaction_id", "old_end"),
    [(CHARGING, "transaction-3", 90), (OWING.replace('"evse_id":2', '"evse_id":1'), "transaction-x101", 190)],
)
async def test_the_end_of_an_earlier_session_ends_nothing(
    tmp_path: Path, document: str, transaction_id: str, old_end: int
) -> None:
    stored(tmp_path, schema=1, evse1=document)
    bay = Bay(tmp_path)
    bay.database.execute("DELETE FROM outbox")
    bay.database.execute(
        "INSERT INTO transactions (id, evse_id, started_at) VALUES (?, 1, ?)", (transaction_id, text_of(NOON))
    )
    bay.meter.hardware.counter, bay.meter.hardware.energy_wh = old_end + 10, 5000
    bay.meter.hardware.end = a_record(RecordKind.TURN_OFF, old_end, energy_wh=900)
    async with bay.open():
        await bay.awake()
        await bay.until(lambda: bay.records)
        await asyncio.sleep(20)
        assert bay.meter.calls.count("stop_transaction") == 1
    assert old_end not in {record.pagination for record in bay.records}
    bay.database.close()
