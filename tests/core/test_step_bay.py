"""The parking bay, and drivers who bring no cable: what EVConnectionTimeOut ends, and what goes on."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.policy import TxPoint
from station.core.session import connector_status, idle
from tests.core.runs import (
    ANNA,
    AUTHORIZED,
    BAY,
    BERT,
    CLOSED,
    ENDED,
    ENERGY,
    EV,
    LISTS,
    STARTED,
    UPDATED,
    Run,
    ending,
    has,
    names_of,
    only,
    only_report,
    points,
    stops,
)

Points = frozenset[TxPoint]
BAY_TO_BAY = points(BAY) | stops(BAY)

# The bay


@pytest.mark.ocpp("E01.FR.01", "E06.FR.01")
def test_a_vehicle_that_comes_and_goes_is_a_transaction_of_the_bay() -> None:
    run = Run(**BAY_TO_BAY)
    run.play("bay leave")
    assert run.told == ["Started EVDetected Idle", "Ended EVDeparted Idle Local"]
    assert idle(run.session)


@pytest.mark.ocpp("E01.FR.01", "E02.FR.16", "E02.FR.17", "E06.FR.01")
def test_a_whole_visit_to_the_bay() -> None:
    run = Run(**BAY_TO_BAY)
    run.play("bay plug card begin draw tap end pull leave")
    assert run.told == [
        "Started EVDetected Idle",
        "Updated CablePluggedIn EVConnected",
        "Updated Authorized",
        "Updated SignedDataReceived",
        "Updated ChargingStateChanged Charging",
        "Updated StopAuthorized EVConnected",
        "Updated EVCommunicationLost Idle",
        "Ended EVDeparted Idle Local",
    ]


def test_the_same_news_of_the_bay_twice_is_no_news() -> None:
    run = Run(**BAY_TO_BAY)
    run.play("bay")
    before = run.session
    assert run.play("bay") == []
    assert run.session == before


def test_without_the_bay_in_the_lists_a_vehicle_in_it_begins_and_ends_nothing() -> None:
    run = Run()
    assert not has(run.play("bay leave bay plug"), do.Report)
    run.play("card begin draw")
    told = only_report(run.play("leave"))
    assert (told.event, told.trigger) == (UPDATED, "EVDeparted")


@pytest.mark.parametrize("blocker", [on.Blocked(True), on.AvailabilityChanged(operative=False)])
def test_a_bay_that_is_taken_while_nobody_may_begin_begins_nothing(blocker: on.Event) -> None:
    run = Run(**BAY_TO_BAY)
    run(blocker)
    assert not has(run.play("bay"), do.Report)
    assert run.session.transaction is None


def test_a_vehicle_that_leaves_the_bay_while_the_start_is_signed_is_offered_nothing() -> None:
    run = Run(**BAY_TO_BAY)
    run.play("bay plug card leave")
    assert has(run.sign_begin(), do.TurnOff)
    assert not has(run.effects, do.Offer)
    assert ending(only_report(run.sign_end(0))) == ("EVDeparted", "Local")


@pytest.mark.ocpp("E01.FR.08", "E01.FR.14", "E09.FR.01")
@pytest.mark.parametrize("between", ["", "drop plug", "pull plug"])
def test_a_second_charge_in_the_same_bay_is_a_second_transaction_with_records_of_its_own(between: str) -> None:
    run = Run(**BAY_TO_BAY)
    run.play(f"bay plug card begin draw tap end {between}")
    first = run.transaction
    caused = run.play("card")
    second = run.transaction
    ended, started = [effect.report for effect in caused if isinstance(effect, do.Report)]
    assert (ended.transaction_id, ended.event, ended.trigger, ended.stopped_reason) == (
        first.id,
        ENDED,
        "StopAuthorized",
        "Local",
    )
    assert (started.transaction_id, started.event, started.trigger) == (second.id, STARTED, "Authorized")
    assert (started.seq_no, started.id_token, started.evse_id) == (0, ANNA, 1)
    assert only(caused, do.TurnOn).request.transaction_id == second.id != first.id
    run.play("begin draw tap end pull leave")
    kept = [(effect.transaction_id, effect.record) for effect in run.effects if isinstance(effect, do.KeepRecord)]
    assert [transaction_id for transaction_id, _ in kept] == [first.id, first.id, second.id, second.id]
    assert len({record.ocmf for _, record in kept}) == 4
    assert [report.event for report in run.reports].count(ENDED) == 2


def test_a_second_driver_in_the_same_bay_begins_when_his_cable_is_in() -> None:
    run = Run(**BAY_TO_BAY)
    run.play("bay plug card begin draw tap end pull")
    first = run.transaction.id
    caused = run.card(BERT)
    assert only_report(caused).transaction_id == first
    assert run.session.transaction is None
    started = only_report(run.play("plug"))
    assert (started.event, started.trigger, started.id_token) == (STARTED, "CablePluggedIn", BERT)


# Nobody brings a cable


@pytest.mark.ocpp("C01.FR.26")
def test_without_a_transaction_the_authorization_ends_without_a_word() -> None:
    run = Run(ev_connection_timeout_s=45.0)
    assert run.play("card") == [do.StartTimer(on.Timer.EV_CONNECT, 45.0)]
    assert not has(run.play("no-cable"), do.Report)
    assert run.session.authorization is None
    assert connector_status(run.session) == "Available"
    assert not has(run.play("plug draw"), do.TurnOn, do.Offer, do.Report)


@pytest.mark.ocpp("C01.FR.26", "E03.FR.05", "E03.FR.15", "F02.FR.07", "F02.FR.08")
@pytest.mark.parametrize("stop_points", LISTS, ids=names_of)
@pytest.mark.parametrize("word", ["card", "remote"])
def test_who_brings_no_cable_ends_the_transaction_or_with_the_bay_his_authorization(
    stop_points: Points, word: str
) -> None:
    run = Run(**points(AUTHORIZED), stop_points=stop_points)
    run.play(f"bay {word}")
    told = only_report(run.play("no-cable"))
    assert told.trigger == "EVConnectTimeout"
    assert run.session.authorization is None
    if BAY in stop_points and not stop_points & {AUTHORIZED, CLOSED, ENERGY, TxPoint.DATA_SIGNED}:
        assert told.event is UPDATED
        assert not has(run.play("plug draw"), do.TurnOn, do.Offer)
        run.play("pull leave")
        assert ending(run.reports[-1])[1] == "Timeout"
    else:
        assert ending(told) == ("EVConnectTimeout", "Timeout")
        assert not has(run.play("plug draw"), do.TurnOn, do.Offer, do.Report)


@pytest.mark.ocpp("E03.FR.05", "F02.FR.07")
def test_the_timeout_ends_a_transaction_of_the_bay_that_does_not_end_with_it() -> None:
    run = Run(**points(BAY), **stops(EV))
    run.play("bay card")
    assert ending(only_report(run.play("no-cable"))) == ("EVConnectTimeout", "Timeout")


@pytest.mark.ocpp("E03.FR.15", "F02.FR.08")
def test_a_card_that_came_too_late_with_its_cable_may_be_presented_again() -> None:
    run = Run(**BAY_TO_BAY)
    run.play("bay card no-cable plug")
    first = run.transaction.id
    caused = run.play("card")
    told = only_report(caused)
    assert (told.event, told.transaction_id, told.trigger, told.id_token) == (UPDATED, first, "Authorized", ANNA)
    assert has(caused, do.TurnOn)
    run.play("begin draw tap end pull leave")
    assert ending(run.reports[-1]) == ("EVDeparted", "Local")


@pytest.mark.ocpp("C01.FR.26")
@pytest.mark.parametrize("story", ["card plug", "card tap"])
def test_the_clock_stops_with_the_cable_and_with_a_second_tap(story: str) -> None:
    for start in TxPoint:
        run = Run(**points(start))
        run.play(story)
        clocks = [
            type(effect)
            for effect in run.effects
            if isinstance(effect, do.StartTimer | do.StopTimer) and effect.timer is on.Timer.EV_CONNECT
        ]
        assert (clocks[0], clocks[-1]) == (do.StartTimer, do.StopTimer)


def test_a_card_before_the_cable_can_be_taken_back_whatever_the_lists_are() -> None:
    for start in TxPoint:
        run = Run(**points(start), **stops(AUTHORIZED))
        run.play("card tap plug draw")
        assert not has(run.effects, do.TurnOn, do.Offer)
