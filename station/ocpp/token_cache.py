"""The authorization cache: what the CSMS said about tokens, as long as it may be believed (C10, C11, C12)."""

import json
from collections.abc import Callable
from datetime import datetime

from station.core.documents import from_document, to_document
from station.core.tokens import NEVER_CHECKED, IdToken, TokenInfo
from station.storage.tokens import Tokens

MOST_TOKENS = 1000
"""When it hears of one more, the station forgets the one of which it heard longest ago (C10.FR.07)."""


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
        if info.expires is not None:
            return info if self._now() < info.expires else None  # C10.FR.13
        # C10.FR.10 as the errata have it: since the CSMS said so, however often the token was used since then.
        age_s = (self._now() - stored.updated_at).total_seconds()
        return info if age_s <= self._life_time_s() else None

    def learn(self, token: IdToken, info: TokenInfo) -> None:
        """Keep an answer; one that has expired already only removes what was known (errata of C10.FR.10)."""
        if not self._enabled() or token.type in NEVER_CHECKED:
            return
        document, now = json.dumps(to_document(info)), self._now()
        self._store.put(token, document, updated_at=now, expires=info.expires)
        self._store.evict(keep=MOST_TOKENS, now=now)
