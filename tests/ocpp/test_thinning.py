"""A queue that outgrows the storage loses every second value on the way, and never anything else."""

import asyncio
import json
from dataclasses import replace

import pytest
from ocpp.v201.enums import TransactionEventEnumType as Event
from structlog.testing import capture_logs

from station.core.documents import from_document, to_document
from station.core.reports import TransactionReport
from station.ocpp.thinning import BATCH, CHECK_EVERY_S, MOST_QUEUED_IF_LOW, Thinning
from station.storage.database import Database
from station.storage.journal import NOTIFY_EVENT, TRANSACTION_EVENT
from station.storage.outbox import Outbox
from tests.core.test_thinning import PERIODIC, SIGNED, sample
from tests.fakes_clock import START, FakeClock

MOST = 20


class Attic:
    """A queue with little room."""

    def __init__(self, database, *, most=MOST):
        self.store = Outbox(database)
        self.online, self.low, self.in_flight = False, False, None
        self.thinning = Thinning(
            self.store,
            online=lambda: self.online,
            storage_low=lambda: self.low,
            in_flight=lambda: self.in_flight,
            most=most,
        )

    def put(self, report):
        return self.store.put(
            TRANSACTION_EVENT,
            json.dumps(to_document(report)),
            created_at=START,
            offline=True,
            transaction_id=report.transaction_id,
            seq_no=report.seq_no,
        )

    def session(self, count, *, transaction_id="t1", **changes):
        """A whole transaction with so many values on the way."""
        event = replace(PERIODIC, transaction_id=transaction_id)
        self.put(replace(event, event=Event.started, seq_no=0))
        ids = [self.put(replace(event, seq_no=number, **changes)) for number in range(1, count + 1)]
        self.put(replace(event, event=Event.ended, seq_no=count + 1))
        return ids

    def left(self, transaction_id="t1"):
        rows = self.store.of_transaction(transaction_id)
        return [from_document(TransactionReport, json.loads(row.body)).seq_no for row in rows]


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.fixture
def attic(database):
    return Attic(database)


@pytest.mark.ocpp("E04.FR.07", "E04.FR.08", "E11.FR.04", "E11.FR.05", "E12.FR.04", "E12.FR.05")
async def test_every_second_value_goes_and_the_first_and_the_last_event_stay(attic):
    attic.session(MOST)
    with capture_logs() as logs:
        await attic.thinning.check()
    assert attic.left() == [0, *range(2, MOST + 1, 2), MOST + 1]
    [told] = [entry for entry in logs if entry["event"] == "events_dropped"]
    assert (told["transaction"], told["count"], told["first_seq_no"], told["last_seq_no"]) == ("t1", 10, 1, 19)


async def test_nothing_goes_while_there_is_room(attic):
    attic.session(MOST - 2)
    await attic.thinning.check()
    assert len(attic.left()) == MOST


async def test_nothing_goes_while_the_csms_can_be_told(attic):
    attic.session(3 * MOST)
    attic.online = True
    await attic.thinning.check()
    assert len(attic.left()) == 3 * MOST + 2


async def test_what_is_still_too_much_goes_later(attic):
    attic.session(4 * MOST)
    task = asyncio.create_task(attic.thinning.run())
    await asyncio.sleep(CHECK_EVERY_S / 2)
    assert attic.store.size() == 4 * MOST + 2
    await asyncio.sleep(CHECK_EVERY_S)
    assert attic.store.size() == 2 * MOST + 2
    await asyncio.sleep(10 * CHECK_EVERY_S)
    assert attic.store.size() == MOST // 2 + 2
    task.cancel()


async def test_of_a_long_queue_every_message_is_looked_at_and_others_have_their_turn(database):
    attic = Attic(database)
    with database.transaction():
        attic.session(2 * BATCH)
        attic.session(2 * BATCH, transaction_id="t2")
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    await attic.thinning.check()
    task.cancel()
    assert turns >= 6, "four while they are looked at, two while they are dropped"
    assert len(attic.left()) == len(attic.left("t2")) == BATCH + 2


async def test_nothing_more_goes_when_the_csms_comes_back_meanwhile(database):
    attic = Attic(database)
    with database.transaction():
        attic.session(4 * BATCH)

    async def come_back():
        while attic.store.size() == 4 * BATCH + 2:
            await asyncio.sleep(0)
        attic.online = True

    task = asyncio.create_task(come_back())
    await attic.thinning.check()
    await task
    assert attic.store.size() == 3 * BATCH + 2


async def test_there_is_less_room_while_the_flash_is_low(database):
    attic = Attic(database, most=10_000)
    with database.transaction():
        attic.session(MOST_QUEUED_IF_LOW)
    await attic.thinning.check()
    assert attic.store.size() == MOST_QUEUED_IF_LOW + 2
    attic.low = True
    await attic.thinning.check()
    await attic.thinning.check()
    assert attic.store.size() == MOST_QUEUED_IF_LOW // 2 + 2


async def test_what_is_out_and_waits_for_its_answer_stays(attic):
    ids = attic.session(MOST)
    attic.in_flight = ids[0]
    await attic.thinning.check()
    assert attic.left()[:4] == [0, 1, 3, 5]


async def test_what_became_possible_to_send_meanwhile_stays(attic):
    attic.session(MOST)
    checking = asyncio.create_task(attic.thinning.check())
    await asyncio.sleep(0)
    attic.online = True
    await checking
    assert len(attic.left()) == MOST + 2


async def test_signed_values_go_only_when_there_are_no_others(attic):
    attic.session(MOST, transaction_id="signed", samples=(sample(signed=SIGNED),))
    attic.session(2)
    await attic.thinning.check()
    assert (len(attic.left()), len(attic.left("signed"))) == (3, MOST + 2)
    await attic.thinning.check()
    await attic.thinning.check()
    assert (len(attic.left()), len(attic.left("signed"))) == (2, MOST // 2 + 2)


async def test_if_nothing_may_go_nothing_goes_and_it_is_told_once_until_there_is_room_again(attic):
    for number in range(MOST + 1):
        attic.put(replace(PERIODIC, event=Event.started, transaction_id=f"t{number}"))
    attic.store.put(NOTIFY_EVENT, "{}", created_at=START, offline=True)
    attic.store.put(TRANSACTION_EVENT, "{", created_at=START, offline=True)
    with capture_logs() as logs:
        await attic.thinning.check()
        await attic.thinning.check()
        assert [entry["event"] for entry in logs] == ["queue_too_long"]
        assert attic.store.size() == MOST + 3
        attic.online = True
        await attic.thinning.check()
        attic.online = False
        await attic.thinning.check()
        assert [entry["event"] for entry in logs] == ["queue_too_long"] * 2


async def test_events_of_a_transaction_go_together_or_not_at_all(attic, database):
    attic.session(MOST)
    database.execute("CREATE TRIGGER full BEFORE DELETE ON outbox WHEN old.seq_no = 9"
                     " BEGIN SELECT RAISE(ABORT, 'full'); END")  # fmt: skip
    with pytest.raises(Exception, match="full"):
        await attic.thinning.check()
    assert len(attic.left()) == MOST + 2
