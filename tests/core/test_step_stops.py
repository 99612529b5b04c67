"""TxStartPoint and TxStopPoint, each and all of their combinations: what begins and ends a transaction, and when."""

from typing import NamedTuple

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.policy import TxPoint
from station.core.session import Metering, charging_state, idle
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
    SIGNED,
    SOME_LISTS,
    STARTED,
    UPDATED,
    Run,
    ending,
    has,
    names_of,
    only,
    only_report,
    points,
    reports,
    stops,
)

Points = frozenset[TxPoint]


def each(*names: TxPoint) -> Points:
    return frozenset(names)


# What begins a transaction


class Reached(NamedTuple):
    """A word of a story, the start points that it reaches, and the trigger of Started then."""

    word: str
    points: Points
    trigger: str


CABLE_FIRST = (
    Reached("bay", each(BAY), "EVDetected"),
    Reached("plug", each(EV), "CablePluggedIn"),
    Reached("card", each(AUTHORIZED, CLOSED), "Authorized"),
    Reached("begin", each(SIGNED), "SignedDataReceived"),
    Reached("draw", each(ENERGY), "ChargingStateChanged"),
)
CARD_FIRST = (
    Reached("bay", each(BAY), "EVDetected"),
    Reached("card", each(AUTHORIZED), "Authorized"),
    Reached("plug", each(EV, CLOSED), "CablePluggedIn"),
    Reached("begin", each(SIGNED), "SignedDataReceived"),
    Reached("draw", each(ENERGY), "ChargingStateChanged"),
)
FROM_AFAR = (
    Reached("bay", each(BAY), "EVDetected"),
    Reached("remote", each(AUTHORIZED), "RemoteStart"),
    Reached("plug", each(EV, CLOSED), "RemoteStart"),
    Reached("begin", each(SIGNED), "RemoteStart"),
    Reached("draw", each(ENERGY), "RemoteStart"),
)
BAY_LATE = (
    Reached("plug", each(EV), "CablePluggedIn"),
    Reached("card", each(AUTHORIZED, CLOSED), "Authorized"),
    Reached("bay", each(BAY), "EVDetected"),
    Reached("begin", each(SIGNED), "SignedDataReceived"),
    Reached("draw", each(ENERGY), "ChargingStateChanged"),
)


@pytest.mark.ocpp(
    "E01.FR.01",
    "E01.FR.02",
    "E01.FR.03",
    "E01.FR.04",
    "E01.FR.05",
    "E01.FR.06",
    "E01.FR.15",
    "E02.FR.06",
    "E02.FR.15",
    "F01.FR.19",
    "F02.FR.21",
)
@pytest.mark.parametrize(
    "story",
    [CABLE_FIRST, CARD_FIRST, FROM_AFAR, BAY_LATE],
    ids=["cable first", "card first", "from afar", "bay late"],
)
def test_started_goes_out_once_when_the_first_of_the_start_points_is_reached(story: tuple[Reached, ...]) -> None:
    for start_points in LISTS:
        run = Run(start_points=start_points)
        seen = [(word, reports(run.play(word))) for word, _points, _trigger in story]
        word, [started] = next((word, told) for word, told in seen if told)
        reached = next(moment for moment in story if moment.points & start_points)
        assert (word, started.event, started.trigger) == (reached.word, STARTED, reached.trigger), start_points
        assert [report.event for report in run.reports].count(STARTED) == 1
        assert [report.seq_no for report in run.reports] == list(range(len(run.reports)))


@pytest.mark.ocpp("E01.FR.10", "E01.FR.16", "E01.FR.18", "E02.FR.01", "E02.FR.20", "E03.FR.01", "F02.FR.01")
@pytest.mark.parametrize("story", ["bay plug card", "bay card plug", "plug card bay", "bay remote plug"])
def test_what_is_told_once_is_told_as_soon_as_it_is_known_whatever_begins_the_transaction(story: str) -> None:
    for start_points in LISTS:
        run = Run(start_points=start_points)
        run.play(f"{story} begin draw rest tap end pull")
        tokens = [report for report in run.reports if report.id_token and report.trigger != "StopAuthorized"]
        assert len(tokens) == 1, start_points
        assert tokens[0].id_token == ANNA
        remote = [report for report in run.reports if report.remote_start_id is not None]
        assert len(remote) == story.count("remote")
        if remote:
            assert (remote[0].trigger, remote[0].remote_start_id, remote[0].id_token) == ("RemoteStart", 7, ANNA)
        states = [report.charging_state for report in run.reports]
        connected = next(place for place, state in enumerate(states) if state not in (None, "Idle"))
        assert [report.evse_id for report in run.reports[connected:]] == [1] + [None] * (len(states) - connected - 1)
        assert states[0] is not None


@pytest.mark.parametrize("order", ["plug card", "card plug"])
def test_the_driver_is_named_by_the_trigger_of_his_card_in_a_transaction_that_runs(order: str) -> None:
    run = Run(**points(BAY))
    run.play(f"bay {order}")
    [named] = [report for report in run.reports if report.id_token]
    assert (named.event, named.trigger) == (UPDATED, "Authorized")


