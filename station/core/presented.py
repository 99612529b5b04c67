"""What a presented token is for, and at which EVSE: tables, tried from the top."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ocpp.v201.enums import IdTokenEnumType

from station.core.session import Metering, Session, is_left_by_other, refusal
from station.core.tokens import IdToken, TokenInfo

NOBODY = IdToken("", IdTokenEnumType.no_authorization.value)
"""Whoever presses a start button, or plugs in where nobody is asked who he is (C02.FR.01)."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Choose(StrEnum):
    """How a reader finds the EVSE that is meant, if several are free."""

    NEWEST_PLUG = "newest-plug"
    """Where somebody plugged in last; a card that comes first waits for the next plug."""
    ASK = "ask"
    """The only one that is plugged in; else the driver chooses, or plugs in."""
    ONLY_FREE = "only-free"
    """The only one that is plugged in, else the only one that is free; nothing is waited for."""


class Place(StrEnum):
    """What an EVSE is for a token that is presented there."""

    HELD = "its plug is held"
    STARTING = "the start is being signed"
    ENDING = "the end is being signed"
    OWN = "it charges"
    PLUGGED = "free, and plugged in"
    FREE = "free"
    ANYBODYS = "somebody charges who was not asked who he is"
    GROUP = "somebody of a group charges"
    TAKEN = "another driver charges"
    SHUT = "nobody can begin"


class Step(StrEnum):
    """What a presented token is for."""

    START = "start"
    CHOOSE = "choose"
    """It may start at one of several EVSEs; the driver has to say at which."""
    STOP = "stop"
    RELEASE = "release"
    """Its owner's plug is still locked though the transaction is over (E05.FR.11)."""
    VOUCH = "vouch"
    """It stops if the CSMS, the list or the cache says so: same group (C09), or a master pass (C16)."""
    IGNORE = "ignore"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a token is for, and where; `why` tells people where nothing is done."""

    step: Step
    evse_id: int = 0
    among: tuple[int, ...] = ()
    """The EVSEs that may be chosen."""
    why: str = ""


def purpose(
    sessions: Sequence[Session],
    token: IdToken,
    *,
    choose: Choose = Choose.NEWEST_PLUG,
    alone: bool = False,
    anybody_stops: bool = False,
    master_pass: bool = False,
) -> Purpose:
    """Return what a token means that is presented at a reader of these EVSEs.

    `alone`: the reader serves no other, or the driver chose this one. `anybody_stops`: nobody is asked who he is
    (AuthCtrlr.Enabled is false). `master_pass`: such tokens exist, and something runs that one could stop.
    """
    places = {session.evse_id: place(session, token) for session in sessions}
    for looked_for in _ORDER_OF_NOBODY if token == NOBODY else _ORDER:
        found = [session for session in sessions if places[session.evse_id] in looked_for]
        if not found:
            continue
        first = places[found[0].evse_id]
        match _STEPS[first]:
            case Step.START:
                return _start(found, found if alone else unused(found, token), choose)
            case Step.STOP if first is Place.ANYBODYS and not anybody_stops:
                continue
            case Step.IGNORE:
                return Purpose(Step.IGNORE, found[0].evse_id, why=f"EVSE {found[0].evse_id}: {first}")
            case step:
                return Purpose(step, found[0].evse_id)
    if master_pass:
        return Purpose(Step.VOUCH)
    reasons = "; ".join(
        f"EVSE {session.evse_id}: {refusal(session) or places[session.evse_id]}" for session in sessions
    )
    return Purpose(Step.NOWHERE, why=reasons or "the reader serves no EVSE")


def place(session: Session, token: IdToken) -> Place:
    """Return what one EVSE is for a token."""
    return next(where for where, holds in _PLACES if holds(session, token))


def unused(free: Iterable[Session], token: IdToken) -> list[Session]:
    """Leave out where somebody else's vehicle stands, lest this driver pays for it."""
    return [session for session in free if not is_left_by_other(session, token)]


def only_one_meant(free: Sequence[Session]) -> Session | None:
    """Return the only free EVSE with a cable plugged in, else the only free one, else None (F01.FR.20)."""
    candidates = [session for session in free if session.plugged] or free
    return candidates[0] if len(candidates) == 1 else None


def newest_plug(free: Sequence[Session]) -> Session | None:
    """Return where somebody plugged in last, else the only free EVSE, else None."""
    plugged = [session for session in free if session.plugged]
    if plugged:
        return max(plugged, key=lambda session: session.plugged_at or LONG_AGO)
    return only_one_meant(free)


