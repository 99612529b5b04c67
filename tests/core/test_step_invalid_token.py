"""The CSMS does not accept the token of a transaction that runs (E05, C15)."""

import pytest

from station.core import effects as do
from station.core import events as on
from station.core.policy import TxPoint
from station.core.session import charging_state
from tests.core.runs import (
    AUTHORIZED,
    BAY,
    BERT,
    CLOSED,
    ENERGY,
    EV,
    LISTS,
    SIGNED,
    UPDATED,
    Run,
    a_reading,
    ending,
    has,
    names_of,
    only_report,
    points,
    stops,
)

Points = frozenset[TxPoint]
ENDING = frozenset({AUTHORIZED, CLOSED, ENERGY})
GOES_ON = [names for names in LISTS if not names & ENDING]
LENIENT = {"stop_on_invalid_id": False}

WH_AT_BEGIN = 1000


def charging(**policy: object) -> Run:
    run = Run(**policy)
    run.play("bay plug card begin draw")
    run.effects.clear()
    return run


def used(run: Run, energy_wh: int) -> list[do.Effect]:
    """Let the meter say that so much has flowed, and the timer look at it."""
    run.reading = a_reading(WH_AT_BEGIN + energy_wh)
    return run.expire(on.Timer.ALLOWANCE)


# StopTxOnInvalidId


@pytest.mark.ocpp("C15.FR.04", "E05.FR.10", "E06.FR.04", "E06.FR.06")
@pytest.mark.parametrize("stop_points", [names for names in LISTS if names & ENDING], ids=names_of)
def test_a_refused_token_ends_the_transaction_where_a_stop_point_says_so(stop_points: Points) -> None:
    run = charging(stop_points=stop_points)
    caused = run.play("refused")
    assert do.Withhold() in caused
    assert not has(caused, do.Report)
    ended = only_report(run.play("end"))
    assert ending(ended) == ("Deauthorized", "DeAuthorized")
    assert ended.charging_state == "EVConnected"


@pytest.mark.ocpp("C15.FR.03", "E05.FR.09")
@pytest.mark.parametrize("stop_points", GOES_ON, ids=names_of)
def test_elsewhere_it_ends_the_energy_and_the_transaction_goes_on(stop_points: Points) -> None:
    run = charging(stop_points=stop_points)
    caused = run.play("refused")
    assert do.Withhold() in caused
    told = only_report(caused)
    assert (told.event, told.trigger, told.charging_state) == (UPDATED, "Deauthorized", "EVConnected")
    assert not has(run.play("end draw rest") + run(on.LimitChanged(12.0)), do.Offer, do.TurnOn)


@pytest.mark.ocpp("E05.FR.10")
def test_an_allowance_plays_no_role_where_a_refused_token_ends_it() -> None:
    run = charging(max_energy_on_invalid_id_wh=5000)
    assert has(run.play("refused"), do.TurnOff)


@pytest.mark.parametrize(
    ("story", "told"),
    [
        ("bay plug card refused begin end", "Ended Deauthorized EVConnected DeAuthorized"),
        ("bay card refused", "Ended Deauthorized Idle DeAuthorized"),
    ],
)
def test_a_refusal_before_the_energy_lets_none_flow(story: str, told: str) -> None:
    run = Run(**points(AUTHORIZED))
    run.play(story)
    assert run.told[-1] == told
    assert not has(run.effects, do.Offer)


@pytest.mark.parametrize("story", ["tap", "tap end", "refused end", "remote-stop end"])
def test_a_verdict_on_a_transaction_that_nobody_is_authorized_in_any_more_changes_nothing(story: str) -> None:
    run = Run(**stops(EV)).charging()
    run.play(story)
    before = run.session
    assert run.judge() == run.judge(accepted=True, group=BERT) == []
    assert run.session == before


@pytest.mark.ocpp("E05.FR.10", "C15.FR.04")
def test_accepted_after_refused_does_not_bring_the_authorization_back() -> None:
    run = charging(**stops(EV))
    run.play("refused end")
    run.judge(accepted=True)
    assert run.session.authorization is None
    assert not has(run.play("rest draw"), do.TurnOn, do.Offer)


def test_a_verdict_on_another_transaction_is_not_taken_for_this_one() -> None:
    run = Run().charging()
    before = run.session
    assert run(on.Judged("transaction-99", accepted=False)) == []
    assert run.session == before


@pytest.mark.ocpp("C10.FR.05")
def test_accepted_with_a_group_lets_the_group_stop_from_then_on() -> None:
    run = Run().charging()
    assert run.judge(accepted=True, group=BERT) == []
    assert run.session.authorization is not None
    assert run.session.authorization.group == BERT
    run.judge(accepted=True)
    assert run.session.authorization.group == BERT


# The plug


@pytest.mark.ocpp("C15.FR.05", "E05.FR.11")
@pytest.mark.parametrize("stop_points", [{AUTHORIZED}, {EV}, {BAY}, {SIGNED}])
def test_the_plug_is_held_for_the_owner_of_a_refused_token(stop_points: set[TxPoint]) -> None:
    run = Run(stop_points=frozenset(stop_points))
    run.play("bay plug card begin draw refused")
    run.play("end")
    assert run.locked
    assert run.session.held_for is not None
    assert not has(run.play("drop plug drop"), do.Unlock, do.TurnOn)
    assert do.Unlock() in run.play("tap")
    assert run.session.held_for is None


