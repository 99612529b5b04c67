"""Metadata as registers."""

import pytest

from station.core.records import Metadata
from station.errors import LineRefusedError, MeterError
from station.meter.bsm.metadata import other, read, words, write
from tests.meter.charging import METADATA
from tests.meter.fake_device import FakeDevice

FULL = Metadata("x" * 140, "y" * 100, "z" * 100)


@pytest.mark.parametrize("metadata", [METADATA, FULL, Metadata()])
async def test_what_is_written_can_be_read(device: FakeDevice, metadata: Metadata) -> None:
    await write(device, FULL, name="meter 1")
    await write(device, metadata, name="meter 1")
    assert await read(device) == metadata
    assert device.writes == [(40279, 120), (40399, 50)] * 2


def test_every_field_fills_its_registers() -> None:
    assert len(words(Metadata())) == len(words(FULL)) == 170
    with pytest.raises(ValueError, match="Meta3: 101 bytes"):
        words(Metadata("", "", "z" * 101))


@pytest.mark.parametrize("text", ['"', "\\", "a|b", "Ü", "\n", "\x7f", "\x00"])
async def test_what_would_break_records_is_refused_without_repeating_the_text(device: FakeDevice, text: str) -> None:
    with pytest.raises(MeterError, match="Meta2 has characters that break records") as caught:
        await write(device, Metadata("", f"secret{text}"), name="meter 1")
    assert "secret" not in str(caught.value)
    assert device.writes == []


async def test_a_refused_write_is_the_lines_error(device: FakeDevice) -> None:
    device.faults.refuses = {40399}
    with pytest.raises(LineRefusedError):
        await write(device, METADATA, name="meter 1")


async def test_a_part_of_a_field_is_never_written(device: FakeDevice) -> None:
    with pytest.raises(LineRefusedError):
        await device.write_registers(40279, [0] * 119)


def test_what_is_another_is_told_without_repeating_it() -> None:
    assert other(METADATA, METADATA) == []
    assert other(Metadata("secret", "", METADATA.meta3), METADATA) == [
        "meta1 is another text of 6 characters",
        "meta2 is empty",
    ]
