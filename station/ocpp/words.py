"""Values of the core in the words of OCPP messages, and back."""

from datetime import UTC, datetime
from typing import Any

from ocpp.v201.datatypes import EVSEType, IdTokenInfoType, IdTokenType
from ocpp.v201.enums import AuthorizationStatusEnumType, IdTokenEnumType

from station.core.tokens import IdToken, TokenInfo


def timestamp(instant: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds (Part 2 section 3.1)."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Return the aware instant of an RFC 3339 text; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def id_token(token: IdToken) -> IdTokenType:
    return IdTokenType(id_token=token.value, type=IdTokenEnumType(token.type))


def token_of(message: IdTokenType) -> IdToken:
    return IdToken(message.id_token, str(message.type.value))


def token_info(message: IdTokenInfoType) -> TokenInfo:
    """Return what an answer says about a token."""
    group = message.group_id_token
    expiry = message.cache_expiry_date_time
    return TokenInfo(
        status=AuthorizationStatusEnumType(message.status),
        group=token_of(group) if group else None,
        expires=instant(expiry) if expiry else None,
        evse_ids=tuple(message.evse_id or ()),
    )


def evse(evse_id: int, connector_id: int | None = None) -> EVSEType:
    return EVSEType(id=evse_id, connector_id=connector_id)


def without_none(**members: Any) -> dict[str, Any]:
    """Return the members that are set; OCPP omits what has no value (Part 4 section 4.1.5)."""
    return {name: value for name, value in members.items() if value is not None}
