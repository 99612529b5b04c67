"""AuthCtrlr and AuthCacheCtrlr: who may charge."""

from ocpp.v201.enums import IdTokenEnumType

from station.core.datatypes import Boolean, Integer, MemberList
from station.core.variables.row import READ_ONLY, Variable

AUTH_ENABLED = Variable("AuthCtrlr", "Enabled", Boolean(), default=True)
LOCAL_PRE_AUTHORIZE = Variable("AuthCtrlr", "LocalPreAuthorize", Boolean(), default=False)
LOCAL_AUTHORIZE_OFFLINE = Variable("AuthCtrlr", "LocalAuthorizeOffline", Boolean(), default=True)
OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED = Variable("AuthCtrlr", "OfflineTxForUnknownIdEnabled", Boolean(), default=False)
AUTHORIZE_REMOTE_START = Variable("AuthCtrlr", "AuthorizeRemoteStart", Boolean(), default=True)
DISABLE_REMOTE_AUTHORIZATION = Variable("AuthCtrlr", "DisableRemoteAuthorization", Boolean(), default=False)
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
AUTH_CACHE_DISABLE_POST_AUTHORIZE = Variable("AuthCacheCtrlr", "DisablePostAuthorize", Boolean(), default=False)
