"""AuthCtrlr, AuthCacheCtrlr and LocalAuthListCtrlr: who may charge."""

from typing import Final

from ocpp.v201.enums import IdTokenEnumType

from station.core.datatypes import Boolean, Integer, MemberList, OptionList, Text
from station.core.variables.row import READ_ONLY, Variable

MOST_CACHED_TOKENS: Final = 1000
MOST_CACHED_BYTES: Final = 512 * 1024
MOST_LISTED_TOKENS: Final = 10_000
MOST_LISTED_BYTES: Final = 4 * 1024 * 1024
MOST_LIST_ITEMS_PER_MESSAGE: Final = 250
MOST_LIST_BYTES_PER_MESSAGE: Final = 128 * 1024
"""So much keeps a small computer busy for a moment only; a long list comes in several messages (D01.FR.11)."""

AUTH_ENABLED = Variable("AuthCtrlr", "Enabled", Boolean(), default=True)
LOCAL_PRE_AUTHORIZE = Variable("AuthCtrlr", "LocalPreAuthorize", Boolean(), default=False)
LOCAL_AUTHORIZE_OFFLINE = Variable("AuthCtrlr", "LocalAuthorizeOffline", Boolean(), default=True)
OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED = Variable("AuthCtrlr", "OfflineTxForUnknownIdEnabled", Boolean(), default=False)
AUTHORIZE_REMOTE_START = Variable("AuthCtrlr", "AuthorizeRemoteStart", Boolean(), default=True)
DISABLE_REMOTE_AUTHORIZATION = Variable("AuthCtrlr", "DisableRemoteAuthorization", Boolean(), default=False)
MASTER_PASS_GROUP_ID = Variable("AuthCtrlr", "MasterPassGroupId", Text(max_limit=36), "")
SUPPORTED_ID_TOKEN_TYPES = Variable(
    "AuthCtrlr",
    "SupportedIdTokenTypes",
    MemberList(tuple(IdTokenEnumType)),
    frozenset(IdTokenEnumType),
    mutability=READ_ONLY,
    constant=True,
)
"""Readers give ISO14443 and ISO15693; a remote start is taken with a token of any type."""

AUTH_CACHE_AVAILABLE = Variable("AuthCacheCtrlr", "Available", Boolean(), default=True).fixed(value=True)
AUTH_CACHE_ENABLED = Variable("AuthCacheCtrlr", "Enabled", Boolean(), default=True)
AUTH_CACHE_LIFE_TIME = Variable("AuthCacheCtrlr", "LifeTime", Integer(0), 86400, unit="s")
AUTH_CACHE_STORAGE = Variable(
    "AuthCacheCtrlr", "Storage", Integer(0, MOST_CACHED_BYTES), 0, unit="B", mutability=READ_ONLY
)
AUTH_CACHE_POLICY = Variable("AuthCacheCtrlr", "Policy", OptionList(("CUSTOM",)), "CUSTOM").fixed("CUSTOM")
"""Who was not accepted goes first, then who was updated longest ago (station.storage.tokens)."""
AUTH_CACHE_DISABLE_POST_AUTHORIZE = Variable("AuthCacheCtrlr", "DisablePostAuthorize", Boolean(), default=False)

LOCAL_AUTH_LIST_AVAILABLE = Variable("LocalAuthListCtrlr", "Available", Boolean(), default=True).fixed(value=True)
LOCAL_AUTH_LIST_ENABLED = Variable("LocalAuthListCtrlr", "Enabled", Boolean(), default=True)
LOCAL_AUTH_LIST_ENTRIES = Variable(
    "LocalAuthListCtrlr", "Entries", Integer(0, MOST_LISTED_TOKENS), 0, mutability=READ_ONLY
)
LOCAL_AUTH_LIST_STORAGE = Variable(
    "LocalAuthListCtrlr", "Storage", Integer(0, MOST_LISTED_BYTES), 0, unit="B", mutability=READ_ONLY
)
LOCAL_AUTH_LIST_ITEMS_PER_MESSAGE = Variable(
    "LocalAuthListCtrlr", "ItemsPerMessage", Integer(1, MOST_LIST_ITEMS_PER_MESSAGE), MOST_LIST_ITEMS_PER_MESSAGE
).fixed(MOST_LIST_ITEMS_PER_MESSAGE)
LOCAL_AUTH_LIST_BYTES_PER_MESSAGE = Variable(
    "LocalAuthListCtrlr", "BytesPerMessage", Integer(1, MOST_LIST_BYTES_PER_MESSAGE), MOST_LIST_BYTES_PER_MESSAGE
).fixed(MOST_LIST_BYTES_PER_MESSAGE)
LOCAL_AUTH_LIST_DISABLE_POST_AUTHORIZE = Variable(
    "LocalAuthListCtrlr", "DisablePostAuthorize", Boolean(), default=False
)
LOCAL_AUTH_LIST_SUPPORTS_EXPIRY_DATE_TIME = Variable(
    "LocalAuthListCtrlr", "SupportsExpiryDateTime", Boolean(), default=True
).fixed(value=True)
