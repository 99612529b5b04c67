from datetime import UTC, datetime
from typing import Any

from simulators.mock_csms.keys import KeyRing, KeySource
from simulators.mock_csms.transactions import Transaction
from simulators.mock_csms.verify import Verdict
from tests.simulators.mock_csms.payloads import (
    BEGIN,
    CURRENT,
    END,
    END_WH,
    SENT_KEY,
    begin_sample,
    end_sample,
    event,
    sample,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def told(*events: dict[str, Any], keys: KeyRing | None = None) -> Transaction:
    transaction = Transaction("tx-1", station="CS1", keys=keys or KeyRing())
    for entry in events:
        transaction.record(entry, at=NOW)
    return transaction


def ended(seq_no: int, *samples: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return event(seq_no, *samples, kind="Ended", **rest)


def test_events_are_put_in_order_whatever_order_they_came_in() -> None:
    transaction = told(ended(2), event(0), event(1))
    assert [entry.seq_no for entry in transaction.events] == [0, 1, 2]
    assert transaction.complete
    assert transaction.problems == ()


def test_a_gap_is_seen_until_it_is_filled() -> None:
    transaction = told(event(0), ended(3))
    assert transaction.gaps == (1, 2)
    assert not transaction.complete
    assert transaction.problems == ("seqNo 1, 2 missing",)
    transaction.record(event(1), at=NOW)
    assert transaction.record(event(2), at=NOW) == ()
    assert transaction.complete


def test_a_gap_is_remarked_on() -> None:
    assert told(event(0)).record(event(2), at=NOW) == ("seqNo 1 not seen yet",)


def test_an_absurd_seq_no_does_not_fill_the_memory() -> None:
    assert len(told(event(0), {**event(1), "seqNo": 10**15}).gaps) == 1000


def test_a_missing_start_is_seen() -> None:
    transaction = told(event(1), ended(2))
    assert transaction.gaps == (0,)
    assert not transaction.complete


def test_the_same_event_again_is_resent() -> None:
    transaction = told(event(0), event(1))
    assert transaction.record(event(1), at=NOW) == ("resent",)
    assert transaction.record(event(1, offline=True), at=NOW) == ("resent",)
    assert transaction.resent == (1,)
    assert transaction.events[1].times_received == 3
    assert transaction.problems == ()


def test_another_event_with_the_same_seq_no_is_a_conflict_and_the_first_one_stays() -> None:
    transaction = told(event(0), event(1))
    assert transaction.record(event(1, triggerReason="Trigger"), at=NOW) == ("conflict: another event has seqNo 1",)
    assert transaction.events[1].payload["triggerReason"] == "Authorized"
    assert [conflict.seq_no for conflict in transaction.conflicts] == [1]
    assert transaction.problems == ("seqNo 1 came with different contents",)


def test_the_stopped_reason_is_local_unless_told_otherwise() -> None:
    assert told(event(0)).stopped_reason is None
    assert told(event(0), ended(1)).stopped_reason == "Local"
    assert told(event(0), ended(1, info={"stoppedReason": "EVDisconnected"})).stopped_reason == "EVDisconnected"


def test_the_order_of_things_is_checked() -> None:
    assert "events follow after Ended" in told(event(0), ended(1), event(2)).problems
    assert "begins with Updated, not with Started" in told(event(0, kind="Updated")).problems
    assert "Started came with more than one seqNo" in told(event(0), event(1, kind="Started")).problems
    assert "the EVSE changes" in told(event(0, evse={"id": 1}), event(1, evse={"id": 2})).problems
    early = {**event(1), "timestamp": "2025-12-31T00:00:00Z"}
    assert "seqNo 1 has an earlier timestamp than seqNo 0" in told(event(0), early).problems


def test_what_was_told_last_is_known() -> None:
    transaction = told(event(0, evse={"id": 1}), event(1, info={"chargingState": "Charging"}), event(2))
    assert transaction.latest("chargingState") == "Charging"
    assert transaction.latest("evse") == {"id": 1}
    assert transaction.latest("stoppedReason") is None


def test_the_energy_is_the_difference_of_the_plain_registers() -> None:
    transaction = told(event(0), event(1, sample("Sample.Periodic", 1500)), event(2, sample("Sample.Periodic", 1700)))
    assert transaction.energy_wh == 200
    transaction.record(ended(3, sample("Transaction.Begin", 1000), sample("Transaction.End", 1800)), at=NOW)
    assert transaction.energy_wh == 800
    assert told(event(0)).energy_wh is None


def test_a_signed_pair_in_the_end_gives_the_signed_energy() -> None:
    transaction = told(event(0), ended(1, begin_sample(key=SENT_KEY), end_sample(key=SENT_KEY)))
    assert transaction.begin is not None
    assert transaction.begin.data == BEGIN.encode()
    assert transaction.end is not None
    assert transaction.end.data == END.encode()
    assert transaction.signed_energy_wh == 150
    assert transaction.energy_wh == 160
    assert transaction.problems == ()


def test_a_key_that_comes_once_serves_the_whole_transaction() -> None:
    transaction = told(event(0, begin_sample(key=SENT_KEY)))
    assert transaction.record(ended(1, end_sample()), at=NOW) == ("Transaction.End signature valid",)
    assert transaction.end is not None
    assert transaction.end.key_source is KeySource.TRANSACTION


def test_a_key_that_comes_late_serves_what_came_before() -> None:
    transaction = Transaction("tx-1", station="CS1", keys=KeyRing())
    assert transaction.record(event(0, begin_sample()), at=NOW) == ("Transaction.Begin signed, no key",)
    transaction.record(ended(1, end_sample(key=SENT_KEY)), at=NOW)
    assert [value.verdict for _, value in transaction.signed] == [Verdict.VALID, Verdict.VALID]
    assert transaction.problems == ()


def test_a_key_that_fits_nothing_is_not_remembered() -> None:
    forged = sample("Transaction.Begin", 99850, BEGIN.replace("99.84", "99.85"), key=SENT_KEY)
    transaction = told(event(0, forged), ended(1, end_sample()))
    assert [value.verdict for _, value in transaction.signed] == [Verdict.INVALID, Verdict.NO_KEY]
    assert "seqNo 0: Transaction.Begin has signature invalid" in transaction.problems
    assert transaction.signed_energy_wh is None


def test_the_begin_may_come_twice_but_not_as_two_records() -> None:
    twice = told(event(0, begin_sample(key=SENT_KEY)), ended(1, begin_sample(), end_sample()))
    assert twice.problems == ()
    current = sample("Transaction.Begin", END_WH, CURRENT)
    differing = told(event(0, begin_sample(key=SENT_KEY)), ended(1, current, end_sample()))
    assert "different records for Transaction.Begin" in differing.problems


def test_an_end_without_the_begin_is_a_problem() -> None:
    assert "only Transaction.End is signed" in told(event(0), ended(1, end_sample(key=SENT_KEY))).problems
    assert "only Transaction.Begin is signed" in told(event(0, begin_sample(key=SENT_KEY)), ended(1)).problems


def test_an_order_of_the_records_that_cannot_be_is_a_problem() -> None:
    swapped = told(
        event(0), ended(1, sample("Transaction.Begin", END_WH, END), sample("Transaction.End", 99840, BEGIN))
    )
    assert any("pagination" in problem for problem in swapped.problems)


def test_a_record_in_the_midst_is_verified_and_put_in_order() -> None:
    midst = sample("Sample.Periodic", END_WH, CURRENT)
    good = told(event(0, begin_sample(key=SENT_KEY)), event(1, midst))
    assert [value.verdict for _, value in good.signed] == [Verdict.VALID, Verdict.VALID]
    assert good.problems == ()
    forged = sample("Sample.Clock", END_WH, CURRENT.replace("10:06:49", "10:00:10"))
    bad = told(event(0, begin_sample(key=SENT_KEY)), event(1, forged))
    assert bad.problems == (
        "seqNo 1: Sample.Clock has signature invalid",
        "record T4278 was taken before T4276",
    )
