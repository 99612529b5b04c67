"""The jumping loop, made exact for pseudo terminals; meters and lines to talk to."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta, timezone
from typing import Any

import pytest

from station.meter.bsm import BsmMeter
from station.meter.bus import Line
from tests.fakes_clock import FakeClock
from tests.meter.fake_device import FakeDevice
from tests.meter.line_peer import Peer
from tests.virtual_loop import GRACE_S, VirtualLoop


class _PollingSelector(selectors.PollSelector):
    """Jumps like the other one, but by poll(2): that delivers what is still inside a pty before it answers.

    Epoll waits for a kernel worker to do that, and on a busy computer the worker is later than the grace.
    """

    offset_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(min(timeout, GRACE_S))
        if not ready and timeout > GRACE_S:
            self.offset_s += timeout - GRACE_S
        return ready


class PtyLoop(VirtualLoop):
    """A VirtualLoop on poll(2)."""

    def __init__(self) -> None:
        self._jumps = _PollingSelector()  # type: ignore[assignment]
        asyncio.SelectorEventLoop.__init__(self, self._jumps)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": PtyLoop}


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