# What ends a transaction


class Ceased(NamedTuple):
    """A word of a story, the stop points that it ends, and trigger and reason of Ended then."""

    word: str
    points: Points
    trigger: str
    reason: str


NOTHING = each()
STORIES: dict[str, tuple[Ceased, ...]] = {
    "the driver's card": (
        Ceased("rest", each(ENERGY), "ChargingStateChanged", "StoppedByEV"),
        Ceased("tap", each(AUTHORIZED, CLOSED), "StopAuthorized", "Local"),
        Ceased("end", each(SIGNED), "SignedDataReceived", "Local"),
        Ceased("pull", each(EV), "EVCommunicationLost", "Local"),
        Ceased("leave", each(BAY), "EVDeparted", "Local"),
    ),
    "a stop from afar": (
        Ceased("remote-stop", each(AUTHORIZED, CLOSED, ENERGY), "RemoteStop", "Remote"),
        Ceased("end", each(SIGNED), "SignedDataReceived", "Remote"),
        Ceased("drop", each(EV), "EVCommunicationLost", "Remote"),
        Ceased("leave", each(BAY), "EVDeparted", "Remote"),
    ),
    "a master pass": (
        Ceased("master-pass", each(AUTHORIZED, CLOSED, ENERGY), "StopAuthorized", "MasterPass"),
        Ceased("end", each(SIGNED), "SignedDataReceived", "MasterPass"),
        Ceased("pull", each(EV), "EVCommunicationLost", "MasterPass"),
        Ceased("leave", each(BAY), "EVDeparted", "MasterPass"),
    ),
    "a refused token": (
        Ceased("refused", each(AUTHORIZED, CLOSED, ENERGY), "Deauthorized", "DeAuthorized"),
        Ceased("end", each(SIGNED), "SignedDataReceived", "DeAuthorized"),
        Ceased("pull", each(EV), "EVCommunicationLost", "DeAuthorized"),
        Ceased("leave", each(BAY), "EVDeparted", "DeAuthorized"),
    ),
    "the cable pulled": (
        Ceased("pull", each(EV, AUTHORIZED, CLOSED, ENERGY), "EVCommunicationLost", "EVDisconnected"),
        Ceased("end", each(SIGNED), "SignedDataReceived", "EVDisconnected"),
        Ceased("leave", each(BAY), "EVDeparted", "EVDisconnected"),
    ),
    "the bay before the cable": (
        Ceased("leave", each(BAY), "EVDeparted", "Local"),
        Ceased("pull", each(EV, AUTHORIZED, CLOSED, ENERGY), "EVCommunicationLost", "EVDisconnected"),
        Ceased("end", each(SIGNED), "SignedDataReceived", "EVDisconnected"),
    ),
    "no current": (
        Ceased("no-current", each(ENERGY), "ChargingRateChanged", "Other"),
        Ceased("tap", each(AUTHORIZED, CLOSED), "StopAuthorized", "Local"),
        Ceased("end", each(SIGNED), "SignedDataReceived", "Local"),
        Ceased("pull", each(EV), "EVCommunicationLost", "Local"),
        Ceased("leave", each(BAY), "EVDeparted", "Local"),
    ),
    "a fault": (Ceased("fault", each(*TxPoint), "AbnormalCondition", "Other"),),
    "a residual current": (Ceased("residual-current", each(*TxPoint), "AbnormalCondition", "GroundFault"),),
    "a reset": (Ceased("reset", each(*TxPoint), "ResetCommand", "ImmediateReset"),),
    "a restart in good order": (Ceased("shutdown", each(*TxPoint), "AbnormalCondition", "Reboot"),),
}


@pytest.mark.ocpp(
    "C16.FR.07",
    "C16.FR.08",
    "E05.FR.09",
    "E05.FR.10",
    "E06.FR.01",
    "E06.FR.02",
    "E06.FR.03",
    "E06.FR.04",
    "E06.FR.06",
    "E06.FR.07",
    "E06.FR.08",
    "E06.FR.15",
    "E06.FR.16",
    "E07.FR.04",
    "E07.FR.05",
    "E07.FR.06",
    "E09.FR.01",
    "F03.FR.02",
    "F03.FR.03",
    "F04.FR.03",
)
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_ended_is_told_once_when_the_first_of_the_stop_points_ceases(story: tuple[Ceased, ...]) -> None:
    for stop_points in LISTS:
        run = Run(stop_points=stop_points)
        run.play("bay plug card begin draw")
        ceased = next((moment for moment in story if moment.points & stop_points), None)
        for moment in story:
            run.play(moment.word)
            if moment is ceased:
                break
            assert ENDED not in [report.event for report in run.reports], (stop_points, moment.word)
        run.signed()
        assert ceased is not None
        assert ending(run.reports[-1]) == (ceased.trigger, ceased.reason), stop_points
        assert [report.event for report in run.reports].count(ENDED) == 1
        assert len([effect for effect in run.effects if isinstance(effect, do.KeepRecord)]) == 2
        assert len([effect for effect in run.effects if isinstance(effect, do.CloseReceipt)]) == 1
        assert idle(run.session)


