"""Variables that nobody at the station should set by accident: what may follow, and whether security is at stake."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from station.core import variables as var
from station.core.variables import Address, Variable

CUT_OFF: Final = "the station may not reach its CSMS any more"
WEAKER: Final = "the station would trust more than it does now"
FOR_EVERYBODY: Final = "people could charge whom the CSMS does not know"
BILLS: Final = "it changes what is signed, told to the CSMS and billed"


@dataclass(frozen=True, slots=True)
class Care:
    """Why a variable has to be set deliberately."""

    why: str
    security: bool
    """It is told to the CSMS as ReconfigurationOfSecurityParameters."""


def _rows(care: Care, *rows: Variable[Any]) -> dict[Address, Care]:
    return {row.key: care for row in rows}


NEEDS_CARE: Final[Mapping[Address, Care]] = {
    **_rows(
        Care(CUT_OFF, security=True),
        var.BASIC_AUTH_PASSWORD,
        var.NETWORK_CONFIGURATION_PRIORITY,
        var.ORGANIZATION_NAME,  # of the certificate that is asked for next
    ),
    **_rows(Care(WEAKER, security=True), var.ALLOW_SECURITY_PROFILE_DOWNGRADE, var.ALLOW_CSMS_TLS_WILDCARDS),
    **_rows(
        Care(FOR_EVERYBODY, security=True),
        var.AUTH_ENABLED,
        var.OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED,
        var.DISABLE_REMOTE_AUTHORIZATION,
        var.MASTER_PASS_GROUP_ID,
        var.TX_BEFORE_ACCEPTED_ENABLED,
        var.AUTHORIZE_REMOTE_START,
    ),
    **_rows(
        Care(BILLS, security=False),
        var.TX_START_POINT,
        var.TX_STOP_POINT,
        var.STOP_TX_ON_INVALID_ID,
        var.MAX_ENERGY_ON_INVALID_ID,
        var.SIGN_READINGS,
        var.PUBLIC_KEY_WITH_SIGNED_METER_VALUE,
        var.TX_ENDED_MEASURANDS,
    ),
}
"""By the key of the row; those of an EVSE none."""

SECRET: Final = frozenset({var.BASIC_AUTH_PASSWORD.key, var.MASTER_PASS_GROUP_ID.key})
"""Their values are passwords or id tokens, and stand in no log."""
