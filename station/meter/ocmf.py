"""OCMF: read the meter's signed records; pure.

A record is bytes: it is only looked into, never written again. What is signed are the bytes between the first and
the second pipe, exactly as they came. Source: METER.md section 4.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from station.core.records import RecordKind

KINDS: Final[Sequence[RecordKind]] = tuple(RecordKind)
"""By the number that stands in a snapshot's Typ and in XT."""

_HEAD = b"OCMF|"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3}[+-]\d{4}) ([UISR])", re.ASCII)
_PAGINATION = re.compile(r"[TF](\d+)", re.ASCII)
_FACTOR = {"Wh": 1, "kWh": 1000}


class OcmfError(ValueError):
    """The text is no OCMF record of this meter; the message names what is wrong."""


@dataclass(frozen=True, slots=True)
class Ocmf:
    """What one record says; `signed` and `signature` decide whether that is to be believed."""

    signed: bytes
    """The bytes under the signature."""
    signature: bytes
    """DER (r, s)."""
    algorithm: str
    """SA, for this meter always ECDSA-secp256r1-SHA256."""
    manufacturer: str
    model: str
    meter_serial: str
    """MS; equals MA1."""
    firmware: str
    """GV: meter and communication firmware."""
    pagination: int
    """PG without its letter; equals RCnt."""
    id_assigned: bool
    """IS: somebody was named."""
    id_data: str
    """ID; equals Meta1."""
    meta2: str
    meta3: str
    """X2 and X3; empty before communication firmware 1.3."""
    taken_at: datetime
    """TM, with the meter's offset from UTC."""
    time_flag: str
    """U unknown, I informative, S synchronised, R relative."""
    transaction: str
    """TX: B begin, E end, C current."""
    kind: RecordKind | None
    """XT; None in firmware before 1.8/1.1."""
    obis: str
    """RI: which register RV is, for this meter always 1-0:1.8.0*198; empty if the text does not tell."""
    session_energy_wh: int
    """RV, register RCR."""
    energy_wh: int
    """XV, register TotWhImp."""
    error_flags: str
    """EF: letters E energy, t time; empty if all is well."""
    status: str
    """ST: G is good, nothing else may be billed."""

    @property
    def clock_set(self) -> bool:
        """The meter had been given its time; without, TM starts at 1970."""
        return self.taken_at.year > 1970


def parse(ocmf: bytes) -> Ocmf:
    """Return what a record says, without judging its signature; OcmfError if it cannot be read."""
    signed, signature_section = _sections(ocmf)
    signature = _json_object(signature_section, "signature section")
    payload = _json_object(signed, "payload")
    reading = _only_reading(payload)
    taken_at, time_flag = _time(_text(reading, "TM"))
    return Ocmf(
        signed=signed,
        signature=_signature(signature),
        algorithm=_text(signature, "SA"),
        manufacturer=_text(payload, "MV"),
        model=_text(payload, "MM"),
        meter_serial=_text(payload, "MS"),
        firmware=_text(payload, "GV"),
        pagination=_pagination(_text(payload, "PG")),
        id_assigned=_flag(payload, "IS"),
        id_data=_text(payload, "ID"),
        meta2=_text(payload, "X2", default=""),
        meta3=_text(payload, "X3", default=""),
        taken_at=taken_at,
        time_flag=time_flag,
        transaction=_text(reading, "TX"),
        kind=_kind(reading),
        obis=_text(reading, "RI", default=""),
        session_energy_wh=_watt_hours(reading, "RV", "RU"),
        energy_wh=_watt_hours(reading, "XV", "XU"),
        error_flags=_text(reading, "EF"),
        status=_text(reading, "ST"),
    )


def _sections(ocmf: bytes) -> tuple[bytes, bytes]:
    if not ocmf.startswith(_HEAD):
        raise OcmfError("does not begin with 'OCMF|'")
    sections = ocmf.split(b"|")
    if len(sections) != 3:
        raise OcmfError(f"{len(sections)} sections between pipes, 3 expected (OCMF, payload, signature)")
    return sections[1], sections[2]


def _json_object(data: bytes, section: str) -> dict[str, Any]:
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError) as error:
        raise OcmfError(f"{section}: no readable JSON ({error})") from error
    if not isinstance(value, dict):
        raise OcmfError(f"{section}: JSON object expected")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers could take two different values from a text whose key stands twice.
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands twice")
    return values


def _decimal(text: str) -> Decimal:
    # No meter has that many digits; beyond them Decimal would round or give up.
    if len(text) > 20 or "e" in text.lower():
        raise ValueError(f"{text[:20]} is no number of a meter")
    return Decimal(text)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _text(fields: dict[str, Any], key: str, *, default: str | None = None) -> str:
    value = fields.get(key, default)
    if not isinstance(value, str):
        raise OcmfError(f"{key}: {'missing' if value is None else f'text expected, got {value!r}'}")
    return value


def _flag(fields: dict[str, Any], key: str) -> bool:
    value = fields.get(key)
    if not isinstance(value, bool):
        raise OcmfError(f"{key}: true or false expected, got {value!r}")
    return value


def _only_reading(payload: dict[str, Any]) -> dict[str, Any]:
    match payload.get("RD"):
        case [dict(reading)]:
            return reading
        case other:
            raise OcmfError(f"RD: a list of one reading expected, got {str(other)[:60]}")


def _signature(fields: dict[str, Any]) -> bytes:
    text = _text(fields, "SD")
    if _text(fields, "SE", default="hex") != "hex":
        raise OcmfError(f"SE: only hex is known, got {fields['SE']!r}")
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise OcmfError(f"SD: hex digits expected ({error})") from error


def _pagination(text: str) -> int:
    match = _PAGINATION.fullmatch(text)
    if match is None:
        raise OcmfError(f"PG: T and a number expected, got {text!r}")
    return int(match[1])


def _time(text: str) -> tuple[datetime, str]:
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError("wrong form")
        taken_at = datetime.fromisoformat(match[1])
        taken_at.astimezone(UTC)  # a year at the end of the calendar may not survive that
        return taken_at, match[2]
    except (ValueError, OverflowError) as error:
        raise OcmfError(f"TM: a time like 2022-07-08T10:00:28,000+0200 S expected, got {text!r}") from error


def _kind(reading: dict[str, Any]) -> RecordKind | None:
    match reading.get("XT"):
        case None:
            return None
        case int(number) if not isinstance(number, bool) and 0 <= number < len(KINDS):
            return KINDS[number]
        case other:
            raise OcmfError(f"XT: 0 to {len(KINDS) - 1} expected, got {other!r}")


def _watt_hours(reading: dict[str, Any], value_key: str, unit_key: str) -> int:
    unit = _text(reading, unit_key)
    if unit not in _FACTOR:
        raise OcmfError(f"{unit_key}: Wh or kWh expected, got {unit!r}")
    value = reading.get(value_key)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise OcmfError(f"{value_key}: a number expected, got {value!r}")
    watt_hours = Decimal(value) * _FACTOR[unit]
    if not 0 <= watt_hours < 10**12 or watt_hours != int(watt_hours):
        raise OcmfError(f"{value_key}: {value} {unit} is no whole number of Wh of a meter")
    return int(watt_hours)
