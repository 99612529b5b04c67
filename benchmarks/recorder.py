"""Looks over the shoulder of a meter's driver: which registers it reads and writes."""

from collections import Counter
from typing import Final

from benchmarks.wire_time import Read, Write
from station.meter.port import Registers
from station.meter.registers import address

STATUS: Final = frozenset(address(alias, "St") for alias in ("scs", "stons", "stoffs", "sss", "ses"))
"""These have to be read until they say that a snapshot is ready."""


class Recorder:
    """The registers of a device, and what was asked of them since `clear`."""

    def __init__(self, device: Registers) -> None:
        self._device = device
        self.exchanges: list[Read | Write] = []
        self.polls = 0
        """Reads of the status of a snapshot, and of nothing else."""
        self._read: Counter[int] = Counter()

    @property
    def registers(self) -> int:
        """How many registers were read, polls apart."""
        return self._read.total()

    @property
    def distinct(self) -> int:
        """How many different ones they were."""
        return len(self._read)

    def clear(self) -> None:
        """Begin anew."""
        self.exchanges, self.polls = [], 0
        self._read.clear()

    async def read_registers(
        self, address: int, count: int, *, timeout_s: float | None = None, retries: int | None = None
    ) -> list[int]:
        """Read, and remember what."""
        self.exchanges.append(Read(count))
        if count == 1 and address in STATUS:
            self.polls += 1
        else:
            self._read.update(range(address, address + count))
        return await self._device.read_registers(address, count, timeout_s=timeout_s, retries=retries)

    async def write_registers(
        self, address: int, values: list[int], *, timeout_s: float | None = None, retries: int | None = None
    ) -> None:
        """Write, and remember how much."""
        self.exchanges.append(Write(len(values)))
        await self._device.write_registers(address, values, timeout_s=timeout_s, retries=retries)
