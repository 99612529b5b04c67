"""Live values, and the wait for a vehicle that has to let go."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from station.core.powermeter import Phases
from station.errors import ContactorStuckError, LineRefusedError, MeterError
from station.meter.bsm import BsmMeter
from station.meter.bsm.live import wait_without_current
from tests.meter.fake_device import SERIAL, FakeDevice

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


async def test_live_values_come_with_one_request(ready: BsmMeter, device: FakeDevice) -> None:
    values = await ready.read()
    assert values.meter_id == SERIAL
    assert values.energy_wh_import == Phases(123450.0)
    assert values.power_w == Phases(11040.0, 3680.0, 3690.0, 3670.0)
    assert values.voltage_v == Phases(None, 230.1, 230.2, 230.3)
    assert values.current_a == Phases(48.0, 16.0, 16.01, 15.99)
    assert values.var == Phases(-120.0, -30.0, -40.0, -50.0)
    assert values.power_factor == Phases(None, 1.0, 0.999, -0.998)
    assert values.frequency_hz == Phases(50.0)
    assert values.energy_wh_export is None
    assert abs(values.timestamp - NOON) < timedelta(seconds=5)
    assert [(request.address, request.count) for request in device.requests] == [(40092, 53)]


async def test_a_meter_that_was_not_met_yet_has_no_name(meter: BsmMeter) -> None:
    assert (await meter.read()).meter_id is None


async def test_exponents_are_the_meters(ready: BsmMeter, device: FakeDevice) -> None:
    for name, value in {"A_SF": 0, "W_SF": -1, "TotWh_SF": 1, "Hz_SF": -2}.items():
        device.put("tpm", name, value)
    values = await ready.read()
    assert values.energy_wh_import.total == 1234500.0
    assert (values.power_w, values.current_a) == (Phases(110.4, 36.8, 36.9, 36.7), Phases(4800, 1600, 1601, 1599))
    assert values.frequency_hz == Phases(5.0)


async def test_what_is_not_available_is_none(ready: BsmMeter, device: FakeDevice) -> None:
    for name in ("AphB", "AphC", "Hz", "W", "WphA", "WphB", "WphC", "VAR_SF"):
        device.put("tpm", name, None)
    values = await ready.read()
    assert values.current_a == Phases(48.0, 16.0, None, None)
    assert (values.frequency_hz, values.power_w, values.var) == (None, None, None)


async def test_a_meter_without_energy_is_an_error(ready: BsmMeter, device: FakeDevice) -> None:
    device.put("tpm", "TotWh_SF", None)
    with pytest.raises(MeterError, match="TotWhImp is not available"):
        await ready.read()


def phases_off(device: FakeDevice, *names: str) -> None:
    for name in names:
        device.put("tpm", name, 0)


async def test_no_current_needs_one_small_look(device: FakeDevice) -> None:
    phases_off(device, "AphA", "AphB", "AphC")
    await wait_without_current(device, name="meter 1")
    assert [(request.address, request.count) for request in device.requests] == [(40093, 4)]


@pytest.mark.parametrize("last", ["AphA", "AphB", "AphC"])
async def test_current_in_any_phase_is_waited_for(device: FakeDevice, last: str) -> None:
    phases_off(device, *{"AphA", "AphB", "AphC"} - {last})
    loop = asyncio.get_running_loop()
    began = loop.time()
    loop.call_later(2.0, phases_off, device, last)
    with capture_logs() as logs:
        await wait_without_current(device, name="meter 1")
    assert 2.0 <= loop.time() - began < 3.0
    assert logs == []


async def test_current_that_does_not_cease_is_told_after_6_s(device: FakeDevice) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(ContactorStuckError, match="current still flows 6 s"):
        await wait_without_current(device, name="meter 1")
    assert 6.0 <= loop.time() - began < 6.5


async def test_current_that_cannot_be_read_is_not_taken_for_none(device: FakeDevice) -> None:
    device.faults.refuses = {40093}
    with pytest.raises(LineRefusedError):
        await wait_without_current(device, name="meter 1")


async def test_a_refused_read_is_the_lines_error(make: Callable[..., BsmMeter], device: FakeDevice) -> None:
    device.faults.refuses = {40092}
    with pytest.raises(LineRefusedError):
        await make().read()
