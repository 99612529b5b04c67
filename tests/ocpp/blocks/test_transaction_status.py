"""The CSMS may ask whether a transaction goes on, and whether all of it was told."""

import pytest
from ocpp.v201 import call, call_result

from station.core.events import StopCause, StopRequested
from station.ocpp.blocks.transaction_status import TransactionStatus
from station.storage.outbox import Outbox
from tests.ocpp.yard import Yard


class Counter:
    """A yard, and what is answered about its transactions."""

    def __init__(self, yard):
        self.yard = yard
        self.outbox = Outbox(yard.database)
        self.block = TransactionStatus(yard.evses, is_queued=lambda which: self.outbox.pending_of(which) > 0)

    async def ask(self, transaction_id=None):
        return await self.block.status(call.GetTransactionStatus(transaction_id=transaction_id))

    def deliver_all(self):
        self.outbox.drop([row.id for row in self.outbox.head(1000)])


@pytest.fixture
async def counter(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        yield Counter(yard)


def answer(queued, ongoing=None):
    return call_result.GetTransactionStatus(messages_in_queue=queued, ongoing_indicator=ongoing)


@pytest.mark.ocpp("E14.FR.01", "E14.FR.05")
async def test_a_transaction_that_never_was_does_not_go_on_and_has_nothing_to_tell(counter):
    await counter.yard.charge()
    assert await counter.ask("one that never was") == answer(False, False)


@pytest.mark.ocpp("E14.FR.02", "E14.FR.04", "E14.FR.05")
async def test_one_that_runs_goes_on_whether_or_not_all_of_it_was_told(counter):
    transaction_id = await counter.yard.charge(2)
    assert await counter.ask(transaction_id) == answer(True, True)
    counter.deliver_all()
    assert await counter.ask(transaction_id) == answer(False, True)


@pytest.mark.ocpp("E14.FR.02", "E14.FR.03", "E14.FR.04", "E14.FR.05")
async def test_one_goes_on_until_its_end_is_signed_and_not_longer(counter):
    transaction_id = await counter.yard.charge()
    evse = counter.yard.evses[1]
    evse.post(StopRequested(StopCause.REMOTE))
    await counter.yard.until(lambda: evse.session.transaction.stop)
    assert await counter.ask(transaction_id) == answer(True, True)
    await counter.yard.until(lambda: evse.session.transaction is None)
    assert await counter.ask(transaction_id) == answer(True, False)
    counter.deliver_all()
    assert await counter.ask(transaction_id) == answer(False, False)


@pytest.mark.ocpp("E14.FR.06", "E14.FR.07", "E14.FR.08")
async def test_without_a_transaction_only_the_queue_is_told(counter):
    assert await counter.ask() == answer(False)
    await counter.yard.charge()
    assert await counter.ask() == answer(True)
    counter.deliver_all()
    assert await counter.ask() == answer(False)


@pytest.mark.ocpp("E14.FR.05", "E14.FR.08")
async def test_messages_about_something_else_or_another_transaction_do_not_count(counter):
    transaction_id = await counter.yard.charge()
    counter.deliver_all()
    counter.outbox.put("NotifyEvent", "{}", created_at=counter.yard.clock.now(), offline=False)
    assert await counter.ask() == answer(False)
    await counter.yard.charge(2)
    assert await counter.ask(transaction_id) == answer(False, True)
    assert await counter.ask() == answer(True)
