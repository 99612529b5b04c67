"""The daemon ends when it is told to, restarts when the station wants it, and tells the service manager the truth."""

import asyncio
import os
import signal
import socket
from types import SimpleNamespace

import pytest
from ocpp.v201.enums import BootReasonEnumType

from station.commands.run import _run
from station.commands.service_manager import ServiceManager
from tests.commands.test_service_manager import heard

RESET = BootReasonEnumType.remote_reset


class Station:
    """Ends when it is stopped or reset, and takes a second for it."""

    def __init__(self):
        self.restart_reason = None
        self._ending = asyncio.Event()

    def stop(self):
        self._ending.set()

    def reset(self):
        self.restart_reason = RESET
        self._ending.set()

    async def run(self):
        await self._ending.wait()
        await asyncio.sleep(1)


@pytest.fixture
async def daemon(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        station = Station()
        running = asyncio.create_task(_run(station, ServiceManager(str(tmp_path / "notify"))))
        await asyncio.sleep(0)
        yield SimpleNamespace(station=station, running=running, told=lambda: heard(listener))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it(daemon, number):
    os.kill(os.getpid(), number)
    assert await daemon.running is None
    assert daemon.told() == ["READY=1", "STOPPING=1"]


async def test_before_a_restart_no_end_is_promised(daemon):
    daemon.station.reset()
    assert await daemon.running is RESET
    assert daemon.told() == ["READY=1"]


async def test_who_is_stopped_in_the_midst_of_a_reset_does_not_start_again(daemon):
    daemon.station.reset()
    await asyncio.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await daemon.running is None
    assert daemon.told() == ["READY=1", "STOPPING=1"]
