"""The authorization cache: what the CSMS said about tokens, as long as it may be believed (C10, C11, C12)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from ocpp.v201.enums import IdTokenEnumType

from station.core.documents import from_document, to_document
from station.core.tokens import IdToken, TokenInfo
from station.storage.tokens import Tokens

NEVER_CACHED = frozenset({IdTokenEnumType.central.value, IdTokenEnumType.no_authorization.value})
"""C02.FR.03, C03.FR.02, C05.FR.02."""


class TokenCache:
    """Remembers every answer, whatever its status (C10.FR.01), over restarts."""

    def __init__(
        self,
        store: Tokens,
        *,
        enabled: Callable[[], bool],
        life_time_s: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._enabled = enabled
        self._life_time_s = life_time_s
        self._now = now

    def get(self, token: IdToken) -> TokenInfo | None:
        """Return what was said about a token and still counts."""
        if not self._enabled():
            return None
        stored = self._store.get(token)
        if stored is None:
            return None
        info = from_document(TokenInfo, json.loads(stored.info))
        expires = info.expires or stored.updated_at + timedelta(seconds=self._life_time_s())
        return info if self._now() < expires else None

    def learn(self, token: IdToken, info: TokenInfo) -> None:
        """Keep an answer; one that has expired already removes what was known (C10.FR.08)."""
        if not self._enabled() or token.type in NEVER_CACHED:
            return
        self._store.put(token, json.dumps(to_document(info)), updated_at=self._now())
