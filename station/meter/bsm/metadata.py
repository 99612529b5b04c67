"""BSM-WS36A: the metadata that it signs, as registers. Source: METER.md section 7."""

from station.core.metadata import FORBIDDEN
from station.core.records import Metadata
from station.errors import MeterError
from station.meter.codec import Block, encode
from station.meter.port import Registers
from station.meter.registers import MODELS

_BSM = MODELS["bsm"]
_POINTS = (_BSM.points["Meta1"], _BSM.points["Meta2"], _BSM.points["Meta3"])
_FIRST, _THIRD = _BSM.address("Meta1"), _BSM.address("Meta3")
_SPLIT = _THIRD - _FIRST
"""170 registers do not fit into one request: Meta1 and Meta2 make one, Meta3 another."""


def words(metadata: Metadata) -> list[int]:
    """Return all 170 registers, filled with NUL; ValueError for a text that does not fit."""
    texts = (metadata.meta1, metadata.meta2, metadata.meta3)
    return [word for point, text in zip(_POINTS, texts, strict=True) for word in encode(point, text)]


async def write(device: Registers, metadata: Metadata, *, name: str) -> None:
    """Give the meter what it is to sign; MeterError, before anything is written, for what would break records.

    Always all three, because the meter keeps what is not overwritten.
    """
    for point, text in zip(_POINTS, (metadata.meta1, metadata.meta2, metadata.meta3), strict=True):
        bad = sorted({c for c in text if c in FORBIDDEN or not " " <= c <= "~"})
        if bad:
            told = f"{name}: {point.name} has characters that break records: {' '.join(map(repr, bad))}"
            raise MeterError(f'{told}; use printable ASCII without " \\ |')
    try:
        registers = words(metadata)
    except ValueError as error:
        raise MeterError(f"{name}: {error}") from error
    await device.write_registers(_FIRST, registers[:_SPLIT])
    await device.write_registers(_THIRD, registers[_SPLIT:])


async def read(device: Registers) -> Metadata:
    """Return what the meter would sign now."""
    registers = await device.read_registers(_FIRST, _SPLIT)
    registers += await device.read_registers(_THIRD, _POINTS[2].length)
    block = Block(_BSM, _FIRST, registers)
    return Metadata(*(block.text(point.name) for point in _POINTS))


def other(found: Metadata, wanted: Metadata) -> list[str]:
    """Return which fields are not as wanted and what they are, one clause each, without repeating whom they name."""
    told = []
    for field in ("meta1", "meta2", "meta3"):
        text = getattr(found, field)
        if text != getattr(wanted, field):
            told.append(f"{field} is {f'another text of {len(text)} characters' if text else 'empty'}")
    return told
