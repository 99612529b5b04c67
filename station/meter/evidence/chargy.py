"""Chargy JSON: the file in which the Chargy transparency software takes a session's two snapshots; pure.

Unlike OCMF, a snapshot is signed over its registers, so the file repeats every signed register as a value, and a
reader builds the signed bytes from those values alone. Everything else in it (time, meterInfo, contract, evseId,
measurementId) is a copy that no signature covers.

The shape is the one of the published examples, `charging-station-json-v1` with entries `bsm-ws36a-json-v1`; what the
signature covers is proven by the tests, the names around it were not tried with Chargy itself. Source: METER.md
sections 2, 3 and 10.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from station.meter.codec import Block, to_bytes, to_words
from station.meter.evidence.safe_xml import ReceiptError
from station.meter.registers import MODELS
from station.meter.snapshot import VALID, decode

CONTAINER: Final = "https://www.chargeit-mobility.com/contexts/charging-station-json-v1"
ENTRY: Final = "https://www.chargeit-mobility.com/contexts/bsm-ws36a-json-v1"
OBIS: Final = "1-0:1.8.0*198"

UNSIGNED32: Final = "UnsignedInteger32"
SIGNED32: Final = "Integer32"
STRING: Final = "String"
WATT_HOUR, WATT, SECOND, MINUTE, NO_UNIT = 30, 27, 7, 6, 255


@dataclass(frozen=True, slots=True)
class Field:
    """One signed register as the file shows it; `unit` is the DLMS code, `scale` the point with the exponent."""

    name: str
    type: str = UNSIGNED32
    unit: int = NO_UNIT
    scale: str = ""


FIELDS: Final = (
    Field("Typ"),
    Field("RCR", unit=WATT_HOUR, scale="Wh_SF"),
    Field("TotWhImp", unit=WATT_HOUR, scale="Wh_SF"),
    Field("W", SIGNED32, WATT, "W_SF"),
    Field("MA1", STRING),
    Field("RCnt"),
    Field("OS", unit=SECOND),
    Field("Epoch", unit=SECOND),
    Field("TZO", SIGNED32, MINUTE),
    Field("EpochSetCnt"),
    Field("EpochSetOS", unit=SECOND),
    Field("DI"),
    Field("DO"),
    Field("Meta1", STRING),
    Field("Meta2", STRING),
    Field("Meta3", STRING),
    Field("Evt"),
)
"""In the order in which they are hashed."""
MAIN: Final = "RCR"
"""The field that stands in `value`; all others stand in `additionalValues`."""

_CONTRACT = re.compile(r"(?:^|[\s,;])contract-id:\s*(\w+):([^\s,;]+)")
_EVSE_ID = re.compile(r"(?:^|[\s,;])evse-id:\s*([^\s,;]+)")


@dataclass(frozen=True, slots=True)
class Nameplate:
    """What the file says of the meter beside its signed values; an OCMF text has it as MV, MM and GV."""

    manufacturer: str
    model: str
    firmware: str
    """VrM, a comma and VrC."""


def compose_chargy(begin: bytes, end: bytes, *, public_key: bytes, meter: Nameplate, evse_id: str) -> bytes:
    """Return the JSON file for the begin and end snapshots of one session.

    `begin` and `end` are the 252 registers of the two blocks, big endian. `evse_id` stands in for the one in the
    signed metadata, if there is none. ReceiptError if a snapshot was not kept or is none.
    """
    blocks = [_block(begin, "begin"), _block(end, "end")]
    signed_evse_id = evse_id_in(*(_metadata(blocks[0])))
    container = {
        "@context": CONTAINER,
        "placeInfo": {"evseId": signed_evse_id or evse_id},
        "signedMeterValues": [_entry(block, public_key, meter) for block in blocks],
    }
    return (json.dumps(container, indent=2, ensure_ascii=False) + "\n").encode()


def contract_in(*metadata: str) -> tuple[str, str] | None:
    """Return type and id of the contract that the metadata name (`contract-id: rfid:<id>`); None if there is none."""
    found = next(filter(None, map(_CONTRACT.search, metadata)), None)
    return None if found is None else (found[1], found[2])


def evse_id_in(*metadata: str) -> str | None:
    """Return the EVSE's id that the metadata name (`evse-id: <id>`); None if there is none."""
    found = next(filter(None, map(_EVSE_ID.search, metadata)), None)
    return None if found is None else found[1]


def local_time(epoch: int, offset_min: int) -> str:
    """Return the meter's own time as RFC 3339; ValueError if the offset is none of a time zone."""
    zone = timezone(timedelta(minutes=offset_min)) if offset_min else UTC
    return datetime.fromtimestamp(epoch, zone).isoformat()


def _block(registers: bytes, which: str) -> Block:
    if not registers:
        raise ReceiptError(f"the registers of the {which} snapshot were not kept")
    model = MODELS["scs"]  # all five blocks have the same layout
    try:
        words = to_words(registers)
        status = decode(model.alias, words).status
    except ValueError as error:
        raise ReceiptError(f"{which}: these registers are no snapshot ({error})") from error
    if status != VALID:
        raise ReceiptError(f"{which}: the meter does not call this snapshot valid (St {status})")
    return Block(model, model.payload, words)


def _entry(block: Block, public_key: bytes, meter: Nameplate) -> dict[str, Any]:
    serial, counter = block.text("MA1"), block.number("RCnt")
    contract = contract_in(*_metadata(block))
    return {
        "@context": ENTRY,
        "@id": f"{serial}-{counter}",
        **_time(block),
        "meterInfo": {
            "firmwareVersion": meter.firmware,
            "publicKey": public_key.hex(),
            "meterId": serial,
            "manufacturer": meter.manufacturer,
            "type": meter.model,
        },
        **({"contract": {"type": contract[0], "id": contract[1]}} if contract else {}),
        "measurementId": counter,
        "value": _main_value(block),
        "additionalValues": [
            {"measurand": {"name": field.name}, "measuredValue": _value(block, field)}
            for field in FIELDS
            if field.name != MAIN
        ],
        "signature": block.blob("Sig", "BSig").hex(),
    }


def _main_value(block: Block) -> dict[str, Any]:
    field = next(field for field in FIELDS if field.name == MAIN)
    value = _value(block, field)
    return {"measurand": {"id": OBIS, "name": MAIN}, "measuredValue": {**value, "unit": "WATT_HOUR"}}


def _value(block: Block, field: Field) -> dict[str, Any]:
    if field.type == STRING:
        return {"value": block.text(field.name), "valueType": STRING}
    # The number as it stands in the register, "not available" too: so it is hashed.
    signed = block.model.points[field.name].type == "int16"
    return {
        "scale": (block.number(field.scale) or 0) if field.scale else 0,
        "unitEncoded": field.unit,
        "value": int.from_bytes(to_bytes(block.raw(field.name)), "big", signed=signed),
        "valueType": field.type,
    }


def _time(block: Block) -> dict[str, str]:
    epoch = block.number("Epoch")
    if epoch is None:
        return {}
    try:
        return {"time": local_time(epoch, block.number("TZO") or 0)}
    except ValueError as error:
        raise ReceiptError(f"the snapshot's time cannot be told: {error}") from error


def _metadata(block: Block) -> tuple[str, str, str]:
    return block.text("Meta1"), block.text("Meta2"), block.text("Meta3")