def test_while_the_transaction_goes_on_what_happens_is_an_update_with_the_trigger_of_it() -> None:
    run = Run(**stops(BAY))
    run.play("bay plug card begin draw rest draw no-current tap end drop pull plug leave")
    assert run.told == [
        "Started Authorized EVConnected",
        "Updated SignedDataReceived",
        "Updated ChargingStateChanged Charging",
        "Updated ChargingStateChanged SuspendedEV",
        "Updated ChargingStateChanged Charging",
        "Updated ChargingRateChanged SuspendedEVSE",
        "Updated StopAuthorized EVConnected",
        "Updated EVCommunicationLost Idle",
        "Updated CablePluggedIn EVConnected",
        "Ended EVDeparted EVConnected Local",
    ]


@pytest.mark.parametrize("stop_points", [each(BAY), each(EV), each(SIGNED), each(EV, BAY)], ids=names_of)
@pytest.mark.ocpp("E07.FR.01", "E07.FR.02", "E08.FR.01", "E08.FR.03", "E06.FR.10", "E07.FR.07")
def test_a_card_ends_the_energy_at_once_and_the_plug_is_free_though_the_transaction_goes_on(
    stop_points: Points,
) -> None:
    run = Run(stop_points=stop_points)
    run.play("bay plug card begin draw")
    caused = run.play("tap")
    assert caused.index(do.Withhold()) < caused.index(only(caused, do.TurnOff))
    told = only_report(caused)
    assert (told.event, told.trigger, told.id_token) == (UPDATED, "StopAuthorized", ANNA)
    assert charging_state(run.session) == "EVConnected"
    assert run.locked
    assert do.Unlock() in run.play("end")
    assert run.session.metering is Metering.OFF
    assert not has(run.play("draw rest") + run(on.LimitChanged(10.0)), do.Offer, do.TurnOn)


def test_a_stop_by_another_card_of_the_group_names_that_card_once() -> None:
    run = Run(**stops(EV)).charging()
    run(on.StopRequested(on.StopCause.CARD, token=BERT))
    run.play("end pull")
    assert [(report.trigger, report.id_token) for report in run.reports] == [
        ("StopAuthorized", BERT),
        ("EVCommunicationLost", None),
    ]


@pytest.mark.parametrize("cause", [on.StopCause.CARD, on.StopCause.REMOTE, on.StopCause.MASTER_PASS])
def test_the_first_who_ends_the_authorization_counts(cause: on.StopCause) -> None:
    run = Run(**stops(EV)).charging()
    run.stop(on.StopCause.REMOTE)
    assert not has(run.stop(cause), do.Report, do.TurnOff)
    assert not has(run.judge(), do.Report)
    run.play("end pull")
    assert ending(run.reports[-1]) == ("EVCommunicationLost", "Remote")


def test_energy_transfer_ends_when_the_station_has_no_current_to_give() -> None:
    run = Run(**stops(ENERGY)).charging()
    run.play("no-current end")
    assert run.told == ["Ended ChargingRateChanged EVConnected Other"]


# A transaction without a driver, or without a vehicle

NOBODY_STAYS = ("plug pull", "card tap", "card no-cable", "bay leave", "bay card tap leave", "bay plug leave pull")


@pytest.mark.parametrize("stop_points", LISTS, ids=names_of)
def test_a_transaction_that_nobody_is_left_in_ends_whatever_the_stop_points_are(stop_points: Points) -> None:
    for start_points in SOME_LISTS:
        for story in NOBODY_STAYS:
            run = Run(start_points=start_points, stop_points=stop_points)
            run.play(story)
            assert idle(run.session), (start_points, story)
            events = [report.event for report in run.reports]
            assert not events or (events[0], events[-1]) == (STARTED, ENDED)
            assert events.count(ENDED) == events.count(STARTED)
            assert not has(run.effects, do.OpenReceipt, do.CloseReceipt, do.TurnOn, do.Offer)


@pytest.mark.parametrize(
    ("start", "story", "told"),
    [
        (BAY, "bay leave", ["Started EVDetected Idle", "Ended EVDeparted Idle Local"]),
        (EV, "plug pull", ["Started CablePluggedIn EVConnected", "Ended EVCommunicationLost Idle EVDisconnected"]),
        (AUTHORIZED, "card tap", ["Started Authorized Idle", "Ended StopAuthorized Idle Local"]),
        (AUTHORIZED, "card no-cable", ["Started Authorized Idle", "Ended EVConnectTimeout Idle Timeout"]),
        (AUTHORIZED, "card refused", ["Started Authorized Idle", "Ended Deauthorized Idle DeAuthorized"]),
    ],
)
@pytest.mark.parametrize("stop", [AUTHORIZED, EV, ENERGY])
def test_what_is_told_of_a_transaction_that_came_to_nothing(
    start: TxPoint, story: str, told: list[str], stop: TxPoint
) -> None:
    run = Run(**points(start), **stops(stop))
    run.play(story)
    assert run.told == told
