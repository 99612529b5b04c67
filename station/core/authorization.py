"""Who may charge: the ladder of OCPP 2.0.1 block C as a table."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ocpp.v201.enums import IdTokenEnumType

from station.core.tokens import NEVER_CHECKED, IdToken, Source, TokenInfo


class Verdict(StrEnum):
    """What follows from what the station knows by itself."""

    ACCEPT = "accept"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Rules:
    """Variables of AuthCtrlr, AuthCacheCtrlr and LocalAuthListCtrlr."""

    enabled: bool = True
    local_pre_authorize: bool = False
    local_authorize_offline: bool = True
    offline_unknown: bool = False
    remote_authorization: bool = True
    """False if DisableRemoteAuthorization is set: Authorize is never sent, and what is known counts."""
    post_authorize: bool = True
    """False if AuthCacheCtrlr.DisablePostAuthorize is set: who is cached as not accepted is not asked about again."""
    list_post_authorize: bool = True
    """False if LocalAuthListCtrlr.DisablePostAuthorize is set: the same for the local list."""
    master_pass_group: str = ""
    """MasterPassGroupId; empty if there is none."""


class Knowledge(StrEnum):
    """What the station knows about a token by itself."""

    LISTED = "listed"
    LISTED_NOT_ACCEPTED = "listed, not accepted"
    LAPSED = "listed, its time has passed"
    CACHED = "cached"
    CACHED_NOT_ACCEPTED = "cached, not accepted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rung:
    """A place on the ladder: `then` if the rule holds, `otherwise` if not."""

    rule: Callable[[Rules], bool]
    then: Verdict
    otherwise: Verdict


def _always(verdict: Verdict) -> Rung:
    return Rung(lambda _: True, verdict, verdict)


_AT_ONCE = Rung(lambda rules: rules.local_pre_authorize, Verdict.ACCEPT, Verdict.ASK)
_IN_NEED = Rung(lambda rules: rules.local_authorize_offline, Verdict.ACCEPT, Verdict.REFUSE)

ONLINE = {
    Knowledge.LISTED: _AT_ONCE,  # C14.FR.02, C14.FR.04
    Knowledge.LISTED_NOT_ACCEPTED: Rung(lambda rules: rules.list_post_authorize, Verdict.ASK, Verdict.REFUSE),
    Knowledge.LAPSED: _always(Verdict.ASK),  # C14.FR.05
    Knowledge.CACHED: _AT_ONCE,  # C12.FR.02
    Knowledge.CACHED_NOT_ACCEPTED: Rung(lambda rules: rules.post_authorize, Verdict.ASK, Verdict.REFUSE),
    Knowledge.UNKNOWN: _always(Verdict.ASK),  # C01.FR.02
}
"""What not accepted means online: C14.FR.03 for the list, C10.FR.03 and C12.FR.05 for the cache."""

OFFLINE = {
    Knowledge.LISTED: _IN_NEED,  # C13.FR.02, C13.FR.05
    Knowledge.LISTED_NOT_ACCEPTED: _always(Verdict.REFUSE),
    Knowledge.LAPSED: _always(Verdict.REFUSE),  # C13.FR.06: it is not unknown
    Knowledge.CACHED: _IN_NEED,
    Knowledge.CACHED_NOT_ACCEPTED: _always(Verdict.REFUSE),
    Knowledge.UNKNOWN: Rung(lambda rules: rules.offline_unknown, Verdict.ACCEPT, Verdict.REFUSE),  # C15.FR.08
}


def decide(token: IdToken, known: TokenInfo | None, *, rules: Rules, online: bool) -> Verdict:
    """Return what to do with a token of which the list or the cache says `known` (C01-C06, C10, C12-C15).

    Of the types that nobody is asked about, Central comes with a remote start only, NoAuthorization from a button.
    """
    if not rules.enabled or token.type in NEVER_CHECKED:
        return Verdict.ACCEPT
    rung = (ONLINE if online else OFFLINE)[knowledge(known)]
    verdict = rung.then if rung.rule(rules) else rung.otherwise
    if online and token.type == IdTokenEnumType.local:
        verdict = Verdict.ASK  # C06.FR.02
    if verdict is Verdict.ASK and not rules.remote_authorization:
        return Verdict.ACCEPT if known and known.accepted else Verdict.REFUSE
    return verdict


def knowledge(known: TokenInfo | None) -> Knowledge:
    """Return on which rung of the ladder a token stands."""
    if known is None:
        return Knowledge.UNKNOWN
    if known.lapsed:
        return Knowledge.LAPSED
    if known.source is Source.LOCAL_LIST:
        return Knowledge.LISTED if known.accepted else Knowledge.LISTED_NOT_ACCEPTED
    return Knowledge.CACHED if known.accepted else Knowledge.CACHED_NOT_ACCEPTED


def is_master_pass(info: TokenInfo, rules: Rules) -> bool:
    """C16: whether a token belongs to the group that may stop everybody."""
    group = info.group
    return (
        bool(rules.master_pass_group) and group is not None and group.value.lower() == rules.master_pass_group.lower()
    )


def bar(info: TokenInfo, rules: Rules, *, evse_id: int) -> str | None:
    """Return why a token that is accepted may not start at an EVSE, or None if it may."""
    if is_master_pass(info, rules):
        return "a master pass starts nothing"  # C12.FR.09, C16.FR.03
    if info.evse_ids and evse_id not in info.evse_ids:
        return f"only for EVSE {', '.join(map(str, info.evse_ids))}"  # C01.FR.21
    return None
