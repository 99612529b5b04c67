"""`station run`: the daemon."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from station import logs
from station.clock import SystemClock
from station.errors import DeviceError, StationError
from station.settings import Settings, load

BOOT_REASON = "STATION_BOOT_REASON"
"""Environment variable by which a restarted daemon learns why (BootReasonEnumType)."""


def run(options: argparse.Namespace) -> int:
    """Run until stopped; a reset replaces the process by a new one, under the same process id."""
    settings = load(options.config)
    logs.configure(settings.log.level, as_json=settings.log.format == "json", wire=settings.log.wire, for_good=True)
    reason = asyncio.run(_serve(settings))
    if reason is not None:
        os.environ[BOOT_REASON] = reason
        os.execv(  # noqa: S606 our own program, with what we were given
            sys.executable, [sys.executable, "-m", "station", "run", "--config", str(options.config)]
        )
    return 0


async def _serve(settings: Settings) -> str | None:
    """Run the station; return the reason of the restart that was asked for, or None."""
    from ocpp.v201.enums import BootReasonEnumType

    from station.app import Station
    from station.storage.database import Database

    reason = BootReasonEnumType(os.environ.pop(BOOT_REASON, BootReasonEnumType.power_up.value))
    with Database.open(Path(settings.station.state_dir), SystemClock()) as database:
        station = Station(settings, database, boot_reason=reason)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, station.stop)
        try:
            await station.run()
        except* (DeviceError, StationError) as group:
            raise _first(group) from group
    return station.restart_reason.value if station.restart_reason else None


def _first(group: BaseExceptionGroup[StationError]) -> StationError:
    """Return the error that a person has to deal with; the rest of the group followed from it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, StationError)
    return error
