"""What a presented token is for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType as Status
from ocpp.v201.enums import ReasonEnumType, TriggerReasonEnumType

from station.core.events import Authorized
from station.core.faults import Fault
from station.core.presented import (
    NOBODY,
    Choose,
    Place,
    Purpose,
    Step,
    for_master_pass,
    place,
    purpose,
    same_driver,
    stoppable,
)
from station.core.session import Metering, Session, Stop, Transaction
from station.core.tokens import IdToken, TokenInfo

CARD = IdToken("04A2B3C4D5E680", "ISO14443")
OTHER = IdToken("04FFFFFFFFFFFF", "ISO14443")
BERT = IdToken("04D4E5F6", "ISO14443")
FLEET = IdToken("FLEET", "Central")
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)

STOPPED = Stop(TriggerReasonEnumType.stop_authorized, ReasonEnumType.local)

FREE = Session(1, awake=True)
PLUGGED = Session(1, awake=True, plugged=True, plugged_at=NOON)
FAULTED = replace(PLUGGED, faults=frozenset({Fault.METER}))
WAITING = Session(1, awake=True, authorization=Authorized(CARD))
"""Authorized, and no cable yet."""
HELD = replace(PLUGGED, held_for=CARD)
LEFT = replace(PLUGGED, served=OTHER)
"""Somebody else's vehicle has charged, and still stands there."""


def charging(*, token: IdToken = CARD, group: IdToken | None = FLEET, **changes: object) -> Session:
    transaction = Transaction("t", cause=TriggerReasonEnumType.authorized, token=token)
    session = replace(PLUGGED, metering=Metering.ON, authorization=Authorized(token, group=group))
    return replace(session, transaction=transaction, **changes)  # type: ignore[arg-type]


def over(*, metering: Metering = Metering.OFF, **changes: object) -> Session:
    """Who charged is authorized no more; the transaction goes on until the vehicle leaves."""
    transaction = Transaction("t", cause=TriggerReasonEnumType.authorized, token=CARD, over=STOPPED)
    return replace(PLUGGED, transaction=transaction, metering=metering, **changes)  # type: ignore[arg-type]


def stopping() -> Session:
    session = charging(metering=Metering.STOPPING)
    assert session.transaction is not None
    return replace(session, transaction=replace(session.transaction, stop=STOPPED))


def unauthorized() -> Session:
    """A vehicle began a transaction (TxStartPoint EVConnected); nobody is authorized in it yet."""
    return replace(PLUGGED, transaction=Transaction("t", cause=TriggerReasonEnumType.cable_plugged_in))


def second(session: Session, *, minutes_later: int = 0) -> Session:
    return replace(session, evse_id=2, plugged_at=NOON + timedelta(minutes=minutes_later))


@pytest.mark.ocpp("C01.FR.03", "C01.FR.23", "E05.FR.11", "C15.FR.05")
@pytest.mark.parametrize(
    ("session", "token", "expected"),
    [
        (FREE, CARD, Place.FREE),
        (PLUGGED, CARD, Place.PLUGGED),
        (unauthorized(), CARD, Place.PLUGGED),
        (FAULTED, CARD, Place.SHUT),
        (replace(FREE, awake=False), CARD, Place.SHUT),
        (replace(FREE, inoperative=True), CARD, Place.SHUT),
        (WAITING, CARD, Place.OWN),
        (WAITING, OTHER, Place.TAKEN),
        (charging(), CARD, Place.OWN),
        (charging(), replace(CARD, value=CARD.value.lower()), Place.OWN),
        (charging(), replace(CARD, type="ISO15693"), Place.GROUP),
        (charging(), OTHER, Place.GROUP),
        (charging(group=None), OTHER, Place.TAKEN),
        (charging(token=NOBODY, group=None), OTHER, Place.ANYBODYS),
        (charging(token=NOBODY, group=None), NOBODY, Place.OWN),
        (charging(metering=Metering.STARTING), CARD, Place.STARTING),
        (charging(metering=Metering.STARTING), OTHER, Place.GROUP),
        (charging(token=NOBODY, group=None, metering=Metering.STARTING), CARD, Place.STARTING),
        (stopping(), CARD, Place.ENDING),
        (over(metering=Metering.STOPPING), CARD, Place.ENDING),
        (over(metering=Metering.STOPPING), OTHER, Place.TAKEN),
        (over(), CARD, Place.PLUGGED),
        (over(), OTHER, Place.TAKEN),
        (over(held_for=CARD), CARD, Place.HELD),
        (HELD, CARD, Place.HELD),
        (HELD, OTHER, Place.SHUT),
    ],
)
def test_what_an_evse_is_for_a_token(session: Session, token: IdToken, expected: Place) -> None:
    assert place(session, token) is expected


