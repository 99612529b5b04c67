from datetime import UTC, datetime
from typing import Any

from simulators.mock_csms.frames import Kind
from simulators.mock_csms.messages import Message
from simulators.mock_csms.narrate import line, notice
from tests.simulators.mock_csms.payloads import BOOT, event, sample

NOW = datetime(2026, 1, 1, 10, 20, 30, tzinfo=UTC)


def message(action: str | None, payload: Any, *, kind: Kind | None = Kind.CALL, **rest: Any) -> Message:
    return Message(1, NOW, rest.pop("direction", "in"), "", kind, "m-1", action, payload, **rest)


def test_a_request_shows_the_fields_that_matter() -> None:
    assert line("CS1", message("BootNotification", BOOT)) == (
        "10:20:30 CS1 → BootNotification  reason PowerUp, vendorName Acme, model CS"
    )


def test_a_transaction_event_shows_its_number_its_energy_and_its_signature() -> None:
    payload = event(3, sample("Sample.Periodic", 1500), info={"chargingState": "Charging"})
    assert line("CS1", message("TransactionEvent", payload, notes=("signature valid",))) == (
        "10:20:30 CS1 → TransactionEvent  eventType Updated, seqNo 3, triggerReason Authorized, "
        "chargingState Charging, energy 1500 Wh, signature valid"
    )


def test_an_answer_and_a_refusal_are_told_apart() -> None:
    answer = message("Reset", {"status": "Accepted"}, kind=Kind.CALLRESULT)
    assert line("CS1", answer) == "10:20:30 CS1 → Reset answered  status Accepted"
    error = {"code": "SecurityError", "description": "no", "details": {}}
    refusal = message("Heartbeat", error, kind=Kind.CALLERROR, direction="out")
    assert line("CS1", refusal) == "10:20:30 CS1 ← Heartbeat refused  SecurityError no"


def test_a_frame_that_is_not_valid_says_so() -> None:
    broken = message("TransactionEvent", {"meterValue": 5}, problems=("ProtocolError: why",))
    assert line("CS1", broken).endswith("NOT VALID: ProtocolError: why")
    unreadable = message(None, None, kind=None, problems=("no JSON",))
    assert line("CS1", unreadable) == "10:20:30 CS1 → unreadable frame  NOT VALID: no JSON"


def test_an_alert_is_named() -> None:
    data = {"component": {"name": "EVSE"}, "variable": {"name": "Problem"}, "actualValue": "true"}
    assert line("CS1", message("NotifyEvent", {"eventData": [data]})).endswith("EVSE.Problem true")


def test_an_id_token_is_never_shown() -> None:
    token = {"idToken": {"idToken": "04AABBCC", "type": "ISO14443"}}
    for action in ("Authorize", "TransactionEvent", "RequestStartTransaction", "ReserveNow"):
        assert "04AABBCC" not in line("CS1", message(action, {**event(0), **token}))


def test_nothing_that_a_station_sends_breaks_the_line() -> None:
    reason = {**BOOT, "reason": "a\nb\x1b[2J"}
    assert "a?b?[2J" in line("CS1", message("BootNotification", reason, problems=("x",)))


def test_what_is_no_message_has_its_line_too() -> None:
    assert notice("CS1", "connected", at=NOW) == "10:20:30 CS1 — connected"
