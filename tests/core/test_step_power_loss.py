"""The power goes at any moment of a session, whatever begins and ends its transaction."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.session import Metering
from tests.core.runs import (
    AUTHORIZED,
    BAY,
    CLOSED,
    ENDED,
    ENERGY,
    EV,
    NOTHING_LEFT,
    SOME_LISTS,
    Run,
    asleep,
    has,
    left,
    points,
    stops,
)

STARTS = ([BAY], [EV], [AUTHORIZED], [CLOSED], [ENERGY])


@pytest.mark.parametrize("silent", [False, True], ids=["meter there", "meter silent"])
@pytest.mark.parametrize(
    "story",
    [
        "bay plug card begin draw rest draw tap end drop pull leave",
        "bay card plug begin draw rest remote-stop end pull leave",
        "card plug begin draw refused end drop plug tap pull",
        "plug card begin draw drop end plug card begin tap end",
    ],
)
def test_after_a_power_loss_at_any_moment_what_is_open_is_ended_and_the_next_driver_charges(
    story: str, silent: bool
) -> None:
    for start_points in map(frozenset, STARTS):
        for stop_points in SOME_LISTS:
            run = Run(start_points=start_points, stop_points=stop_points, end_attempts=1)
            for word in story.split():
                run.play(word)
                check_power_loss(run, silent=silent)


def check_power_loss(run: Run, *, silent: bool) -> None:
    """The power goes and comes back; the vehicle, if it is there, waits for current."""
    before, told = run.session, run.reports
    open_ids = {report.transaction_id for report in told} - {
        report.transaction_id for report in told if report.event is ENDED
    }
    again = asleep(run)
    if silent:
        again(on.Woken(None, "no answer"))
        again.signed() if again.session.metering is not Metering.STARTING else None
        if not again.session.awake:
            again(on.MeterFound(NOTHING_LEFT))
    else:
        again.restart(left())
    again.signed() if again.session.metering is Metering.STOPPING else None
    again(on.OutputReleased())
    assert not has(again.effects, do.Offer, do.TurnOn), "nobody charges before he is authorized again"
    ended = [report for report in again.reports if report.event is ENDED]
    assert {report.transaction_id for report in ended} == open_ids
    assert len(ended) == len(open_ids)
    for report in ended:
        by = before.transaction.stop if before.transaction else None
        assert report.stopped_reason == (by.reason if by else "PowerLoss")
        assert report.seq_no == sum(one.transaction_id == report.transaction_id for one in told + again.reports) - 1
    assert again.session.transaction is None
    assert again.session.held_for is None
    assert not again.locked
    kept = [effect for effect in run.effects + again.effects if isinstance(effect, do.KeepRecord)]
    opened = [effect for effect in run.effects + again.effects if isinstance(effect, do.OpenReceipt)]
    closed = [effect for effect in run.effects + again.effects if isinstance(effect, do.CloseReceipt)]
    assert (len(kept), len(closed)) == (2 * len(opened), len(opened))
    if again.session.authorization is None:
        again.play("card")
    again.play("plug")
    assert again.session.metering is Metering.STARTING
    again.play("begin draw")
    assert again.session.offered_amps > 0


def test_a_card_that_waits_for_a_cable_survives_a_power_loss_and_one_that_began_a_transaction_does_not() -> None:
    for start, survives in ((CLOSED, True), (AUTHORIZED, False)):
        run = Run(**points(start))
        run.play("card")
        again = asleep(run)
        again.now = run.now
        again.restart()
        assert (again.session.authorization is not None) is survives
        assert has(again.play("plug"), do.TurnOn) is survives


def test_a_bay_that_is_still_taken_after_a_power_loss_begins_nothing_by_itself() -> None:
    run = Run(**points(BAY), **stops(BAY))
    run.play("bay plug card begin draw")
    again = asleep(run)
    again.restart()
    again.play("end bay draw")
    assert again.told == ["Ended AbnormalCondition EVConnected PowerLoss"]
    assert again.session.transaction is None
