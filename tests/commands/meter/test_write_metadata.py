"""`station meter write-metadata`: nothing is sent that would break a record, and what is sent is read back."""

from pathlib import Path

import pytest

from station.cli import MISUSED, main
from station.commands.meter.write_metadata import write
from station.core.records import Metadata
from station.errors import MeterError, WrongMeterError
from station.meter.registers import address
from tests.commands.meter.laptop import at_bench, at_fake

FULL = Metadata("a" * 140, "b" * 100, "c" * 100)


@pytest.mark.parametrize("metadata", [FULL, Metadata("contract-id: rfid:04AA")])
async def test_what_is_written_is_what_the_meter_signs(tmp_path: Path, metadata: Metadata) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        await write(laptop.connection, metadata=FULL, out=laptop.out)
        assert await write(laptop.connection, metadata=metadata, out=laptop.out) == 0
        record = await laptop.connection.meter.current()
    assert f'"ID":"{metadata.meta1}"'.encode() in record.ocmf
    assert (b'"X2"' in record.ocmf) is bool(metadata.meta2)
    assert "written and read back" in laptop.told


async def test_a_meter_that_does_not_take_it_is_said_so() -> None:
    with at_fake() as (device, laptop):
        device.faults.ignores.add(address("bsm", "Meta3"))
        with pytest.raises(MeterError, match="did not take the metadata: meta3 is empty"):
            await write(laptop.connection, metadata=Metadata("a", "b", "c"), out=laptop.out)
    assert laptop.told == ""


async def test_no_other_device_is_written_to() -> None:
    with at_fake() as (device, laptop):
        device.put("cb", "Md", "SOMETHING ELSE")
        with pytest.raises(WrongMeterError):
            await write(laptop.connection, metadata=FULL, out=laptop.out)
        assert device.writes == []


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["x" * 141], "meta1 is 141 characters long, the meter takes 140"),
        (["", "x" * 101], "meta2 is 101 characters long, the meter takes 100"),
        (["", "", "x" * 101], "meta3 is 101 characters long, the meter takes 100"),
        (['say "hello"'], "meta1 has '\"'"),
        (["a\\b"], "meta1 has '\\\\'"),
        (["", "é"], "meta2 has '\\xe9'"),
        (["a\nb"], "meta1 has '\\n'"),
    ],
)
def test_what_the_meter_cannot_take_is_refused_before_the_port_is_opened(
    capsys: pytest.CaptureFixture[str], texts: list[str], reason: str
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["meter", "write-metadata", "--port", "/dev/nothing-here", *texts])
    assert end.value.code == MISUSED
    assert reason in capsys.readouterr().err
