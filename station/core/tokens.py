"""Who wants to charge: id tokens and what is known about them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ocpp.v201.enums import AuthorizationStatusEnumType, IdTokenEnumType

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
class TokenInfo:
    """What the CSMS said about a token (IdTokenInfoType)."""

    status: AuthorizationStatusEnumType
    group: IdToken | None = None
    expires: datetime | None = None
    """cacheExpiryDateTime, aware UTC."""
    evse_ids: tuple[int, ...] = ()
    """Only these EVSEs, if any are named (C01.FR.21)."""
    source: Source = Source.CSMS

    @property
    def accepted(self) -> bool:
        return self.status is AuthorizationStatusEnumType.accepted
