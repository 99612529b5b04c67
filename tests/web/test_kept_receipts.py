"""Receipts that are kept for who asks again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.receipts.desk import ReceiptDesk
from station.receipts.views import PublicReceipt
from station.storage.card_names import CardNames
from station.web import kept_receipts
from station.web.kept_receipts import KEPT_S, KeptReceipts
from tests.commands.receipts.archive import Archive, opened


class Time:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Counted(ReceiptDesk):
    """Counts how often a receipt was judged."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.database, names=CardNames(archive.database))
        self.judged: list[str] = []

    def public(self, transaction_id: str) -> PublicReceipt | None:
        self.judged.append(transaction_id)
        return super().public(transaction_id)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counted]:
    with opened(tmp_path) as archive:
        archive.add_usual()
        yield Counted(archive)


def test_a_receipt_of_a_session_that_is_over_is_judged_once_a_minute(desk: Counted) -> None:
    time = Time()
    kept = KeptReceipts(desk, time)
    first = kept.public("tx-1")
    assert first is not None
    time.now_s += KEPT_S - 1
    assert kept.public("tx-1") is first
    assert desk.judged == ["tx-1"]
    time.now_s += 1
    assert kept.public("tx-1") == first
    assert desk.judged == ["tx-1", "tx-1"]


def test_what_still_changes_is_not_kept(desk: Counted) -> None:
    kept = KeptReceipts(desk, Time())
    for _ in range(2):
        running = kept.public("tx-2")
        assert running is not None
        assert running.ended_at is None
        assert kept.public("tx-9") is None
    assert desk.judged == ["tx-2", "tx-9"] * 2


def test_so_many_are_kept_and_no_more(desk: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_receipts, "MOST_KEPT", 0)
    kept = KeptReceipts(desk, Time())
    for _ in range(2):
        assert kept.public("tx-1")
    assert desk.judged == ["tx-1", "tx-1"]
