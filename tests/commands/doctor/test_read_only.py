"""A device that is only looked at."""

import pytest

from station.commands.doctor.read_only import ReadOnly
from station.errors import DeviceError
from tests.meter.fake_device import FakeDevice


async def test_it_reads_and_never_writes():
    device = FakeDevice()
    only = ReadOnly(device)  # type: ignore[arg-type]
    assert await only.read_registers(40000, 2) == await device.read_registers(40000, 2)
    with pytest.raises(DeviceError, match="41795 would have to be written"):
        await only.write_registers(41795, [2])
    with pytest.raises(DeviceError, match="20000 would have to be written"):
        await only.write_coil(20000, on=True)
