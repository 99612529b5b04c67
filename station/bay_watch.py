"""The watch over a parking bay: tells its EVSE when a vehicle came or left."""

import asyncio
from collections.abc import Callable
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


class BayWatch:
    """Posts BayChanged whenever a vehicle came or left, and once at first."""

    def __init__(self, sensor: BaySensor, *, evse_id: int, post: Callable[[BayChanged], None]) -> None:
        self._sensor = sensor
        self._evse_id = evse_id
        self._post = post

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
            await asyncio.sleep(POLL_S)
