"""Who may charge: the ladder of OCPP 2.0.1 block C as a table."""

from dataclasses import dataclass
from enum import StrEnum

from station.core.tokens import TokenInfo


class Verdict(StrEnum):
    """What follows from what the station knows by itself."""

    ACCEPT = "accept"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Rules:
    """Variables of AuthCtrlr and AuthCacheCtrlr."""

    enabled: bool = True
    local_pre_authorize: bool = False
    local_authorize_offline: bool = True
    offline_unknown: bool = False
    remote_authorization: bool = True
    """False if DisableRemoteAuthorization is set: Authorize is never sent."""
    post_authorize: bool = True
    """False if DisablePostAuthorize is set: a token that is known as not accepted is not asked for again."""


def decide(known: TokenInfo | None, rules: Rules, *, online: bool) -> Verdict:
    """Return what to do with a token of which the cache says `known` (C01, C10, C12, C13, C15)."""
    if not rules.enabled:
        return Verdict.ACCEPT
    ask = Verdict.ASK if rules.remote_authorization else Verdict.REFUSE
    if known is None:
        if online:
            return ask
        return Verdict.ACCEPT if rules.offline_unknown else Verdict.REFUSE
    if not known.accepted:
        return ask if online and rules.post_authorize else Verdict.REFUSE
    if online:
        return Verdict.ACCEPT if rules.local_pre_authorize else ask
    return Verdict.ACCEPT if rules.local_authorize_offline else Verdict.REFUSE
