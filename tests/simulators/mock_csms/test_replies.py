from typing import Any

import pytest

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.frames import Kind
from simulators.mock_csms.replies import ACTIONS, Desk, ErrorReply, Override, Overrides, default, override_from
from simulators.mock_csms.schemas import violation
from simulators.mock_csms.tokens import Tokens
from tests.simulators.mock_csms.payloads import event

NOW = "2026-01-01T00:00:00.000Z"
ASK = {"idToken": {"idToken": "04aabb", "type": "ISO14443"}}


def answer(action: str, ask: dict[str, Any] = ASK, **tokens: str) -> Any:
    return default(action, ask, desk=Desk(interval_s=60, tokens=Tokens(tokens)), now=NOW)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_default_answer_keeps_to_its_schema(action: str) -> None:
    assert violation(Kind.CALLRESULT, action, answer(action)) is None


def test_boot_is_accepted_with_interval_and_time() -> None:
    assert answer("BootNotification") == {"currentTime": NOW, "interval": 60, "status": "Accepted"}


def test_tokens_have_the_status_of_the_list_whatever_their_case() -> None:
    assert answer("Authorize") == {"idTokenInfo": {"status": "Accepted"}}
    assert answer("Authorize", **{"04AABB": "Blocked"}) == {"idTokenInfo": {"status": "Blocked"}}
    assert answer("Authorize", **{"*": "Unknown"}) == {"idTokenInfo": {"status": "Unknown"}}
    assert answer("Authorize", **{"*": "Unknown", "04AABB": "Accepted"}) == {"idTokenInfo": {"status": "Accepted"}}


def test_a_transaction_event_is_told_about_its_token_only_if_it_names_one() -> None:
    assert answer("TransactionEvent", event(0)) == {}
    assert answer("TransactionEvent", event(0, **ASK)) == {"idTokenInfo": {"status": "Accepted"}}


def test_a_transaction_event_is_told_what_the_transaction_costs_if_there_is_a_price() -> None:
    priced = Desk(cost={"tx-1": 1.25}.get)
    assert default("TransactionEvent", event(0, tx="tx-1"), desk=priced, now=NOW) == {"totalCost": 1.25}
    assert default("TransactionEvent", event(0, tx="tx-2"), desk=priced, now=NOW) == {}


def test_an_override_is_laid_over_the_default_and_none_leaves_a_member_out() -> None:
    override = Override({"status": "Pending", "interval": None})
    assert override.over(answer("BootNotification")) == {"currentTime": NOW, "status": "Pending"}


def test_an_override_holds_for_so_many_requests() -> None:
    overrides = Overrides()
    overrides.put("Heartbeat", Override(silent=True, times=2))
    assert [overrides.take("Heartbeat", {}) is not None for _ in range(3)] == [True, True, False]


def test_an_override_may_be_meant_for_some_requests_only() -> None:
    overrides = Overrides()
    wanted = {"eventType": "Updated", "transactionInfo": {"transactionId": "tx-1"}}
    overrides.put("TransactionEvent", Override(silent=True, times=1, when=wanted))
    others = (event(0), event(1, tx="tx-2"), {}, {"eventType": "Updated", "transactionInfo": "tx-1"})
    assert [overrides.take("TransactionEvent", other) for other in others] == [None] * 4
    assert overrides.take("TransactionEvent", event(1)) is not None
    assert overrides.take("TransactionEvent", event(2)) is None


def test_an_override_without_times_holds_until_reset() -> None:
    overrides = Overrides()
    overrides.put("Heartbeat", Override(silent=True))
    assert all(overrides.take("Heartbeat", {}) for _ in range(5))
    assert overrides.reset("Heartbeat")
    assert overrides.take("Heartbeat", {}) is None
    assert not overrides.reset("Heartbeat")


def test_an_override_is_read_from_json() -> None:
    assert override_from({"payload": {"status": "Pending"}, "times": 1}) == Override({"status": "Pending"}, times=1)
    error = ErrorReply("GenericError", "no")
    assert override_from({"error": {"code": "GenericError", "description": "no"}}) == Override(error=error)
    assert override_from({"delay_s": 2}) == Override(delay_s=2)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"payolad": {}},
        {"payload": []},
        {"silent": 1},
        {"times": True},
        {"times": 0},
        {"delay_s": -1},
        {"silent": True, "when": "Updated"},
        {"silent": True, "payload": {}},
        {"error": {}},
        {"error": {"code": "GenericError", "why": ""}},
        {"error": {"code": "GenericError", "details": []}},
    ],
)
def test_an_override_that_makes_no_sense_is_refused(body: Any) -> None:
    with pytest.raises(RequestError):
        override_from(body)


def test_the_refusal_of_an_unknown_member_names_those_that_are_allowed() -> None:
    with pytest.raises(RequestError, match="payolad") as caught:
        override_from({"payolad": {}})
    assert "payload" in caught.value.allowed
