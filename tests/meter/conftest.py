"""Meters and lines to talk to."""

from collections.abc import AsyncIterator
from datetime import timedelta, timezone

import pytest

from station.meter.bsm import BsmMeter
from station.meter.bus import Line
from tests.fakes_clock import FakeClock
from tests.meter.fake_device import FakeDevice
from tests.meter.line_peer import Peer


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice()


@pytest.fixture
async def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def meter(device: FakeDevice, clock: FakeClock) -> BsmMeter:
    return BsmMeter(device, name="meter 1", clock=clock, zone=timezone(timedelta(hours=1)))


@pytest.fixture
async def ready(meter: BsmMeter, device: FakeDevice) -> BsmMeter:
    await meter.identify()
    await meter.set_time()
    device.requests.clear()
    return meter


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    with Peer() as peer:
        yield peer


@pytest.fixture
async def line(peer: Peer) -> AsyncIterator[Line]:
    line = Line(peer.port, parity="N")
    yield line
    line.close()
