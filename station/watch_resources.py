"""Watches that the station does not run out of flash or RAM (security event MemoryExhaustion)."""

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

CHECK_EVERY_S = 60.0
KIB = 1024
MIB = 1024 * KIB
LOW_FLASH_BYTES = 32 * MIB
"""Some thousand sessions with their evidence: time enough for somebody to make room."""
LOW_RAM_BYTES = 16 * MIB
"""Less than one more Python process; the kernel would soon kill one."""
RECOVERED = 2
"""A gauge is well again at that many times what is low, so that one that wavers is told once."""
MEMORY_INFO = Path("/proc/meminfo")
AVAILABLE = "MemAvailable:"

log = structlog.get_logger("station.resources")


@dataclass(frozen=True, slots=True)
class Gauge:
    """Something that must not run out."""

    name: str
    free_bytes: Callable[[], int]
    low_bytes: int


def gauges(state_folder: Path) -> tuple[Gauge, ...]:
    """Return what this station can run out of."""
    return (
        Gauge(f"flash under {state_folder}", lambda: free_space(state_folder), LOW_FLASH_BYTES),
        Gauge("RAM", available_memory, LOW_RAM_BYTES),
    )


def free_space(folder: Path) -> int:
    """Return how many bytes may still be written; raises OSError."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def available_memory(info: Path = MEMORY_INFO) -> int:
    """Return how many bytes can be had without swapping (proc_meminfo(5)); raises OSError."""
    for line in info.read_text("ascii").splitlines():
        if line.startswith(AVAILABLE):
            return int(line.split()[1]) * KIB
    raise OSError(f"{info} does not tell {AVAILABLE.rstrip(':')}")


def is_flash_low(state_folder: Path) -> bool:
    """Say whether there is so little left that what waits there should become less; not if that cannot be read."""
    try:
        return free_space(state_folder) < LOW_FLASH_BYTES
    except OSError as error:
        log.warning("resource_not_read", resource=str(state_folder), error=str(error))
        return False


class ResourceWatch:
    """Tells when a gauge gets low, and not again before it has recovered."""

    def __init__(self, gauges: Iterable[Gauge], *, on_low: Callable[[str], None]) -> None:
        self._gauges = tuple(gauges)
        self._on_low = on_low
        self._low: set[str] = set()

    async def run(self) -> None:
        """Check for ever."""
        while True:
            self.check()
            await asyncio.sleep(CHECK_EVERY_S)

    def check(self) -> None:
        """Read each gauge once; what cannot be read or told is tried again next time."""
        for gauge in self._gauges:
            try:
                free = gauge.free_bytes()
            except OSError as error:
                log.warning("resource_not_read", resource=gauge.name, error=str(error))
                continue  # the others count all the same
            if gauge.name in self._low:
                if free >= RECOVERED * gauge.low_bytes:
                    self._low.discard(gauge.name)
                    log.info("resource_recovered", resource=gauge.name, free_bytes=free)
            elif free < gauge.low_bytes:
                log.warning("resource_low", resource=gauge.name, free_bytes=free)
                self._on_low(f"{gauge.name}: {free / MIB:.1f} MiB left")
                self._low.add(gauge.name)
