"""What a presented card is for, and at which EVSE."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from station.core.session import Session, refusal
from station.core.tokens import IdToken, TokenInfo


class Step(StrEnum):
    """What a presented card is for."""

    START = "start"
    STOP = "stop"
    ASK_GROUP = "ask_group"
    """Another card than the one that started: it may stop if its group is the same (C09)."""
    IGNORE = "ignore"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a presented card is for, and at which EVSE; `why` tells an operator where nothing is done."""

    step: Step
    evse_id: int = 0
    why: str = ""


def purpose(sessions: Sequence[Session], token: IdToken) -> Purpose:
    """Return what a card means that is held to a reader of these EVSEs."""
    for session in sessions:
        if session.authorization is not None and token.matches(session.authorization.token):
            return _own_card(session)
    free = [session for session in sessions if refusal(session) is None]
    if meant := only_one_meant(free):
        return Purpose(Step.START, meant.evse_id)
    if free:
        return Purpose(Step.NOWHERE, why="several outlets are free; plug the cable in first")
    running = [session for session in sessions if session.authorization and session.authorization.group]
    if running:
        return Purpose(Step.ASK_GROUP, running[0].evse_id)
    reasons = "; ".join(f"EVSE {session.evse_id}: {refusal(session)}" for session in sessions)
    return Purpose(Step.NOWHERE, why=reasons or "the reader serves no EVSE")


def only_one_meant(free: Sequence[Session]) -> Session | None:
    """Return the only free EVSE with a cable plugged in, else the only free one, else None (F01.FR.20)."""
    candidates = [session for session in free if session.plugged] or free
    return candidates[0] if len(candidates) == 1 else None


def _own_card(session: Session) -> Purpose:
    """C01.FR.03: the card that started also stops; but not while its start is still being signed."""
    transaction = session.transaction
    if transaction is not None and transaction.begin is None and transaction.stop is None:
        return Purpose(Step.IGNORE, session.evse_id, "the start is being signed")
    if transaction is not None and transaction.stop is not None:
        return Purpose(Step.IGNORE, session.evse_id, "the end is being signed")
    return Purpose(Step.STOP, session.evse_id)


def may_stop(sessions: Iterable[Session], evse_id: int, info: TokenInfo) -> bool:
    """C09.FR.11: another card stops if it is accepted and belongs to the same group."""
    for session in sessions:
        if session.evse_id == evse_id and session.authorization is not None and session.authorization.group:
            return info.accepted and session.authorization.group.matches(info.group)
    return False
