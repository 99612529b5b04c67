"""Snapshots: the meter's signed registers, for those who want to check them beside the OCMF text; pure.

Source: METER.md section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from station.core.records import Metadata, RecordKind
from station.meter.codec import Block, to_bytes
from station.meter.ocmf import KINDS
from station.meter.registers import MODELS, Point

VALID: Final = 0
INVALID: Final = 1
UPDATING: Final = 2
"""St of a snapshot: there is one, there is none, one is being taken; written, UPDATING is the command to take one."""

FAILURES: Final = {
    INVALID: "no snapshot was taken",
    3: "general failure",
    4: "the enable input DOE is low",
    5: "the contactor's feedback on DI does not fit",
}

_SIGNED = (
    "Typ", "RCR", "TotWhImp", "W", "MA1", "RCnt", "OS", "Epoch", "TZO", "EpochSetCnt", "EpochSetOS", "DI", "DO",
    "Meta1", "Meta2", "Meta3", "Evt",
)  # fmt: skip
_DLMS_UNIT = {"": 255, "Wh": 30, "W": 27, "s": 7, "min": 6}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot; `signature` over `signed` decides whether it is to be believed."""

    kind: RecordKind
    status: int
    meter_serial: str
    pagination: int
    taken_at: datetime | None
    """Aware UTC; None if the meter had no time."""
    offset_min: int | None
    """TZO, of the local time; None if the meter had no time."""
    clock_settings: int | None
    """EpochSetCnt: how often the meter's clock was set so far."""
    clock_set_os: int | None
    """EpochSetOS: the operating second of the last time."""
    session_energy_wh: int
    energy_wh: int
    power_w: int | None
    contactor_open: bool
    """DI, the feedback of a normally-closed contact."""
    output_on: bool
    """DO as it was when the values were taken."""
    metadata: Metadata
    events: int
    """Evt; any bit set means: not fit for billing."""
    signed: bytes
    """The bytes under the signature."""
    signature: bytes
    """DER (r, s)."""


def decode(alias: str, words: Sequence[int]) -> Snapshot:
    """Return what the payload of a snapshot block says (252 registers); ValueError if it cannot be one."""
    model = MODELS[alias]
    if len(words) != model.length:
        raise ValueError(f"{alias}: {model.length} registers expected, got {len(words)}")
    block = Block(model, model.payload, words)
    typ = block.number("Typ")
    if typ is None or typ >= len(KINDS):
        raise ValueError(f"{alias}: Typ is {typ}, 0 to {len(KINDS) - 1} expected")
    epoch = block.number("Epoch")
    return Snapshot(
        kind=KINDS[typ],
        status=_required(block, "St"),
        meter_serial=block.text("MA1"),
        pagination=_required(block, "RCnt"),
        taken_at=None if epoch is None else datetime.fromtimestamp(epoch, UTC),
        offset_min=block.number("TZO"),
        clock_settings=block.number("EpochSetCnt"),
        clock_set_os=block.number("EpochSetOS"),
        session_energy_wh=_whole(block, "RCR"),
        energy_wh=_whole(block, "TotWhImp"),
        power_w=None if block.number("W") is None else _whole(block, "W"),
        contactor_open=bool(_required(block, "DI") & 1),
        output_on=bool(_required(block, "DO") & 1),
        metadata=Metadata(block.text("Meta1"), block.text("Meta2"), block.text("Meta3")),
        events=int.from_bytes(to_bytes(block.raw("Evt")), "big"),
        signed=hash_input(block),
        signature=block.blob("Sig", "BSig"),
    )


def hash_input(block: Block) -> bytes:
    """Return the bytes that the meter signed for a snapshot, from its registers as they are."""
    return b"".join(_hashed(block, block.model.points[name]) for name in _SIGNED)


def _hashed(block: Block, point: Point) -> bytes:
    data = to_bytes(block.raw(point.name))
    if point.type == "string":
        text = data.rstrip(b"\0")
        return len(text).to_bytes(4, "big") + text
    # "Not available" goes in as it stands in the register, an int16 with its sign: ffff8000.
    number = int.from_bytes(data, "big", signed=point.type == "int16")
    exponent = block.raw(point.scale)[0] & 0xFF if point.scale else 0
    return (number & 0xFFFFFFFF).to_bytes(4, "big") + bytes([exponent, _DLMS_UNIT[point.unit]])


def _required(block: Block, name: str) -> int:
    value = block.number(name)
    if value is None:
        raise ValueError(f"{block.model.alias}: {name} is not available")
    return value


def _whole(block: Block, name: str) -> int:
    exponent = block.number(block.model.points[name].scale)
    if exponent is not None and not -10 <= exponent <= 10:
        # Only its low byte is signed: with another high byte a right signature would stand for other watt-hours.
        raise ValueError(f"{block.model.alias}: {name} x 10^{exponent}, an exponent of -10 to 10 expected")
    value = block.scaled(name)
    if value is None:
        raise ValueError(f"{block.model.alias}: {name} is not available")
    return round(value)