# MaxEnergyOnInvalidId


@pytest.mark.ocpp("C15.FR.06", "E05.FR.02")
@pytest.mark.parametrize("stop_points", [names for names in LISTS if ENERGY not in names], ids=names_of)
def test_without_an_allowance_the_energy_stops_at_once_and_the_transaction_stays(
    stop_points: Points,
) -> None:
    run = charging(stop_points=stop_points, **LENIENT)
    caused = run.play("refused")
    assert do.Withhold() in caused
    assert run.told == ["Updated ChargingStateChanged SuspendedEVSE"]
    assert not has(run.play("rest draw") + run(on.LimitChanged(12.0)), do.Offer, do.TurnOff, do.Unlock)


@pytest.mark.ocpp("E05.FR.02", "E06.FR.07")
@pytest.mark.parametrize("stop_points", [names for names in LISTS if ENERGY in names], ids=names_of)
def test_without_an_allowance_energy_transfer_ends_the_transaction(stop_points: Points) -> None:
    run = charging(stop_points=stop_points, **LENIENT)
    run.play("refused end")
    assert run.told == ["Ended ChargingStateChanged EVConnected DeAuthorized"]


@pytest.mark.ocpp("E05.FR.02", "E06.FR.07")
def test_energy_that_may_never_flow_ends_a_transaction_of_energy_transfer_before_it_flowed() -> None:
    run = Run(**points(AUTHORIZED), **stops(ENERGY), **LENIENT)
    run.play("card refused")
    assert run.told == ["Started Authorized Idle", "Ended ChargingStateChanged Idle DeAuthorized"]


def test_a_suspended_transaction_ends_with_the_next_event_when_energy_transfer_is_listed() -> None:
    run = charging(**LENIENT)
    run.play("refused")
    run.change(**stops(ENERGY))
    run.sample()
    run.play("end")
    assert run.told[-1] == "Ended ChargingStateChanged EVConnected DeAuthorized"


@pytest.mark.ocpp("C15.FR.07", "E05.FR.03")
def test_an_allowance_lets_the_energy_flow_until_it_is_used_up() -> None:
    run = charging(max_energy_on_invalid_id_wh=500, **LENIENT)
    caused = run.play("refused")
    assert not has(caused, do.Report, do.Withhold)
    assert has(caused, do.StartTimer)
    assert not has(used(run, 499), do.Report, do.Withhold)
    caused = used(run, 500)
    assert caused[:2] == [do.StopTimer(on.Timer.ALLOWANCE), do.Withhold()]
    assert run.told == ["Updated ChargingStateChanged SuspendedEVSE"]


@pytest.mark.ocpp("E05.FR.03")
def test_the_allowance_counts_from_the_signed_start() -> None:
    run = charging(max_energy_on_invalid_id_wh=500, **LENIENT)
    used(run, 700)
    assert not has(run.effects, do.Withhold), "nobody refused it so far"
    assert do.Withhold() in run.play("refused")


@pytest.mark.ocpp("E05.FR.02")
def test_a_sample_that_shows_the_allowance_used_up_leaves_the_news_to_an_event_of_its_own() -> None:
    run = charging(max_energy_on_invalid_id_wh=500, **LENIENT)
    run.play("refused")
    run.reading = a_reading(WH_AT_BEGIN + 600)
    run.sample(WH_AT_BEGIN + 600)
    run.expire(on.Timer.ALLOWANCE)
    assert run.told == ["Updated MeterValuePeriodic", "Updated ChargingStateChanged SuspendedEVSE"]


def test_while_nothing_is_measured_the_allowance_is_not_used_up() -> None:
    run = charging(max_energy_on_invalid_id_wh=500, **LENIENT)
    run.play("refused")
    run.reading = None
    assert not has(run.expire(on.Timer.ALLOWANCE), do.Withhold)


@pytest.mark.parametrize("stop_points", [{EV}, {BAY}, {AUTHORIZED}])
def test_the_allowance_is_watched_no_longer_than_somebody_charges(stop_points: set[TxPoint]) -> None:
    run = charging(stop_points=frozenset(stop_points), max_energy_on_invalid_id_wh=500, **LENIENT)
    run.play("refused")
    assert do.StopTimer(on.Timer.ALLOWANCE) in run.play("tap")
    later = run.play("end rest") + used(run, 100)
    assert do.StartTimer(on.Timer.ALLOWANCE, 5.0) not in later


@pytest.mark.ocpp("E05.FR.02")
def test_a_suspended_transaction_ends_as_any_other() -> None:
    run = charging(**LENIENT)
    run.play("refused tap end")
    assert run.told[-1] == "Ended StopAuthorized EVConnected Local"
    assert not run.locked


def test_who_is_refused_before_the_cable_is_in_is_signed_for_and_offered_nothing() -> None:
    run = Run(**points(AUTHORIZED), **LENIENT)
    run.play("card refused plug begin draw")
    assert charging_state(run.session) == "SuspendedEVSE"
    assert not has(run.effects, do.Offer)


def test_a_new_authorization_in_the_same_transaction_forgets_the_refusal() -> None:
    run = Run(**points(BAY), **stops(BAY), **LENIENT)
    run.play("bay card refused tap card plug begin draw")
    assert run.session.offered_amps > 0
