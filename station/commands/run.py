"""`station run`: the daemon."""

import argparse
import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from station import __version__, logs
from station.clock import SystemClock
from station.commands.service_manager import ServiceManager
from station.errors import DeviceError, StationError, first_of
from station.loading import without_collecting
from station.local.rings import Events
from station.settings import Settings, load

if TYPE_CHECKING:
    from ocpp.v201.enums import BootReasonEnumType

    from station.app import Station

BOOT_REASON = "STATION_BOOT_REASON"
"""Environment variable by which a restarted daemon learns why (BootReasonEnumType)."""
SERVICE_RESULT = "service_result"
"""File in the state folder in which config/systemd/station.service leaves how the last run ended."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def run(options: argparse.Namespace) -> int:
    """Run until stopped; a reset replaces the process by a new one, under the same process id."""
    settings = load(options.config)
    events = Events()
    logs.configure(
        settings.log.level,
        as_json=settings.log.format == "json",
        wire=settings.log.wire,
        for_good=True,
        tee=events.take,
    )
    reason = asyncio.run(_serve(settings, events, told=os.environ.pop(BOOT_REASON, "")))
    if reason is not None:
        os.environ[BOOT_REASON] = reason
        os.execv(  # noqa: S606 our own program, with what we were given
            sys.executable, [sys.executable, "-m", "station", "run", "--config", str(options.config)]
        )
    return 0


async def _serve(settings: Settings, events: Events, *, told: str) -> str | None:
    """Run the station; return the reason of the restart that was asked for, or None."""
    with without_collecting():
        from station.app import Station
        from station.core.boot import Run, boot_reason
        from station.storage.database import Database
        from station.storage.runs import Runs

    folder = Path(settings.station.state_dir)
    with Database.open(folder, SystemClock()) as database:
        runs, this = Runs(database), Run(_boot_id(), __version__)
        reason = boot_reason(runs.last(), this, told=told, service_result=_service_result(folder))
        runs.note(this)
        station = Station(settings, database, boot_reason=reason, events=events)
        try:
            restart = await _run(station, ServiceManager.of(os.environ))
        except* (DeviceError, StationError) as group:
            raise first_of(group) from group
        runs.note(replace(this, ended=True))
    return restart.value if restart else None


async def _run(station: "Station", manager: ServiceManager) -> "BootReasonEnumType | None":
    """Run until the station ends, by itself or by a signal; return why it is to start again, None if it is not.

    Whoever stops a service wants it to stay so, also in the midst of a reset.
    """
    stopped = asyncio.Event()

    def stop() -> None:
        stopped.set()
        station.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    async with asyncio.TaskGroup() as tasks:
        signs = tasks.create_task(manager.keep_alive(), name="signs-of-life")
        manager.ready()
        await station.run()
        restart = None if stopped.is_set() else station.restart_reason
        if restart is None:
            # Before a restart it would be a promise to end, and systemd kills whoever does not keep it.
            manager.stopping()
        signs.cancel()
    return restart


def _boot_id() -> str:
    """Return what the kernel calls this start of the computer; empty on a kernel that does not."""
    return BOOT_ID.read_text("ascii").strip() if BOOT_ID.exists() else ""


def _service_result(folder: Path) -> str:
    """Return how the service manager saw the last run end, and forget it; empty if nobody wrote it down."""
    file = folder / SERVICE_RESULT
    if not file.exists():
        return ""
    result = file.read_text("ascii", errors="replace").strip()
    file.unlink()
    return result
