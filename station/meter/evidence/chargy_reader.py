"""Chargy JSON read back: the signed bytes from the values alone, each unsigned copy beside its original; pure.

A copy can be edited without hurting the signature, so a reader has to compare. Source: METER.md section 3.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from station.meter.codec import scaled
from station.meter.evidence import chargy
from station.meter.evidence.chargy import FIELDS, MAIN, NO_UNIT, STRING, WATT_HOUR, Field
from station.meter.evidence.safe_xml import ReceiptError
from station.meter.keys import KeyFormatError, parse_key

_RANGES: Final = {chargy.UNSIGNED32: range(1 << 32), chargy.SIGNED32: range(-(1 << 31), 1 << 31)}
_UNITS: Final = {field.name: field.unit for field in FIELDS}
NO_EPOCH, NO_OFFSET = 0xFFFFFFFF, -0x8000
"""What Epoch and TZO say if the meter has no time, as it is signed."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Something that the file says beside the signed values, and what was signed of it."""

    name: str
    claimed: str
    signed: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One snapshot out of a file; `signature` over `signed` decides whether its values are to be believed."""

    numbers: Mapping[str, int]
    """By the meter's names, as in the registers."""
    texts: Mapping[str, str]
    scales: Mapping[str, int]
    """Exponents of the numbers."""
    signed: bytes
    signature: bytes
    """DER (r, s)."""
    key: bytes | None
    """DER; unsigned, as all below."""
    copies: tuple[Copy, ...]
    unsigned: tuple[str, ...]
    """Names of further values in the file, which the meter does not sign."""
    meter: Mapping[str, Any]
    """What meterInfo says beyond key and meterId: manufacturer, type, firmwareVersion."""

    def watt_hours(self, name: str) -> int:
        """Return an energy in Wh."""
        return round(scaled(self.numbers[name], self.scales[name]))

    @property
    def metadata(self) -> tuple[str, str, str]:
        """Meta1 to Meta3."""
        return self.texts["Meta1"], self.texts["Meta2"], self.texts["Meta3"]

    @property
    def taken_at(self) -> datetime | None:
        """The meter's own time; None if it had none."""
        told = _signed_time(self.numbers)
        return datetime.fromisoformat(told) if told else None


