"""How a meter stands: every number from its own register."""

from datetime import UTC, datetime

import pytest

from station.errors import LineSilentError
from station.meter.bsm.state import State, read_state
from tests.meter.fake_device import FakeDevice


async def test_each_number_comes_from_its_register(device: FakeDevice) -> None:
    for alias, name, value in (
        ("cb", "DA", 42),
        ("si", "Rte", 115200),
        ("tpm", "Evt", 1 << 18),
        ("bsm", "ErrM", "00000007"),
        ("bsm", "PDCnt", 3),
        ("bsm", "RCnt", 101),
        ("bsm", "OS", 100000),
        ("bsm", "EpochSetCnt", 8),
        ("bsm", "EpochSetOS", 901),
    ):
        device.put(alias, name, value)
    device.set_clock(1795256468, -90)
    state = await read_state(device)
    assert state == State(
        unit=42,
        baud_rate=115200,
        events=1 << 18,
        error="00000007",
        session_energy_wh=1230.0,
        power_downs=3,
        records=101,
        operating_s=100000,
        time=datetime(2026, 11, 21, 10, 21, 8, tzinfo=UTC),
        offset_min=-90,
        clock_settings=8,
        clock_set_os=901,
        contactor_open=True,
        output_on=False,
    )
    assert state.clock_set
    assert len(device.requests) == 2


@pytest.mark.parametrize(("epoch", "offset_min"), [(None, None), (1795256468, None), (None, 60)])
async def test_half_a_clock_is_none(device: FakeDevice, epoch: int | None, offset_min: int | None) -> None:
    device.set_clock(epoch, offset_min)
    assert not (await read_state(device)).clock_set


@pytest.mark.parametrize(("di", "do"), [(0, 1), (1, 0), (0, 0), (1, 1)])
async def test_the_digital_lines_are_told_apart(device: FakeDevice, di: int, do: int) -> None:
    device.put("bsm", "DI", 0xFFFE | di)
    device.put("bsm", "DO", 0xFFFE | do)
    state = await read_state(device)
    assert (state.contactor_open, state.output_on) == (bool(di), bool(do))


async def test_a_meter_without_its_other_registers_is_an_error(device: FakeDevice) -> None:
    device.faults.deaf_to.add(40195)
    with pytest.raises(LineSilentError):
        await read_state(device)
