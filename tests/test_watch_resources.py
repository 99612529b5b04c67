"""A station that runs out of flash or RAM says so once, in time."""

import asyncio
import os
from types import SimpleNamespace

import pytest

from station.errors import StorageError
from station.watch_resources import (
    CHECK_EVERY_S,
    LOW_FLASH_BYTES,
    MIB,
    Gauge,
    ResourceWatch,
    available_memory,
    free_space,
    gauges,
    is_flash_low,
)


class Tank:
    """A resource of 100 MiB, low below 10, and what was told of it."""

    def __init__(self):
        self.free, self.told, self.broken = 100 * MIB, [], False
        self.watch = ResourceWatch([Gauge("tank", lambda: self.free, 10 * MIB)], on_low=self._tell)

    def _tell(self, text):
        if self.broken:
            raise StorageError("the disk is full")
        self.told.append(text)

    def at(self, mib):
        self.free = int(mib * MIB)
        self.watch.check()
        return len(self.told)


def test_a_resource_that_gets_low_is_told_once_until_it_has_recovered():
    tank = Tank()
    assert [tank.at(mib) for mib in (100, 10, 9.9, 5, 12, 9, 19.9, 9)] == [0, 0, 1, 1, 1, 1, 1, 1]
    assert [tank.at(mib) for mib in (20, 9)] == [1, 2]
    assert tank.told[0] == "tank: 9.9 MiB left"


def test_what_could_not_be_told_is_told_later():
    tank = Tank()
    tank.broken = True
    with pytest.raises(StorageError):
        tank.at(1)
    tank.broken = False
    assert tank.at(1) == 1


async def test_it_is_looked_at_at_once_and_again_and_again():
    tank = Tank()
    tank.free = MIB
    task = asyncio.create_task(tank.watch.run())
    await asyncio.sleep(1)
    assert len(tank.told) == 1
    tank.free = 100 * MIB
    await asyncio.sleep(CHECK_EVERY_S)
    tank.free = MIB
    await asyncio.sleep(CHECK_EVERY_S)
    assert len(tank.told) == 2
    task.cancel()


def test_the_gauges_of_this_machine_can_be_read(tmp_path):
    flash, ram = gauges(tmp_path)
    assert flash.free_bytes() == pytest.approx(free_space(tmp_path), rel=0.5)
    assert flash.name == f"flash under {tmp_path}"
    assert ram.free_bytes() > MIB


@pytest.mark.parametrize(("blocks", "low"), [(LOW_FLASH_BYTES // 4096, False), (LOW_FLASH_BYTES // 4096 - 1, True)])
def test_flash_is_low_below_what_some_thousand_sessions_take(tmp_path, monkeypatch, blocks, low):
    monkeypatch.setattr(os, "statvfs", lambda folder: SimpleNamespace(f_bavail=blocks, f_frsize=4096))
    assert is_flash_low(tmp_path) is low


def test_flash_that_cannot_be_looked_at_is_not_low(tmp_path):
    assert is_flash_low(tmp_path / "gone") is False


def test_available_memory_is_what_the_kernel_calls_so(tmp_path):
    info = tmp_path / "meminfo"
    info.write_text("MemTotal:  4000 kB\nMemFree:  100 kB\nMemAvailable:    2048 kB\nBuffers: 1 kB\n")
    assert available_memory(info) == 2 * MIB


def test_memory_that_the_kernel_does_not_tell_is_no_gauge(tmp_path):
    info = tmp_path / "meminfo"
    info.write_text("MemTotal:  4000 kB\n")
    with pytest.raises(OSError, match="does not tell MemAvailable"):
        available_memory(info)


def test_a_gauge_that_cannot_be_read_does_not_hide_the_others():
    def broken():
        raise OSError("no such file")

    told = []
    watch = ResourceWatch([Gauge("broken", broken, MIB), Gauge("tank", lambda: 1, MIB)], on_low=told.append)
    watch.check()
    assert told == ["tank: 0.0 MiB left"]
