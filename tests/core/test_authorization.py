"""The authorization ladder, row by row."""

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType as Status

from station.core.authorization import Rules, Verdict, decide
from station.core.tokens import TokenInfo

ACCEPTED = TokenInfo(Status.accepted)
BLOCKED = TokenInfo(Status.blocked)


@pytest.mark.parametrize(
    ("known", "online", "rules", "expected"),
    [
        pytest.param(None, True, Rules(), Verdict.ASK, id="C01.FR.02 unknown, online"),
        pytest.param(None, True, Rules(remote_authorization=False), Verdict.REFUSE, id="DisableRemoteAuthorization"),
        pytest.param(None, False, Rules(), Verdict.REFUSE, id="unknown, offline"),
        pytest.param(None, False, Rules(offline_unknown=True), Verdict.ACCEPT, id="C15.FR.01 unknown, offline"),
        pytest.param(ACCEPTED, True, Rules(), Verdict.ASK, id="cached, online"),
        pytest.param(ACCEPTED, True, Rules(local_pre_authorize=True), Verdict.ACCEPT, id="C12.FR.02 pre-authorized"),
        pytest.param(ACCEPTED, False, Rules(), Verdict.ACCEPT, id="cached, offline"),
        pytest.param(
            ACCEPTED, False, Rules(local_authorize_offline=False), Verdict.REFUSE, id="LocalAuthorizeOffline false"
        ),
        pytest.param(
            BLOCKED, True, Rules(local_pre_authorize=True), Verdict.ASK, id="C10.FR.03 not accepted: ask again"
        ),
        pytest.param(BLOCKED, True, Rules(post_authorize=False), Verdict.REFUSE, id="DisablePostAuthorize"),
        pytest.param(
            BLOCKED, False, Rules(offline_unknown=True), Verdict.REFUSE, id="known as blocked is not unknown"
        ),
        pytest.param(None, False, Rules(enabled=False), Verdict.ACCEPT, id="AuthCtrlr.Enabled false"),
    ],
)
def test_ladder(known: TokenInfo | None, online: bool, rules: Rules, expected: Verdict) -> None:
    assert decide(known, rules, online=online) is expected
