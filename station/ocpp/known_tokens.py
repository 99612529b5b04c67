"""What the station knows about tokens by itself: the local list before the cache (C13.FR.01, C14.FR.01)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from station.core.tokens import IdToken, Source, TokenInfo, info_of_text
from station.ocpp.token_cache import TokenCache
from station.storage.local_list import LocalList


class KnownTokens:
    """The one place to ask; `source` of what it returns says where it was found."""

    def __init__(
        self,
        local_list: LocalList,
        cache: TokenCache,
        *,
        list_enabled: Callable[[], bool],
        list_expires: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        """`list_expires`: LocalAuthListCtrlr.SupportsExpiryDateTime."""
        self._list = local_list
        self._cache = cache
        self._list_enabled = list_enabled
        self._list_expires = list_expires
        self._now = now

    def get(self, token: IdToken) -> TokenInfo | None:
        """Return what is known about a token; None if it is neither listed nor cached."""
        text = self._list.get(token) if self._list_enabled() else None
        if text is None:
            return self._cache.get(token)
        info = info_of_text(text, Source.LOCAL_LIST)
        return replace(info, lapsed=self._has_passed(info))

    def learn(self, token: IdToken, info: TokenInfo) -> None:
        """Take an answer of the CSMS into the cache; the list is changed by SendLocalList alone (D01.FR.09)."""
        self._cache.learn(token, info)

    def _has_passed(self, info: TokenInfo) -> bool:
        return self._list_expires() and info.expires is not None and info.expires <= self._now()
