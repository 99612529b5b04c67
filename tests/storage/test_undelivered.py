"""What the CSMS has not got is found, whatever kind of thing it is, and nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from station.core.samples import of_record
from station.storage.outbox import Outbox
from station.storage.sessions import Sessions
from station.storage.undelivered import Held, Undelivered, undelivered
from tests.commands.receipts.archive import BEGIN, END, LATER, OTHER_BEGIN, Archive, opened
from tests.fakes_clock import START


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        archive.add("tx-1", BEGIN, END, sent=True)
        yield archive


def queue(archive: Archive, transaction_id: str | None = None) -> int:
    return Outbox(archive.database).put(
        "TransactionEvent", "{}", created_at=START, offline=True, transaction_id=transaction_id
    )


def test_a_database_of_which_the_csms_has_everything_holds_nothing(archive: Archive) -> None:
    assert undelivered(archive.database) == Undelivered((), 0, 0)
    assert not undelivered(archive.database)


def test_messages_that_wait_and_that_were_given_up_are_counted_by_session(archive: Archive) -> None:
    queue(archive, "tx-1")
    Outbox(archive.database).bury(queue(archive, "tx-1"), "why", START)
    queue(archive)
    found = undelivered(archive.database)
    assert found == Undelivered((Held(1, "tx-1", runs=False, messages=1, letters=1, records=0),), 2, 1)
    assert found


def test_messages_of_no_session_count_too(archive: Archive) -> None:
    Outbox(archive.database).bury(queue(archive), "why", START)
    assert undelivered(archive.database) == Undelivered((), 0, 1)
    assert undelivered(archive.database)


def test_a_session_that_runs_is_held(archive: Archive) -> None:
    archive.add("tx-2", ended=None)
    assert undelivered(archive.database).sessions == (Held(2, "tx-2", True, 0, 0, 0),)


def test_a_session_whose_signed_end_an_evse_still_owes_is_held(archive: Archive) -> None:
    Sessions(archive.database).save(1, '{"evse_id":1,"owed":"tx-1"}')
    assert undelivered(archive.database).sessions == (Held(1, "tx-1", True, 0, 0, 0),)


def test_a_record_that_was_not_sent_or_without_its_signature_is_held_until_somebody_lets_it_go(
    archive: Archive,
) -> None:
    archive.add("tx-2", OTHER_BEGIN, ended=LATER)
    held = (Held(2, "tx-2", False, 0, 0, 1),)
    assert undelivered(archive.database).sessions == held
    archive.receipts.mark_told("tx-2", of_record(OTHER_BEGIN, "Transaction.Begin", signed=False, key=None), LATER)
    assert undelivered(archive.database).sessions == held
    archive.receipts.waive(LATER + timedelta(days=1), at=LATER)
    assert not undelivered(archive.database)
