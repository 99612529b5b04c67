"""Views: what the control API shows, as JSON values; pure."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from simulators.mock_csms.handshake import Security
from simulators.mock_csms.messages import Message
from simulators.mock_csms.replies import Override
from simulators.mock_csms.station import Signing, Station
from simulators.mock_csms.tls import Tls
from simulators.mock_csms.transactions import Event, Transaction
from simulators.mock_csms.verify import SignedValue

View = Mapping[str, Any]


def station_view(station: Station) -> View:
    return {
        "id": station.id,
        "connected": station.connected,
        "connections": station.connections,
        "registration": station.registration,
        "boot": station.boot,
        "security": station.security and security_view(station.security),
        "connectors": [
            {"evseId": evse, "connectorId": connector, "connectorStatus": status}
            for (evse, connector), status in sorted(station.connectors.items())
        ],
        "faults": [dict(event) for event in station.faults.values()],
        "meters": [
            {
                "evseId": evse,
                "messages": metered.messages,
                "meterValue": list(metered.last),
                "signedValues": [signed_view(value) for value in metered.signed],
            }
            for evse, metered in sorted(station.meters.items())
        ],
        "transactions": list(station.transactions),
        "lastMessage": station.messages.last,
        "problems": list(station.problems),
        "signing": signing_view(station.signing),
        "replies": {action: override_view(override) for action, override in station.overrides.rows().items()},
    }


def security_view(security: Security) -> View:
    client = security.client
    return {
        "profile": security.profile,
        "tlsVersion": security.tls_version,
        "cipher": security.cipher,
        "clientCertificate": client
        and {"serial": client.serial, "commonName": client.common_name, "organization": client.organization},
    }


def tls_view(tls: Tls) -> View:
    return {**asdict(tls), "names": list(tls.names)}


def signing_view(signing: Signing) -> View:
    return {
        "automatic": signing.automatic,
        "flaw": signing.flaw,
        "valid_days": signing.valid_for / timedelta(days=1),
    }


def override_view(override: Override) -> View:
    view: dict[str, Any] = {"delay_s": override.delay_s, "times": override.times}
    if override.when:
        view["when"] = override.when
    if override.silent:
        return {"silent": True, **view}
    if override.error is not None:
        error = override.error
        return {"error": {"code": error.code, "description": error.description, "details": error.details}, **view}
    return {"payload": override.payload, **view}


def message_view(message: Message) -> View:
    return {
        "number": message.number,
        "time": _time(message.at),
        "direction": message.direction,
        "kind": message.kind and message.kind.name,
        "action": message.action,
        "id": message.id,
        "valid": message.valid,
        "problems": list(message.problems),
        "notes": list(message.notes),
        "text": message.text,
    }


def transaction_view(transaction: Transaction) -> View:
    begin, end = transaction.begin, transaction.end
    return {
        "transactionId": transaction.id,
        "station": transaction.station,
        "evse": transaction.latest("evse"),
        "ended": transaction.ended,
        "complete": transaction.complete,
        "stoppedReason": transaction.stopped_reason,
        "chargingState": transaction.latest("chargingState"),
        "gaps": list(transaction.gaps),
        "resent": list(transaction.resent),
        "conflicts": [
            {"seqNo": conflict.seq_no, "receivedAt": _time(conflict.received_at), "payload": conflict.payload}
            for conflict in transaction.conflicts
        ],
        "energyWh": _number(transaction.energy_wh),
        "signedEnergyWh": _number(transaction.signed_energy_wh),
        "begin": begin and signed_view(begin),
        "end": end and signed_view(end),
        "signedValues": [{"seqNo": seq_no, **signed_view(value)} for seq_no, value in transaction.signed],
        "problems": list(transaction.problems),
        "events": [_event_view(event) for event in transaction.events],
    }


def signed_view(value: SignedValue) -> View:
    record = value.record
    view: dict[str, Any] = {
        "context": value.context,
        "signature": value.verdict.value,
        "keySource": value.key_source and value.key_source.value,
        "problems": list(value.problems),
        "ocmf": value.data.decode("utf-8", "backslashreplace"),
    }
    if record is not None:
        view |= {
            "meterSerial": record.meter_serial,
            "pagination": record.pagination,
            "takenAt": record.taken_at.isoformat(),
            "timeFlag": record.time_flag,
            "energyWh": _number(record.energy_wh),
            "sessionEnergyWh": _number(record.session_energy_wh),
            "identification": record.identification,
            "status": record.status,
        }
    return view


def _event_view(event: Event) -> View:
    info = event.payload["transactionInfo"]
    return {
        "seqNo": event.seq_no,
        "eventType": event.type,
        "triggerReason": event.payload["triggerReason"],
        "timestamp": event.payload["timestamp"],
        "offline": event.offline,
        "chargingState": info.get("chargingState"),
        "receivedAt": _time(event.received_at),
        "timesReceived": event.times_received,
        "payload": event.payload,
    }


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _time(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
