"""The parking bay: a sensor behind a file that holds 0 or 1, and the watch that tells when a vehicle came or left."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from station.core.events import BayChanged
from station.errors import DeviceError
from station.hardware.ports import BaySensor

POLL_S: Final = 1.0
LOOKS_TO_BELIEVE: Final = 2
"""So many looks in a row have to agree: who walks through the bay does not occupy it."""
LOOKS_TO_COMPLAIN: Final = 3

log = structlog.get_logger("station.bay")


class ValueFileSensor:
    """Reads what the kernel, or whoever watches the bay, keeps in a file: `0` or `1` in its first character."""

    def __init__(self, path: Path, *, occupied: int = 1) -> None:
        """`occupied` is the value that stands for a vehicle, 0 for a sensor that is active low."""
        self._path = path
        self._occupied = str(occupied).encode()

    async def occupied(self) -> bool:
        """Look; raises DeviceError that names the file."""
        value = self._read().strip()
        if value not in (b"0", b"1"):
            raise DeviceError(f"{self._path} holds {value!r}; 0 or 1 is expected")
        return value == self._occupied

    def _read(self) -> bytes:
        """Return the beginning of the file; never waits, not even if it is a pipe."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return os.read(file, 16)
            finally:
                os.close(file)
        except OSError as error:
            raise DeviceError(f"{self._path} cannot be read: {error.strerror}; is the sensor set up?") from error


class BayWatch:
    """Posts BayChanged whenever a vehicle came or left, and once at first."""

    def __init__(
        self, sensor: BaySensor, *, evse_id: int, post: Callable[[BayChanged], None], poll_s: float = POLL_S
    ) -> None:
        self._sensor = sensor
        self._evse_id = evse_id
        self._post = post
        self._poll_s = poll_s

    async def run(self) -> None:
        """Watch until cancelled. While the sensor cannot tell, what it said last stands."""
        told: bool | None = None
        seen: bool | None = None
        looks = failures = 0
        while True:
            try:
                now = await self._sensor.occupied()
            except DeviceError as error:
                failures, looks = failures + 1, 0
                if failures == LOOKS_TO_COMPLAIN:
                    log.error("bay_sensor_failed", evse=self._evse_id, error=str(error))
            else:
                if failures >= LOOKS_TO_COMPLAIN:
                    log.info("bay_sensor_recovered", evse=self._evse_id)
                failures = 0
                looks = looks + 1 if now is seen else 1
                seen = now
                if looks >= LOOKS_TO_BELIEVE and now is not told:
                    told = now
                    log.info("bay_changed", evse=self._evse_id, occupied=now)
                    self._post(BayChanged(now))
            await asyncio.sleep(self._poll_s)
