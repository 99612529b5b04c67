"""Block C, the authorization cache: ClearCache (C11)."""

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.enums import ClearCacheStatusEnumType as Status

from station.errors import StorageError
from station.ocpp.model_words import because
from station.ocpp.router import on
from station.ocpp.token_cache import TokenCache

log = structlog.get_logger("station.authorization_cache")


class AuthorizationCache:
    """Forgets what the CSMS said about tokens when the CSMS says so."""

    def __init__(self, cache: TokenCache) -> None:
        self._cache = cache

    @on("ClearCache")
    async def clear_cache(self, _request: call.ClearCache) -> call_result.ClearCache:
        """C11.FR.01-05."""
        try:
            cleared = self._cache.clear()
        except StorageError as error:
            log.error("authorization_cache_not_cleared", error=str(error))
            return _rejected("InternalError", "the station could not clear it")
        if not cleared:
            return _rejected("NotEnabled", "AuthCacheCtrlr.Enabled is false")
        log.info("authorization_cache_cleared")
        return call_result.ClearCache(status=Status.accepted)


def _rejected(reason_code: str, text: str) -> call_result.ClearCache:
    return call_result.ClearCache(status=Status.rejected, status_info=because(reason_code, text))
