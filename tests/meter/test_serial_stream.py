"""The port itself: missing, in use, pulled out, full."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from station.errors import LineSilentError, PortError
from station.meter.bus import Device, Line
from tests.meter import line_peer
from tests.meter.line_peer import Peer


@pytest.fixture
def device(line: Line) -> Device:
    return line.device(42)


@contextmanager
def suppress_timeouts() -> Iterator[None]:
    try:
        yield
    except LineSilentError as error:
        if "no answer" not in str(error):
            raise


async def test_a_port_that_takes_no_bytes_is_told(line: Line, peer: Peer) -> None:
    device = line.device(42, timeout_s=0.1, late_s=0.0)
    peer.stop_reading()
    with pytest.raises(LineSilentError, match="takes no bytes"):  # noqa: PT012 - how many fit is the kernel's secret
        for _ in range(1000):
            with suppress_timeouts():
                await device.write_registers(100, [0] * 123, retries=0)


async def test_a_line_may_be_taken_early_and_given_back(line: Line, device: Device) -> None:
    line.open()
    line.open()
    assert await device.read_registers(100, 1) == [100]
    line.close()
    line.close()
    assert await device.read_registers(100, 1) == [100]


async def test_a_missing_port_is_named(tmp_path: Path) -> None:
    device = Line(str(tmp_path / "ttyUSB0"), parity="N").device(42)
    with pytest.raises(PortError, match="ttyUSB0 does not exist"):
        await device.read_registers(0, 1)


async def test_a_port_in_use_is_told(line: Line, device: Device, peer: Peer) -> None:
    await device.read_registers(100, 1)
    with pytest.raises(PortError, match="in use by another process"):
        await Line(peer.port, parity="N").device(1).read_registers(0, 1)


async def test_a_file_is_no_serial_port(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PortError, match="serial port"):
        await Line(str(tmp_path / "file"), parity="N").device(1).read_registers(0, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
async def test_a_port_without_permission_says_which_group_helps(tmp_path: Path) -> None:
    (tmp_path / "tty").touch(mode=0)
    with pytest.raises(PortError, match="dialout"):
        await Line(str(tmp_path / "tty"), parity="N").device(1).read_registers(0, 1)


@pytest.mark.parametrize("when", ["in the exchange", "right before it", "long before it"])
async def test_a_port_that_vanishes_is_told_and_taken_again_when_it_is_back(tmp_path: Path, when: str) -> None:
    name = tmp_path / "ttyBSM"
    line = Line(str(name), parity="N")
    device = line.device(42)
    with Peer() as first:
        name.symlink_to(first.port)
        assert await device.read_registers(100, 1) == [100]
        if when == "in the exchange":
            first.faults = [line_peer.silent]
            asyncio.get_running_loop().call_later(0.5, first.hang_up)
        else:
            first.hang_up()
        if when == "long before it":
            await asyncio.sleep(1)
        name.unlink()
        with pytest.raises(PortError, match="ttyBSM "):
            await device.read_registers(200, 1)
    with Peer() as second:
        name.symlink_to(second.port)
        assert await device.read_registers(300, 1) == [300]
    line.close()


async def test_a_port_that_was_pulled_and_put_back_costs_one_retry(tmp_path: Path) -> None:
    name = tmp_path / "ttyBSM"
    line = Line(str(name), parity="N")
    with Peer() as first, Peer() as second:
        name.symlink_to(first.port)
        await line.device(42).read_registers(100, 1)
        first.hang_up()
        name.unlink()
        name.symlink_to(second.port)
        assert await line.device(42).read_registers(200, 1) == [200]
    assert line.counters.retries == 1
    line.close()
