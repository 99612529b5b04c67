"""Meters and lines to talk to."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta, timezone
from typing import Any

import pytest

from station.meter.bsm import BsmMeter
from station.meter.bus import Line
from tests.fakes_clock import FakeClock
from tests.meter.charging import filled
from tests.meter.fake_device import FakeDevice
from tests.meter.line_peer import Peer


@pytest.fixture
async def device() -> FakeDevice:
    return FakeDevice()


@pytest.fixture
async def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make(device: FakeDevice, clock: FakeClock) -> Callable[..., BsmMeter]:
    """Make another driver of the same meter, as a restart of the station does."""

    def new(**changes: Any) -> BsmMeter:
        ways = {"metadata": filled, "zone": timezone(timedelta(hours=1)), **changes}
        return BsmMeter(device, name="meter 1", clock=clock, **ways)

    return new


@pytest.fixture
def meter(make: Callable[..., BsmMeter]) -> BsmMeter:
    return make()


@pytest.fixture
async def ready(meter: BsmMeter, device: FakeDevice) -> BsmMeter:
    """It is known and has the time."""
    await meter.identify()
    await meter.set_time(None)
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
