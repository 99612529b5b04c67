"""Narrate: one line for people about one message; pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from simulators.mock_csms.frames import Kind
from simulators.mock_csms.messages import Message
from simulators.mock_csms.verify import REGISTER, sample_wh

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "BootNotification": (
        "reason", "chargingStation.vendorName", "chargingStation.model", "chargingStation.firmwareVersion",
        "status", "interval",
    ),
    "Authorize": ("idToken.type", "idTokenInfo.status"),
    "StatusNotification": ("evseId", "connectorId", "connectorStatus"),
    "TransactionEvent": (
        "eventType", "seqNo", "triggerReason", "transactionInfo.chargingState", "transactionInfo.stoppedReason",
        "offline", "idTokenInfo.status",
    ),
    "MeterValues": ("evseId",),
    "SecurityEventNotification": ("type",),
    "NotifyReport": ("requestId", "seqNo", "tbc"),
    "RequestStartTransaction": ("evseId", "remoteStartId", "status", "transactionId"),
    "RequestStopTransaction": ("transactionId", "status"),
    "TriggerMessage": ("requestedMessage", "status"),
    "ChangeAvailability": ("operationalStatus", "status"),
    "SendLocalList": ("updateType", "versionNumber", "status"),
    "GetLocalListVersion": ("versionNumber",),
    "GetTransactionStatus": ("transactionId", "ongoingIndicator", "messagesInQueue"),
    "UnlockConnector": ("evseId", "connectorId", "status"),
}  # fmt: skip
"""Which fields matter, by action, request and answer alike. No id tokens."""

_OTHERS: Final = ("requestId", "type", "status")
"""What matters of every other action."""


def line(station: str, message: Message) -> str:
    """Return the line: time, station, arrow, action and what matters of it."""
    arrow = "→" if message.direction == "in" else "←"
    words = [f"{message.at:%H:%M:%S}", station, arrow, _title(message), *_details(message), *message.notes]
    if message.problems:
        words.append(f"NOT VALID: {'; '.join(message.problems)}")
    head, tail = words[:4], words[4:]
    return _printable(f"{' '.join(head)}  {', '.join(tail)}".rstrip())


def notice(station: str, text: str, *, at: datetime) -> str:
    """Return the line about something that is no message: time, station and what befell it."""
    return _printable(f"{at:%H:%M:%S} {station} — {text}")


def _printable(text: str) -> str:
    # What stations send stands in here: nothing of it may break the line.
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _title(message: Message) -> str:
    action = message.action or "?"
    match message.kind:
        case None:
            return "unreadable frame"
        case Kind.CALL:
            return action
        case Kind.CALLRESULT:
            return f"{action} answered"
        case Kind.CALLERROR:
            return f"{action} refused"


def _details(message: Message) -> Iterator[str]:
    payload = message.payload
    if message.kind is Kind.CALLERROR:
        yield f"{payload['code']} {payload['description'][:80]}".rstrip()
    if message.kind is Kind.CALLERROR or not isinstance(payload, dict):
        return
    for path in _FIELDS.get(message.action or "", _OTHERS):
        value = _at(payload, path.split("."))
        if value is not None:
            yield f"{path.rpartition('.')[2]} {str(value)[:50]}"
    if message.action == "NotifyEvent" and message.valid:
        for event in payload.get("eventData", ()):
            state = "cleared" if event.get("cleared") else str(event["actualValue"])[:50]
            yield f"{event['component']['name']}.{event['variable']['name']} {state}"
    if message.valid:
        yield from _energy(payload.get("meterValue", ()))


def _energy(meter_values: list[Mapping[str, Any]]) -> Iterator[str]:
    samples = [sample for value in meter_values for sample in value["sampledValue"]]
    registers = [wh for sample in samples if (wh := sample_wh(sample)) is not None]
    if registers:
        yield f"energy {registers[-1].normalize():f} Wh"
    for sample in samples:
        if sample.get("measurand", REGISTER) == "Power.Active.Import" and "phase" not in sample:
            yield f"power {sample['value']} {sample.get('unitOfMeasure', {}).get('unit', 'W')}"


def _at(payload: Any, path: list[str]) -> Any:
    for key in path:
        payload = payload.get(key) if isinstance(payload, dict) else None
    return payload
