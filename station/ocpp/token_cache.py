"""The authorization cache: what the CSMS said about tokens, as long as it may be believed (C10, C11, C12)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from station.core.tokens import NEVER_CHECKED, IdToken, Source, TokenInfo, info_of_text, text_of_info
from station.core.variables.authorization import MOST_CACHED_BYTES, MOST_CACHED_TOKENS
from station.ocpp.words import EARLIEST, LATEST
from station.storage.tokens import CachedToken, Tokens


class TokenCache:
    """Remembers every answer, whatever its status (C10.FR.01), over restarts (C10.FR.02)."""

    def __init__(
        self,
        store: Tokens,
        *,
        enabled: Callable[[], bool],
        life_time_s: Callable[[], float],
        now: Callable[[], datetime],
        most_tokens: int = MOST_CACHED_TOKENS,
        most_bytes: int = MOST_CACHED_BYTES,
    ) -> None:
        self._store = store
        self._enabled = enabled
        self._life_time_s = life_time_s
        self._now = now
        self._most_tokens = most_tokens
        self._most_bytes = most_bytes

    def get(self, token: IdToken) -> TokenInfo | None:
        """Return what was said about a token and still counts."""
        if not self._enabled():
            return None
        stored = self._store.get(token)
        if stored is None:
            return None
        return info_of_text(stored.info, Source.CACHE) if self._counts(stored) else None

    def learn(self, token: IdToken, info: TokenInfo) -> None:
        """Keep an answer; one that has expired already only removes what was known (errata of C10.FR.10)."""
        if not self._enabled() or token.type in NEVER_CHECKED:
            return
        now = self._now()
        with self._store.together():
            # C10.FR.09: the personal message may tell a tariff, which is another one tomorrow.
            text = text_of_info(replace(info, personal_message=None))
            self._store.put(token, text, updated_at=now, expires=info.expires, accepted=info.accepted)
            self._store.expire(now=now, believed=self._believed())  # C10.FR.10
            self._store.evict(token, most_tokens=self._most_tokens, most_bytes=self._most_bytes)  # C10.FR.07

    def clear(self) -> bool:
        """Forget everything; False, and nothing is forgotten, while the cache is switched off (C11)."""
        if not self._enabled():
            return False  # C11.FR.04
        self._store.clear()
        return True

    def size_bytes(self) -> int:
        """Return how many bytes are in use (AuthCacheCtrlr.Storage)."""
        return self._store.size_bytes()

    def _counts(self, stored: CachedToken) -> bool:
        if stored.expires is not None:
            return self._now() < stored.expires  # C10.FR.13
        # C10.FR.10 as the errata have it: since the CSMS said so, however often the token was used since then.
        oldest, latest = self._believed()
        return oldest <= stored.updated_at <= latest

    def _believed(self) -> tuple[datetime, datetime]:
        """Return of which instants an answer without an expiry counts.

        One that lies ahead was dated by a clock that was put back since then; it counts no longer than any other.
        """
        now, life_time_s = self._now(), self._life_time_s()
        return _moved(now, -life_time_s), _moved(now, life_time_s)


def _moved(instant: datetime, seconds: float) -> datetime:
    """Return an instant so much later; the first or the last one if there is none."""
    try:
        return instant + timedelta(seconds=seconds)
    except OverflowError:
        return EARLIEST if seconds < 0 else LATEST
