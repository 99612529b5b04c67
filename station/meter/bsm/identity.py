"""BSM-WS36A: who answers, whether it is one at all, and whether it may be used for billing.

Source: METER.md sections 1 (map, event bits) and 4 (certified firmware).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from station.errors import LineRefusedError, MeterError, WrongMeterError
from station.meter.codec import Block, to_bytes
from station.meter.keys import to_der
from station.meter.port import MeterIdentity, Registers
from station.meter.registers import END, FIRST, LAST, MARKER, MODELS, Model

MANUFACTURER: Final = "BAUER Electronic"
STRANGERS: Final = frozenset({1, 2, 3})
"""Exception codes of a device that has no such function or registers; others are those of one that fails."""
MODEL: Final = "BSM-WS36A"
"""What Md begins with; the rest is its variant."""

CERTIFIED: Final = frozenset(
    {
        ("1.8:23DB:9D6A", "08d1aa3", "d1922c43218d12e13743486fd41bb105c716534b9390eccaa5723402e7b2169d"),
        ("1.9:32CA:AFF4", "6d1dd3c", "fc99b5088ccf8d9754bcc6d2df6354140388cd3599f8f85f3a7d9e3fa0fa3c7c"),
        ("1.9:32CA:AFF4", "01d484f", "11b49f84cf423009674d78f0af72a39a2a59b49e2a46e9ed587d48a54434531d"),
    }
)
"""Firmware of the meter module (VrM), of the communication module (VrC), and the latter's hash."""

EVENTS: Final = {
    16: "fatal error of the meter module",
    17: "the communication module failed to start",
    18: "the communication module's firmware does not fit its hash",
    19: "development mode",
}
"""By bit of Evt; any bit set means: not fit for billing."""
DEVELOPMENT: Final = "-dirty"

_WANTED: Final = (
    ("cb", "Mn"),
    ("cb", "Md"),
    ("tpm", "Evt"),
    ("bsm", "VrM"),
    ("bsm", "VrC"),
    ("bsm", "MA1"),
    ("bsm", "RCnt"),
    ("bsm", "BPK"),
    ("bsm", "PK"),
    ("cfwh", "BB"),
    ("cfwh", "B"),
)
_CHAIN: Final = (*MODELS.values(), END)
_MOST = 125
"""Registers in one request."""


async def identify(device: Registers, *, name: str) -> tuple[MeterIdentity, int]:
    """Return who the meter is, and its response counter (RCnt); WrongMeterError if it is no BSM-WS36A."""
    image = [0] * (LAST + 1 - FIRST)
    for span in _spans():
        try:
            image[span.start - FIRST : span.stop - FIRST] = await device.read_registers(span.start, len(span))
        except LineRefusedError as error:
            if error.code not in STRANGERS:
                raise MeterError(f"{name}: answers that it cannot read its registers: {error}") from error
            told = f"what answers has no registers {span.start} to {span.stop - 1}"
            raise WrongMeterError(f"{name}: {told}, so it is no {MODEL}") from error
        _check_chain(image, span, name)
    common, bsm, firmware = (Block(MODELS[alias], FIRST, image) for alias in ("cb", "bsm", "cfwh"))
    manufacturer, model = common.text("Mn"), common.text("Md")
    if manufacturer != MANUFACTURER or not model.startswith(MODEL):
        raise WrongMeterError(f"{name}: what answers is {manufacturer!r} {model!r}, no {MANUFACTURER} {MODEL}")
    key = to_der(bsm.blob("PK", "BPK"))
    if key is None:
        raise MeterError(f"{name}: its public key is none of P-256")
    who = MeterIdentity(
        manufacturer=manufacturer,
        model=model,
        serial=bsm.text("MA1"),
        meter_firmware=bsm.text("VrM"),
        communication_firmware=bsm.text("VrC"),
        public_key=key,
        firmware_hash=firmware.blob("B", "BB"),
    )
    return _judged(who, Block(MODELS["tpm"], FIRST, image)), bsm.number("RCnt") or 0


def events_in_words(events: int) -> str:
    """Return what the set bits of Evt mean; empty if there are none."""
    bits = (bit for bit in range(events.bit_length()) if events >> bit & 1)
    return ", ".join(EVENTS.get(bit, f"event bit {bit}") for bit in bits)


def _spans() -> Iterator[range]:
    """Yield what has to be read, the whole chain's headers and what is wanted, in as few requests as possible."""
    parts = [(FIRST, 2), *((model.base, 2) for model in _CHAIN)]
    parts += [(MODELS[alias].address(name), MODELS[alias].points[name].length) for alias, name in _WANTED]
    parts.sort()
    start = stop = FIRST
    for first, count in parts:
        if first + count - start > _MOST:
            yield range(start, stop)
            start = first
        stop = max(stop, first + count)
    yield range(start, stop)


def _check_chain(image: list[int], span: range, name: str) -> None:
    if span.start == FIRST and to_bytes(image[:2]) != MARKER.to_bytes(4, "big"):
        raise WrongMeterError(f"{name}: what answers has no SunSpec mark at {FIRST}, so it is no {MODEL}")
    for model in _CHAIN:
        if model.base in span:
            _check_header(image, model, name)


def _check_header(image: list[int], model: Model, name: str) -> None:
    found = tuple(image[model.base - FIRST : model.payload - FIRST])
    if found != (model.id, model.length):
        there = f"SunSpec model {found[0]} of {found[1]} registers at {model.base}"
        expected = f"model {model.id} of {model.length}"
        raise WrongMeterError(f"{name}: what answers has {there}, {expected} was expected: no {MODEL}")


def _judged(who: MeterIdentity, ac_meter: Block) -> MeterIdentity:
    events = int.from_bytes(to_bytes(ac_meter.raw("Evt")), "big")
    unfit = [f"it reports: {events_in_words(events)}"] if events else []
    if DEVELOPMENT in who.communication_firmware:
        unfit.append(f"it runs a development firmware ({who.communication_firmware})")
    firmware = (who.meter_firmware, who.communication_firmware, who.firmware_hash.hex())
    warnings = []
    if firmware not in CERTIFIED:
        told = f"{firmware[0]} / {firmware[1]} with hash {firmware[2] or 'none'}"
        warnings.append(f"Its firmware, {told}, is not on the list of certified ones.")
    return replace(who, warnings=tuple(warnings), unfit="; ".join(unfit))
