"""The service manager hears that the daemon runs and lives, if there is one that listens."""

import asyncio
import os
import socket

import pytest

from station.commands.service_manager import ServiceManager


@pytest.fixture
def manager(tmp_path):
    """A socket as systemd's, with its path."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def heard(listener):
    texts = []
    try:
        while True:
            texts.append(listener.recv(100).decode())
    except BlockingIOError:
        return texts


async def test_what_happens_is_told_in_order(manager):
    service = ServiceManager.of({"NOTIFY_SOCKET": manager.getsockname()})
    service.ready()
    service.stopping()
    assert heard(manager) == ["READY=1", "STOPPING=1"]


async def test_signs_of_life_come_twice_in_each_period(manager):
    environment = {
        "NOTIFY_SOCKET": manager.getsockname(),
        "WATCHDOG_USEC": "60000000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    alive = asyncio.create_task(ServiceManager.of(environment).keep_alive())
    await asyncio.sleep(95)
    assert heard(manager) == ["WATCHDOG=1"] * 4
    alive.cancel()
    await asyncio.gather(alive, return_exceptions=True)


@pytest.mark.parametrize("watchdog", [{}, {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}])
async def test_without_a_watchdog_for_this_process_there_are_no_signs_of_life(manager, watchdog):
    await ServiceManager.of({"NOTIFY_SOCKET": manager.getsockname(), **watchdog}).keep_alive()
    assert heard(manager) == []


async def test_a_socket_in_the_abstract_namespace_is_found():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # the kernel chooses a name
        listener.setblocking(False)
        name = listener.getsockname().decode()
        ServiceManager(name.replace("\0", "@", 1)).ready()
        assert heard(listener) == ["READY=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_where_nobody_listens_nothing_happens(environment):
    ServiceManager.of(environment).ready()