def stoppable(sessions: Iterable[Session], info: TokenInfo) -> list[int]:
    """Return where a token may stop because it is accepted and of the same group (C09.FR.03, C09.FR.11)."""
    return [session.evse_id for session in sessions if info.accepted and _same_group(session, info.group)]


def same_driver(before: Session, now: Session) -> bool:
    """Whether the EVSE still serves whom it served before."""
    return _who_and_what(before) == _who_and_what(now)


def other_vehicle(before: Session, now: Session) -> bool:
    """Whether the vehicle that was plugged in has made room for another one, or for itself."""
    return before.plugged and now.plugged and before.plugged_at != now.plugged_at


def for_master_pass(session: Session) -> bool:
    """C16: a transaction that a master pass could end, or a plug that is still held after one."""
    transaction = session.transaction
    return session.held_for is not None or (transaction is not None and transaction.stop is None)


def _start(free: Sequence[Session], likely: Sequence[Session], choose: Choose) -> Purpose:
    meant = newest_plug(likely) if choose is Choose.NEWEST_PLUG else only_one_meant(likely)
    if meant is not None:
        return Purpose(Step.START, meant.evse_id)
    if choose is Choose.ONLY_FREE:
        return Purpose(Step.NOWHERE, why="it is not certain which outlet is meant; plug the cable in first")
    return Purpose(Step.CHOOSE, among=tuple(session.evse_id for session in free))


def _driver(session: Session) -> IdToken | None:
    if session.authorization is not None:
        return session.authorization.token
    return session.transaction.token if session.transaction is not None else None


def _own(session: Session, token: IdToken) -> bool:
    return token.matches(_driver(session))


def _anybodys(session: Session) -> bool:
    return session.authorization is not None and session.authorization.token == NOBODY


def _starting(session: Session) -> bool:
    return session.metering is Metering.STARTING


def _over(session: Session) -> bool:
    """Who was authorized is so no more, and the transaction goes on."""
    return session.transaction is not None and (session.transaction.over or session.transaction.stop) is not None


def _ending(session: Session, token: IdToken) -> bool:
    return _own(session, token) and _over(session) and refusal(session) is not None


def _free(session: Session, token: IdToken) -> bool:
    """C01.FR.23: while a transaction goes on, nobody may begin but who was authorized in it before."""
    return refusal(session) is None and (not _over(session) or _own(session, token))


def _same_group(session: Session, group: IdToken | None) -> bool:
    authorization = session.authorization
    return authorization is not None and authorization.group is not None and authorization.group.matches(group)


def _who_and_what(session: Session) -> tuple[IdToken | None, str]:
    return _driver(session), session.transaction.id if session.transaction else ""


_PLACES: tuple[tuple[Place, Callable[[Session, IdToken], bool]], ...] = (
    (Place.HELD, lambda session, token: token.matches(session.held_for)),
    (Place.STARTING, lambda session, token: _starting(session) and (_own(session, token) or _anybodys(session))),
    (Place.ENDING, _ending),
    (Place.OWN, lambda session, token: _own(session, token) and session.authorization is not None),
    (Place.PLUGGED, lambda session, token: _free(session, token) and session.plugged),
    (Place.FREE, _free),
    (Place.ANYBODYS, lambda session, _: _anybodys(session)),
    (Place.GROUP, lambda session, _: session.authorization is not None and session.authorization.group is not None),
    (Place.TAKEN, lambda session, _: session.authorization is not None or _over(session)),
    (Place.SHUT, lambda _session, _token: True),
)
"""The first that holds is what the EVSE is for the token."""

_ORDER: tuple[tuple[Place, ...], ...] = (
    (Place.HELD,),
    (Place.OWN,),
    (Place.STARTING, Place.ENDING),
    (Place.PLUGGED, Place.FREE),
    (Place.ANYBODYS,),
    (Place.GROUP,),
)
"""What is looked for, in this order, if a reader serves several EVSEs."""

_ORDER_OF_NOBODY = ((Place.PLUGGED,), *_ORDER)
"""A start button is everybody's: whoever has plugged in wants to start, before anybody is stopped."""

_STEPS: dict[Place, Step] = {
    Place.HELD: Step.RELEASE,
    Place.OWN: Step.STOP,  # C01.FR.03a, E07.FR.01
    Place.STARTING: Step.IGNORE,
    Place.ENDING: Step.IGNORE,
    Place.PLUGGED: Step.START,
    Place.FREE: Step.START,
    Place.ANYBODYS: Step.STOP,
    Place.GROUP: Step.VOUCH,  # C01.FR.03b, C09
}
