"""TxStartPoint and TxStopPoint that change at run time, one transaction after the other, and owed ends."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.faults import Fault
from station.core.policy import TxPoint
from station.core.session import idle
from tests.core.runs import (
    AUTHORIZED,
    BAY,
    CLOSED,
    ENDED,
    EV,
    SIGNED,
    SOME_LISTS,
    STARTED,
    Run,
    asleep,
    ending,
    has,
    names_of,
    only,
    only_report,
    points,
    stops,
)

Points = frozenset[TxPoint]


def each(*names: TxPoint) -> Points:
    return frozenset(names)


# Lists that change while the station runs


@pytest.mark.ocpp("E01.FR.14")
@pytest.mark.parametrize("start", list(TxPoint))
def test_a_condition_that_holds_already_begins_nothing_when_the_list_changes(start: TxPoint) -> None:
    run = Run(**points(CLOSED))
    run.play("bay plug")
    run.change(**points(start))
    caused = run.play("rest unlock") + run(on.LimitChanged(10.0), on.IntervalsChanged(), on.Triggered(None))
    assert not has(caused, do.Report)
    assert run.session.transaction is None
    run.play("card begin draw")
    assert [report.event for report in run.reports].count(STARTED) == 1


@pytest.mark.parametrize("start", list(TxPoint))
@pytest.mark.parametrize("word", ["plug", "card", "begin", "draw"])
def test_a_new_start_point_does_not_start_a_transaction_that_runs_a_second_time(start: TxPoint, word: str) -> None:
    run = Run(**points(CLOSED))
    story = "bay plug card begin draw rest tap end pull"
    before, after = story.split(f" {word} ")
    run.play(f"{before} {word}")
    run.change(**points(start))
    run.play(after)
    events = [report.event for report in run.reports]
    assert (events.count(STARTED), events.count(ENDED)) == (1, 1)
    assert [report.seq_no for report in run.reports] == list(range(len(events)))


@pytest.mark.parametrize("stop_points", SOME_LISTS, ids=names_of)
def test_stop_points_that_change_at_any_moment_leave_one_ended(stop_points: Points) -> None:
    story = ["bay", "plug", "card", "begin", "draw", "rest", "draw", "tap", "end", "pull", "leave"]
    for first in TxPoint:
        for at in range(len(story)):
            run = Run(**stops(first))
            run.play(" ".join(story[:at]))
            run.change(stop_points=stop_points)
            run.play(" ".join([*story[at:], "end"]))
            assert [report.event for report in run.reports].count(ENDED) == 1, (first, at)
            assert idle(run.session)


def test_a_stop_point_that_ceased_before_it_was_listed_ends_nothing() -> None:
    run = Run(**stops(EV))
    run.play("bay plug card begin draw tap end")
    run.change(**stops(AUTHORIZED))
    assert not has(run.play("unlock"), do.CloseReceipt)
    assert ending(only_report(run.play("pull leave"))) == ("EVCommunicationLost", "Local")


# One after the other


@pytest.mark.ocpp("E01.FR.08", "E02.FR.08")
def test_no_id_of_a_transaction_comes_twice_even_after_a_power_loss() -> None:
    run = Run()
    ids = []
    for _ in range(3):
        run.play("plug card begin draw")
        ids.append(run.transaction.id)
        run.play("tap end pull")
    again = asleep(run)
    again._ids = run._ids  # the source of ids of a station never starts anew
    again.restart()
    again.play("plug card")
    ids.append(again.transaction.id)
    assert len(set(ids)) == len(ids) == 4


@pytest.mark.ocpp("E01.FR.14")
@pytest.mark.parametrize("stop_points", SOME_LISTS, ids=names_of)
def test_an_evse_has_one_transaction_at_a_time(stop_points: Points) -> None:
    for start_points in SOME_LISTS:
        run = Run(start_points=start_points, stop_points=stop_points)
        run.play("bay plug card begin draw tap end card begin draw drop end plug card begin pull end leave")
        open_ids: set[str] = set()
        for report in run.reports:
            if report.event is STARTED:
                assert not open_ids
                open_ids.add(report.transaction_id)
            assert report.transaction_id in open_ids
            if report.event is ENDED:
                open_ids.remove(report.transaction_id)
        assert not open_ids
        opened = [effect.transaction_id for effect in run.effects if isinstance(effect, do.OpenReceipt)]
        closed = [effect.transaction_id for effect in run.effects if isinstance(effect, do.CloseReceipt)]
        assert opened == closed
        assert len([effect for effect in run.effects if isinstance(effect, do.KeepRecord)]) == 2 * len(opened)


# Owed ends


@pytest.mark.parametrize("stop_points", [each(EV), each(BAY), each(SIGNED)], ids=names_of)
@pytest.mark.parametrize(
    ("word", "reason"), [("tap", "Local"), ("remote-stop", "Remote"), ("refused", "DeAuthorized")]
)
def test_a_transaction_whose_end_cannot_be_signed_ends_though_it_would_go_on(
    stop_points: Points, word: str, reason: str
) -> None:
    run = Run(stop_points=stop_points, end_attempts=2)
    run.play(f"bay plug card begin draw {word}")
    transaction_id = run.transaction.id
    assert has(run(on.EndFailed(Fault.END, "status 3")), do.StartTimer)
    assert do.TurnOff(transaction_id) in run.expire(on.Timer.RETRY)
    caused = run(on.EndFailed(Fault.END, "status 3"))
    assert ending(only_report(caused)) == ("AbnormalCondition", reason)
    assert has(caused, do.CloseReceipt)
    assert run.session.owed == transaction_id
    assert not has(run.play("rest pull"), do.Report)
    late = run.sign_end()
    assert only(late, do.AmendEnded).transaction_id == transaction_id
    assert run.session.owed is None
