"""OCMF: read a signed record as a receiver does, trusting nothing; pure.

A reading of its own: it shares no code with the station's, so that a mistake of one is seen by the other.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

ALGORITHM: Final = "ECDSA-secp256r1-SHA256"
WATT_HOURS: Final = {"Wh": Decimal(1), "kWh": Decimal(1000)}

_TOO_MUCH = 10**12
_PAGINATION = re.compile(r"([TF])(\d+)", re.ASCII)


class OcmfError(ValueError):
    """The text is no OCMF; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a record says."""

    signed: bytes
    """The bytes between the first and the second pipe."""
    signature: bytes
    algorithm: str
    meter_serial: str
    pagination: int
    identification: str
    transaction: str
    """TX: B, E or C for begin, end and current."""
    taken_at: datetime
    time_flag: str
    """U, I, S or R."""
    energy_wh: Decimal
    """XV: the register that never goes back."""
    session_energy_wh: Decimal
    """RV: the register of the charging session, which is billed."""
    status: str
    """ST: only G may be billed."""
    error_flags: str


def read(data: bytes) -> Record:
    """Return what a record says; OcmfError if it cannot be read. The signature is not looked at."""
    sections = data.split(b"|")
    if len(sections) != 3 or sections[0] != b"OCMF":
        raise OcmfError("is not OCMF|payload|signature")
    payload = _json(sections[1], "payload")
    signature = _json(sections[2], "signature")
    try:
        reading = payload["RD"][0]
        taken_at, _, time_flag = reading["TM"].partition(" ")
        return Record(
            signed=sections[1],
            signature=bytes.fromhex(signature["SD"]),
            algorithm=str(signature.get("SA", ALGORITHM)),
            meter_serial=str(payload["MS"]),
            pagination=_pagination(payload["PG"]),
            identification=str(payload.get("ID", "")),
            transaction=str(reading["TX"]),
            taken_at=datetime.strptime(taken_at, "%Y-%m-%dT%H:%M:%S,%f%z"),
            time_flag=time_flag,
            energy_wh=_watt_hours(reading, "XV", "XU"),
            session_energy_wh=_watt_hours(reading, "RV", "RU"),
            status=str(reading["ST"]),
            error_flags=str(reading.get("EF", "")),
        )
    except KeyError as error:
        raise OcmfError(f"has no {error}") from error
    except (AttributeError, IndexError, TypeError, ValueError, InvalidOperation) as error:
        raise OcmfError(f"has a member that cannot be read: {error}") from error


def _json(section: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(section.decode("ascii"), parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise OcmfError(f"has a {name} that is no ASCII JSON: {error}") from error
    if not isinstance(value, dict):
        raise OcmfError(f"has a {name} that is no JSON object")
    return value


def _pagination(text: str) -> int:
    match = _PAGINATION.fullmatch(text)
    if match is None:
        raise OcmfError(f"has the pagination {text!r}: T and a number expected")
    return int(match[2])


def _watt_hours(reading: dict[str, Any], value_key: str, unit_key: str) -> Decimal:
    value, unit = reading[value_key], reading[unit_key]
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value < _TOO_MUCH:
        raise OcmfError(f"has {value_key} {str(value)[:40]!r}: a number from 0 expected")
    if unit not in WATT_HOURS:
        raise OcmfError(f"has {unit_key} {unit!r}: Wh or kWh expected")
    return Decimal(value) * WATT_HOURS[unit]
