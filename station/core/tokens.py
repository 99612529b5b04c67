"""Who wants to charge: id tokens and what is known about them."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ocpp.v201.enums import AuthorizationStatusEnumType, IdTokenEnumType, MessageFormatEnumType

from station.core.documents import from_document, to_document

NEVER_CHECKED = frozenset({IdTokenEnumType.central.value, IdTokenEnumType.no_authorization.value})
"""Types that only the CSMS, or nobody, could speak for: no Authorize, no place in the cache (C02, C03, C05)."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """An identifier of a driver; shown masked wherever it might end in a log."""

    value: str
    type: str

    def matches(self, other: "IdToken | None") -> bool:
        """C01.FR.25: equal in value, whatever the case of the letters, and in type."""
        return other is not None and (self.value.lower(), self.type) == (other.value.lower(), other.type)

    def __repr__(self) -> str:
        return f"IdToken(***, {self.type})"


class Source(StrEnum):
    """Who vouches for a token."""

    CSMS = "csms"
    CACHE = "cache"
    LOCAL_LIST = "local_list"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class PersonalMessage:
    """What the CSMS wants this driver to read (MessageContentType)."""

    format: MessageFormatEnumType
    content: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What the CSMS said about a token (IdTokenInfoType)."""

    status: AuthorizationStatusEnumType
    group: IdToken | None = None
    expires: datetime | None = None
    """cacheExpiryDateTime, aware UTC."""
    evse_ids: tuple[int, ...] = ()
    """Only these EVSEs, if any are named (C01.FR.21)."""
    source: Source = Source.CSMS
    language1: str | None = None
    """What the driver wants to read, a tag of RFC 5646 (C01.FR.08)."""
    language2: str | None = None
    """What else, where there are no texts in language1 (C01.FR.09)."""
    personal_message: PersonalMessage | None = None
    charging_priority: int | None = None
    lapsed: bool = False
    """Its time in the local list has passed: not to be believed, but not unknown either (C13.FR.06, C14.FR.05)."""

    @property
    def accepted(self) -> bool:
        return self.status is AuthorizationStatusEnumType.accepted and not self.lapsed

    @property
    def language(self) -> str:
        """Return what the driver wants to read, or else would; empty if the CSMS does not say."""
        return self.language1 or self.language2 or ""


UNCHECKED = TokenInfo(AuthorizationStatusEnumType.accepted, source=Source.NOBODY)
"""For who is let in without anybody's word: AuthCtrlr.Enabled is false, a button, unknown ids offline, or a remote
start whose token the CSMS judges when it gets the transaction (F01.FR.03)."""


def text_of_info(info: TokenInfo) -> str:
    """Return what was said, as it is stored; who said it and how old it is are known by where it is stored."""
    document = to_document(info)
    kept = {name: member for name, member in document.items() if name not in ("source", "lapsed") and member != []}
    return json.dumps(kept, separators=(",", ":"))


def info_of_text(text: str, source: Source) -> TokenInfo:
    """Return what `text_of_info` made this of, or an earlier version; `source` is where it was stored."""
    return replace(from_document(TokenInfo, json.loads(text)), source=source)
