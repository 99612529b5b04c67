"""What a card is for."""

from dataclasses import replace

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType as Status
from ocpp.v201.enums import TriggerReasonEnumType

from station.core.events import Authorized
from station.core.faults import Fault
from station.core.presented import Purpose, Step, may_stop, purpose
from station.core.session import Session, Stop, Transaction
from station.core.tokens import IdToken, TokenInfo

CARD = IdToken("04A2B3C4D5E680", "ISO14443")
OTHER = IdToken("04FFFFFFFFFFFF", "ISO14443")
FLEET = IdToken("FLEET", "Central")

ACCEPTED = TokenInfo(Status.accepted)
BLOCKED = TokenInfo(Status.blocked)

FREE = Session(1, awake=True)
PLUGGED = Session(1, awake=True, plugged=True)


def charging(evse_id: int = 1, **changes: object) -> Session:
    transaction = Transaction("t", cause=TriggerReasonEnumType.authorized, token=CARD, **changes)  # type: ignore[arg-type]
    return Session(
        evse_id, awake=True, plugged=True, authorization=Authorized(CARD, group=FLEET), transaction=transaction
    )


def with_begin(session: Session) -> Session:
    assert session.transaction is not None
    return replace(session, transaction=replace(session.transaction, begin=object()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sessions", "token", "expected"),
    [
        pytest.param([PLUGGED], CARD, (Step.START, 1), id="plugged"),
        pytest.param([FREE], CARD, (Step.START, 1), id="card first"),
        pytest.param([FREE, replace(PLUGGED, evse_id=2)], CARD, (Step.START, 2), id="the plugged one of two"),
        pytest.param([FREE, replace(FREE, evse_id=2)], CARD, (Step.NOWHERE, 0), id="two free, nothing plugged"),
        pytest.param([with_begin(charging())], CARD, (Step.STOP, 1), id="C01.FR.03 own card stops"),
        pytest.param([charging()], CARD, (Step.IGNORE, 1), id="tapped again while the start is being signed"),
        pytest.param([with_begin(charging())], OTHER, (Step.ASK_GROUP, 1), id="C09.FR.05 another card"),
        pytest.param([with_begin(charging()), replace(FREE, evse_id=2)], OTHER, (Step.START, 2), id="the free one"),
        pytest.param(
            [replace(PLUGGED, faults=frozenset({Fault.METER}))], CARD, (Step.NOWHERE, 0), id="a faulted outlet"
        ),
        pytest.param(
            [
                with_begin(
                    charging(stop=Stop(TriggerReasonEnumType.stop_authorized, None))  # type: ignore[arg-type]
                )
            ],
            CARD,
            (Step.IGNORE, 1),
            id="tapped again while the end is being signed",
        ),
        pytest.param([], CARD, (Step.NOWHERE, 0), id="a reader without outlets"),
    ],
)
def test_what_a_card_is_for(sessions: list[Session], token: IdToken, expected: tuple[Step, int]) -> None:
    meant = purpose(sessions, token)
    assert (meant.step, meant.evse_id) == expected


def test_an_operator_is_told_why_nothing_happens() -> None:
    meant = purpose([replace(PLUGGED, faults=frozenset({Fault.METER}))], CARD)
    assert meant == Purpose(Step.NOWHERE, why="EVSE 1: faulted: MeterSilent")


@pytest.mark.ocpp("C09.FR.11")
@pytest.mark.parametrize(
    ("info", "allowed"),
    [
        (TokenInfo(Status.accepted, group=IdToken("fleet", "Central")), True),
        (TokenInfo(Status.blocked, group=FLEET), False),
        (TokenInfo(Status.accepted, group=IdToken("OTHERS", "Central")), False),
        (TokenInfo(Status.accepted), False),
    ],
)
def test_a_card_of_the_same_group_may_stop(info: TokenInfo, allowed: bool) -> None:
    assert may_stop([with_begin(charging())], 1, info) is allowed


@pytest.mark.ocpp("C01.FR.25")
def test_tokens_are_equal_whatever_the_case_but_not_the_type() -> None:
    assert CARD.matches(IdToken("04a2b3c4d5e680", "ISO14443"))
    assert not CARD.matches(IdToken("04A2B3C4D5E680", "Central"))
    assert CARD.value not in repr(CARD)