@pytest.mark.ocpp("C01.FR.03", "C09.FR.05", "E07.FR.01", "E08.FR.01")
@pytest.mark.parametrize(
    ("sessions", "token", "expected"),
    [
        pytest.param([PLUGGED], CARD, (Step.START, 1), id="plugged"),
        pytest.param([FREE], CARD, (Step.START, 1), id="card first"),
        pytest.param([FREE, second(PLUGGED)], CARD, (Step.START, 2), id="the plugged one of two"),
        pytest.param([PLUGGED, second(PLUGGED, minutes_later=1)], CARD, (Step.START, 2), id="the newest plug"),
        pytest.param([PLUGGED, second(PLUGGED, minutes_later=-1)], CARD, (Step.START, 1), id="the newer first one"),
        pytest.param([FAULTED, second(FREE)], CARD, (Step.START, 2), id="the only one in order"),
        pytest.param([charging()], CARD, (Step.STOP, 1), id="own card"),
        pytest.param([WAITING], CARD, (Step.STOP, 1), id="taken back before the cable came"),
        pytest.param([second(PLUGGED), charging()], CARD, (Step.STOP, 1), id="own card, though another is free"),
        pytest.param([charging(metering=Metering.STARTING)], CARD, (Step.IGNORE, 1), id="start being signed"),
        pytest.param([stopping()], CARD, (Step.IGNORE, 1), id="end being signed"),
        pytest.param([stopping(), second(FREE)], CARD, (Step.IGNORE, 1), id="end being signed, another is free"),
        pytest.param([HELD], CARD, (Step.RELEASE, 1), id="own plug is held"),
        pytest.param([second(PLUGGED), HELD], CARD, (Step.RELEASE, 1), id="own plug is held, another is free"),
        pytest.param([charging()], OTHER, (Step.VOUCH, 1), id="another card of a group perhaps"),
        pytest.param([charging(), second(FREE)], OTHER, (Step.START, 2), id="another card, another EVSE is free"),
        pytest.param([charging(group=None)], OTHER, (Step.NOWHERE, 0), id="another card, no group"),
        pytest.param([over()], OTHER, (Step.NOWHERE, 0), id="another card in a transaction that was authorized"),
        pytest.param([over()], CARD, (Step.START, 1), id="own card after its end was signed"),
        pytest.param([FAULTED], CARD, (Step.NOWHERE, 0), id="a faulted outlet"),
        pytest.param([], CARD, (Step.NOWHERE, 0), id="a reader without outlets"),
        pytest.param([PLUGGED], NOBODY, (Step.START, 1), id="start button"),
        pytest.param([charging(token=NOBODY)], NOBODY, (Step.STOP, 1), id="the same button stops"),
        pytest.param(
            [charging(token=NOBODY), second(PLUGGED)], NOBODY, (Step.START, 2), id="who plugged in pressed the button"
        ),
        pytest.param(
            [charging(token=NOBODY), second(FREE)], NOBODY, (Step.STOP, 1), id="nobody plugged in: the button stops"
        ),
        pytest.param([charging(token=NOBODY, group=None)], CARD, (Step.NOWHERE, 0), id="a card after a button"),
    ],
)
def test_what_a_token_is_for(sessions: list[Session], token: IdToken, expected: tuple[Step, int]) -> None:
    meant = purpose(sessions, token)
    assert (meant.step, meant.evse_id) == expected


TWO_PLUGGED = [PLUGGED, second(PLUGGED, minutes_later=1)]


@pytest.mark.parametrize(
    ("sessions", "choose", "expected"),
    [
        ([FREE, second(FREE)], Choose.NEWEST_PLUG, Purpose(Step.CHOOSE, among=(1, 2))),
        ([FREE, second(FREE)], Choose.ASK, Purpose(Step.CHOOSE, among=(1, 2))),
        ([FREE, second(FREE)], Choose.ONLY_FREE, Step.NOWHERE),
        (TWO_PLUGGED, Choose.NEWEST_PLUG, Purpose(Step.START, 2)),
        (TWO_PLUGGED, Choose.ASK, Purpose(Step.CHOOSE, among=(1, 2))),
        (TWO_PLUGGED, Choose.ONLY_FREE, Step.NOWHERE),
        ([FREE, second(PLUGGED)], Choose.ASK, Purpose(Step.START, 2)),
        ([FREE, second(PLUGGED)], Choose.ONLY_FREE, Purpose(Step.START, 2)),
        ([charging(), second(FREE)], Choose.ONLY_FREE, Purpose(Step.START, 2)),
        ([replace(PLUGGED, plugged_at=None), second(PLUGGED)], Choose.NEWEST_PLUG, Purpose(Step.START, 2)),
    ],
)
def test_which_of_several_free_evses_is_meant(
    sessions: list[Session], choose: Choose, expected: Purpose | Step
) -> None:
    meant = purpose(sessions, OTHER, choose=choose)
    assert meant == expected or meant.step is expected