def looks_like_chargy(data: bytes) -> bool:
    """Say whether a file could be JSON at all."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def read_chargy(data: bytes) -> list[Entry]:
    """Return the snapshots in a file; ReceiptError names what is wrong with its form.

    Whether an entry is to be believed is not asked here.
    """
    container = _container(data)
    evse_ids = [str(value) for value in _all_values(container, "evseId")]
    match container.get("signedMeterValues"):
        case [_, *_] as entries:
            return [_entry(entry, f"signedMeterValues {number}", evse_ids) for number, entry in enumerate(entries, 1)]
    raise ReceiptError("no signedMeterValues in it")


def _container(data: bytes) -> dict[str, Any]:
    try:
        container = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise ReceiptError(f"no readable JSON ({error})") from error
    if not isinstance(container, dict) or container.get("@context") != chargy.CONTAINER:
        raise ReceiptError(f"no Chargy JSON: @context {chargy.CONTAINER} expected")
    return container


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers could take two different values for a key that stands twice.
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands twice")
    return values


def _entry(entry: Any, where: str, evse_ids: Sequence[str]) -> Entry:
    if not isinstance(entry, dict) or entry.get("@context") != chargy.ENTRY:
        raise ReceiptError(f"{where}: @context {chargy.ENTRY} expected")
    try:
        return _read(entry, evse_ids)
    except KeyFormatError as error:
        raise ReceiptError(f"{where}: publicKey: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ReceiptError(f"{where}: {_told(error)}") from error


def _told(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _read(entry: dict[str, Any], evse_ids: Sequence[str]) -> Entry:
    values = _values(entry)
    texts = {field.name: _text(field, values[field.name]) for field in FIELDS if field.type == STRING}
    numbers = {field.name: _number(field, values[field.name]) for field in FIELDS if field.type != STRING}
    scales = {field.name: _scale(field, values[field.name]) for field in FIELDS if field.type != STRING}
    meter = _object(entry, "meterInfo")
    key = meter.get("publicKey")
    hashed = {name: _hashed_text(text) for name, text in texts.items()}
    hashed |= {name: _hashed_number(number, scales[name], _UNITS[name]) for name, number in numbers.items()}
    return Entry(
        numbers=MappingProxyType(numbers),
        texts=MappingProxyType(texts),
        scales=MappingProxyType(scales),
        signed=b"".join(hashed[field.name] for field in FIELDS),
        signature=bytes.fromhex(str(entry["signature"])),
        key=parse_key(str(key)) if key else None,
        copies=(*_copies(entry, numbers, texts), *_units(values), *_evse_ids(evse_ids, texts)),
        unsigned=tuple(sorted(values.keys() - hashed.keys())),
        meter=MappingProxyType({name: meter[name] for name in meter.keys() - {"publicKey", "meterId"}}),
    )


def _values(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    listed = [_object(entry, "value"), *_list(entry, "additionalValues")]
    pairs = [(str(_object(one, "measurand")["name"]), _object(one, "measuredValue")) for one in listed]
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a value stands twice")
    if pairs[0][0] != MAIN:
        raise ValueError(f"value: {MAIN} expected, got {pairs[0][0]}")
    return values


def _text(field: Field, measured: dict[str, Any]) -> str:
    _check_type(field, measured)
    value = measured["value"]
    if not isinstance(value, str):
        raise ValueError(f"{field.name}: text expected, got {value!r}")  # noqa: TRY004 - bad input like the rest
    return value


def _number(field: Field, measured: dict[str, Any]) -> int:
    _check_type(field, measured)
    if measured.get("unitEncoded", NO_UNIT) != field.unit:
        raise ValueError(f"{field.name}: unitEncoded {field.unit} expected, got {measured.get('unitEncoded')!r}")
    value = measured["value"]
    if isinstance(value, str) and len(value) < 12 and value == str(int(value)):
        value = int(value)
    if type(value) is not int or value not in _RANGES[field.type]:  # a bool is none
        raise ValueError(f"{field.name}: a number of type {field.type} expected, got {str(value)[:20]}")
    return value


def _check_type(field: Field, measured: dict[str, Any]) -> None:
    # The type is what the meter's register is; another one could give the same bytes another meaning.
    if measured["valueType"] != field.type:
        raise ValueError(f"{field.name}: valueType {field.type} expected, got {measured['valueType']!r}")


def _scale(field: Field, measured: dict[str, Any]) -> int:
    scale = measured.get("scale", 0)
    if type(scale) is not int or not -128 <= scale <= 127 or (scale and not field.scale):
        raise ValueError(f"{field.name}: scale {scale!r} is none of this value")
    return scale


def _hashed_text(text: str) -> bytes:
    data = text.encode("latin-1")
    return len(data).to_bytes(4, "big") + data


def _hashed_number(number: int, scale: int, unit: int) -> bytes:
    return (number & 0xFFFFFFFF).to_bytes(4, "big") + bytes([scale & 0xFF, unit])


def _copies(entry: dict[str, Any], numbers: Mapping[str, int], texts: Mapping[str, str]) -> Iterator[Copy]:
    meter, measurand = entry["meterInfo"], entry["value"]["measurand"]
    contract = chargy.contract_in(texts["Meta1"], texts["Meta2"], texts["Meta3"])
    claims = (
        ("@id", entry.get("@id"), f"{texts['MA1']}-{numbers['RCnt']}"),
        ("time", _instant(entry.get("time")), _signed_time(numbers)),
        ("meterId", meter.get("meterId"), texts["MA1"]),
        ("measurementId", entry.get("measurementId"), numbers["RCnt"]),
        ("contract", _contract(entry.get("contract")), ":".join(contract or ())),
        ("measurand", measurand.get("id"), chargy.OBIS),
    )
    for name, claimed, signed in claims:
        if claimed is not None:
            yield Copy(name, str(claimed), str(signed))


def _units(values: Mapping[str, dict[str, Any]]) -> Iterator[Copy]:
    """Yield the units of energies that are written out beside their signed codes."""
    for name, measured in values.items():
        if _UNITS.get(name) == WATT_HOUR and "unit" in measured:
            yield Copy(f"unit of {name}", str(measured["unit"]), "WATT_HOUR")


def _evse_ids(evse_ids: Sequence[str], texts: Mapping[str, str]) -> Iterator[Copy]:
    signed = chargy.evse_id_in(texts["Meta1"], texts["Meta2"], texts["Meta3"])
    if signed is not None:
        yield from (Copy("evseId", claimed, signed) for claimed in evse_ids)


def _instant(text: Any) -> str | None:
    try:
        return None if text is None else datetime.fromisoformat(text).isoformat()
    except (TypeError, ValueError):
        return str(text)


def _signed_time(numbers: Mapping[str, int]) -> str:
    epoch, offset_min = numbers["Epoch"], numbers["TZO"]
    return "" if epoch == NO_EPOCH else chargy.local_time(epoch, 0 if offset_min == NO_OFFSET else offset_min)


def _contract(contract: Any) -> str | None:
    if contract is None:
        return None
    return f"{contract.get('type')}:{contract.get('id')}" if isinstance(contract, dict) else str(contract)


def _all_values(value: Any, key: str) -> Iterator[Any]:
    """Yield what stands under a key anywhere: writers put the EVSE's id in different places."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as inner:
                if key in inner:
                    yield inner[key]
                waiting += inner.values()
            case list() as inner:
                waiting += inner


def _object(value: Any, key: str) -> dict[str, Any]:
    inner = value[key]
    if not isinstance(inner, dict):
        raise ValueError(f"{key}: JSON object expected")  # noqa: TRY004 - bad input like the rest
    return inner


def _list(value: dict[str, Any], key: str) -> list[Any]:
    inner = value[key]
    if not isinstance(inner, list):
        raise ValueError(f"{key}: list expected")  # noqa: TRY004 - bad input like the rest
    return inner
