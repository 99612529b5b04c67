"""What a driver was told last: whether it is a reason that nobody charges, and which one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ocpp.v201.enums import AuthorizationStatusEnumType as Status

from station.core.session import Session
from station.core.why_codes import Code, Link, Standing, Step

NEWS_FOR: Final = timedelta(minutes=10)
"""A refusal explains nothing any more after that, unless the same vehicle still stands there."""
CHECKED_FOR: Final = timedelta(seconds=90)
"""A look-up that was never answered is over then, whatever the message timeout."""

NOT_KNOWN: Final = "the token is not known here"
STATUS: Final = "the token is "

_STATUSES: Final[Mapping[str, Code]] = {
    Status.expired: Code.CARD_EXPIRED,
    Status.invalid: Code.CARD_UNKNOWN,
    Status.unknown: Code.CARD_UNKNOWN,
    Status.not_at_this_location: Code.CARD_NOT_HERE,
    Status.not_at_this_time: Code.CARD_NOT_HERE,
    Status.not_allowed_type_evse: Code.CARD_NOT_HERE,
}
"""By AuthorizationStatusEnumType; every other one is a plain refusal."""

_SENTENCES: Final = {
    "only for EVSE": Code.CARD_NOT_HERE,
    "too many wrong codes": Code.CARD_BREAK,
    "a master pass starts nothing": Code.CARD_STOPS_ONLY,
    "it is not certain which outlet is meant": Code.CARD_UNCLEAR,
    "another vehicle was plugged in meanwhile": Code.CARD_UNCLEAR,
}
"""By how they begin (core.authorization, core.presented, ocpp.presenting).

What else is told (faulted, out of service, somebody charges here) is about the outlet, and other links say so.
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice to the driver (station.hardware.ports.DriverNotice)."""

    notice: str
    text: str
    at: datetime


def refused_because(told: Told | None, session: Session, *, now: datetime, online: bool) -> Link | None:
    """Return the link of a card that was refused, or None if none was that matters now."""
    if told is None or told.notice != "refused":
        return None
    same_vehicle = session.plugged and session.plugged_at is not None and session.plugged_at <= told.at
    if not same_vehicle and now - told.at > NEWS_FOR:
        return None
    code = _code(told.text, online=online)
    return None if code is None else Link(Step.CARD, Standing.STOPS, code, told.text)


def is_being_checked(told: Told | None, *, now: datetime) -> bool:
    """Tell whether a card is being looked up."""
    return told is not None and told.notice == "checking" and now - told.at < CHECKED_FOR


def _code(text: str, *, online: bool) -> Code | None:
    if text == NOT_KNOWN:
        return Code.CARD_UNKNOWN if online else Code.CARD_OFFLINE
    if text.startswith(STATUS):
        return _STATUSES.get(text.removeprefix(STATUS), Code.CARD_REFUSED)
    return next((code for start, code in _SENTENCES.items() if text.startswith(start)), None)
