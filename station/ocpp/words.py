"""Values of the core in the words of OCPP messages, and back."""

from datetime import UTC, datetime

import structlog
from ocpp.v201.datatypes import EVSEType, IdTokenInfoType, IdTokenType, MessageContentType
from ocpp.v201.enums import AuthorizationStatusEnumType, IdTokenEnumType, MessageFormatEnumType

from station.clock import plausible
from station.core.tokens import IdToken, PersonalMessage, TokenInfo

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
LEAP_SECOND = slice(17, 19)

log = structlog.get_logger("station.words")


def timestamp(instant: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds (Part 2 section 3.1)."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Return the instant, aware UTC, of an RFC 3339 text; raises ValueError for a day that does not exist."""
    text = text.upper()
    if text[LEAP_SECOND] == "60":
        text = text[:17] + "59" + text[19:]
    moment = datetime.fromisoformat(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:  # the first or the last day there is, in another zone: some systems say "for ever" so
        return EARLIEST if moment.year == EARLIEST.year else LATEST


def current_time(text: str) -> datetime | None:
    """Return what time the CSMS says it is (B01.FR.06, G02.FR.06), or None if that cannot be."""
    try:
        now = instant(text)
    except ValueError:
        now = EARLIEST
    if plausible(now):
        return now
    log.warning("csms_time_not_believed", text=text)
    return None


def id_token(token: IdToken) -> IdTokenType:
    return IdTokenType(id_token=token.value, type=IdTokenEnumType(token.type))


def token_of(message: IdTokenType) -> IdToken:
    return IdToken(message.id_token, str(message.type.value))


def token_info(message: IdTokenInfoType) -> TokenInfo:
    """Return what an answer says about a token."""
    group = message.group_id_token
    return TokenInfo(
        status=AuthorizationStatusEnumType(message.status),
        group=token_of(group) if group else None,
        expires=_expiry(message.cache_expiry_date_time) if message.cache_expiry_date_time else None,
        evse_ids=tuple(message.evse_id or ()),
        language1=message.language_1,
        language2=message.language_2,
        personal_message=personal_message(message.personal_message) if message.personal_message else None,
        charging_priority=message.charging_priority,
    )


def personal_message(message: MessageContentType) -> PersonalMessage:
    return PersonalMessage(MessageFormatEnumType(message.format), message.content, message.language)


def evse(evse_id: int, connector_id: int | None = None) -> EVSEType:
    return EVSEType(id=evse_id, connector_id=connector_id)


def _expiry(text: str) -> datetime:
    """Return until when an answer may be believed: no longer than now if that cannot be read."""
    try:
        return instant(text)
    except ValueError:
        return EARLIEST