@pytest.mark.parametrize("choose", [Choose.NEWEST_PLUG, Choose.ASK])
@pytest.mark.parametrize(
    ("sessions", "token", "expected"),
    [
        pytest.param([LEFT, second(FREE)], CARD, Purpose(Step.START, 2), id="another outlet is free"),
        pytest.param([LEFT, second(PLUGGED, minutes_later=-1)], CARD, Purpose(Step.START, 2), id="another plug"),
        pytest.param([LEFT, second(charging())], BERT, Purpose(Step.CHOOSE, among=(1,)), id="no other is free"),
        pytest.param([LEFT, second(LEFT)], CARD, Purpose(Step.CHOOSE, among=(1, 2)), id="all are left there"),
        pytest.param([LEFT, second(FREE)], OTHER, Purpose(Step.START, 1), id="its own driver begins again"),
    ],
)
def test_nobody_begins_unasked_with_a_vehicle_that_charged_for_somebody_else(
    sessions: list[Session], token: IdToken, expected: Purpose, choose: Choose
) -> None:
    assert purpose(sessions, token, choose=choose) == expected


def test_whoever_chooses_an_outlet_or_finds_one_only_begins_with_whatever_is_plugged_in() -> None:
    assert purpose([LEFT], CARD, alone=True) == Purpose(Step.START, 1)
    assert purpose([LEFT, second(charging())], CARD, choose=Choose.ONLY_FREE).step is Step.STOP
    assert purpose([LEFT, second(charging())], BERT, choose=Choose.ONLY_FREE).step is Step.NOWHERE


@pytest.mark.parametrize(
    ("sessions", "token", "expected"),
    [
        ([charging(token=NOBODY, group=None)], CARD, Step.STOP),
        ([charging(token=NOBODY, group=None), second(PLUGGED)], CARD, Step.START),
        ([charging(group=None)], OTHER, Step.NOWHERE),
    ],
)
def test_where_nobody_is_asked_who_he_is_any_card_stops_what_began_without_one(
    sessions: list[Session], token: IdToken, expected: Step
) -> None:
    assert purpose(sessions, token, anybody_stops=True).step is expected


@pytest.mark.ocpp("C16.FR.01", "C16.FR.02")
@pytest.mark.parametrize("sessions", [[charging(group=None)], [FAULTED], [over()]])
def test_a_token_that_could_be_a_master_pass_is_looked_up_wherever_it_is_presented(sessions: list[Session]) -> None:
    assert purpose(sessions, OTHER).step is Step.NOWHERE
    assert purpose(sessions, OTHER, master_pass=True).step is Step.VOUCH


def test_an_operator_is_told_why_nothing_happens() -> None:
    assert purpose([FAULTED], CARD) == Purpose(Step.NOWHERE, why="EVSE 1: faulted: MeterSilent")
    assert purpose([over()], OTHER) == Purpose(Step.NOWHERE, why="EVSE 1: another driver charges")


@pytest.mark.ocpp("C09.FR.03", "C09.FR.11", "E08.FR.02")
@pytest.mark.parametrize(
    ("info", "allowed"),
    [
        (TokenInfo(Status.accepted, group=IdToken("fleet", "Central")), [1]),
        (TokenInfo(Status.accepted, group=FLEET, lapsed=True), []),
        (TokenInfo(Status.blocked, group=FLEET), []),
        (TokenInfo(Status.accepted, group=IdToken("OTHERS", "Central")), []),
        (TokenInfo(Status.accepted), []),
    ],
)
def test_a_token_of_the_same_group_may_stop(info: TokenInfo, allowed: list[int]) -> None:
    assert stoppable([charging(), second(charging(group=None))], info) == allowed


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (charging(), True),
        (charging(group=None), True),
        (charging(token=OTHER), False),
        (replace(charging(), transaction=replace(charging().transaction, id="u")), False),  # type: ignore[type-var]
        (PLUGGED, False),
    ],
)
def test_whether_an_evse_still_serves_the_same_driver(now: Session, same: bool) -> None:
    assert same_driver(charging(), now) is same


@pytest.mark.ocpp("C16.FR.02")
@pytest.mark.parametrize(
    ("session", "stops"),
    [
        (charging(), True),
        (unauthorized(), True),
        (over(), True),
        (HELD, True),
        (stopping(), False),
        (PLUGGED, False),
        (WAITING, False),
    ],
)
def test_what_a_master_pass_could_stop(session: Session, stops: bool) -> None:
    assert for_master_pass(session) is stops
