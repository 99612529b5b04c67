from typing import Any

import pytest

from simulators.mock_csms.frames import Kind
from simulators.mock_csms.schemas import violation
from tests.simulators.mock_csms.payloads import BOOT, event


def test_valid_payloads_have_no_violation() -> None:
    assert violation(Kind.CALL, "BootNotification", BOOT) is None
    assert violation(Kind.CALL, "TransactionEvent", event(0)) is None
    assert violation(Kind.CALLRESULT, "Heartbeat", {"currentTime": "2026-01-01T00:00:00.123Z"}) is None


@pytest.mark.parametrize(
    ("payload", "code", "place"),
    [
        ({"reason": "PowerUp"}, "OccurrenceConstraintViolation", "chargingStation"),
        ({**BOOT, "reason": "Sunrise"}, "PropertyConstraintViolation", "reason"),
        ({**BOOT, "reason": None}, "TypeConstraintViolation", "reason"),
        ({**BOOT, "mood": "good"}, "ProtocolError", "mood"),
        ({**BOOT, "chargingStation": {"model": "x" * 21, "vendorName": "A"}}, "PropertyConstraintViolation", "model"),
        ([], "FormatViolation", "payload"),
    ],
)
def test_a_broken_rule_gets_its_code_and_its_place(payload: Any, code: str, place: str) -> None:
    broken = violation(Kind.CALL, "BootNotification", payload)
    assert broken is not None
    assert broken.code == code
    assert place in broken.text


@pytest.mark.parametrize(
    "timestamp",
    ["2026-01-01T10:00:00", "yesterday", "2026-01-01", "2026-01-01T10:00:00.1234Z", "2026-01-01 10:00:00Z"],
)
def test_a_timestamp_without_offset_or_with_too_many_decimals_is_a_violation(timestamp: str) -> None:
    assert violation(Kind.CALL, "TransactionEvent", {**event(0), "timestamp": timestamp}) is not None


def test_the_text_of_a_violation_does_not_repeat_an_id_token() -> None:
    token = "04AABBCCDDEEFF" * 3
    broken = violation(Kind.CALL, "Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}})
    assert broken is not None
    assert token not in broken.text


def test_actions_without_a_schema_and_callerrors_are_not_judged() -> None:
    assert violation(Kind.CALL, "../BootNotification", {}) is None
    assert violation(Kind.CALLERROR, "BootNotification", {}) is None
