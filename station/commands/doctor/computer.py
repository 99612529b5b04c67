"""The computer: its clock and time zone, room on the disk and in memory, and the state folder."""

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from station.clock import Clock, plausible
from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Group
from station.commands.doctor.permissions import ENTER, READ, WRITE, User, obstacle
from station.watch_resources import LOW_FLASH_BYTES, LOW_RAM_BYTES, MIB, available_memory, free_space

GROUP: Final = Group("computer")
READ_ONLY: Final = (
    "mount it for writing: mount -o remount,rw; if it became read-only by itself, the disk fails: `dmesg` tells, and"
    " `station backup` while it can be read"
)
PROBE_BYTES: Final = 64 * 1024
"""What is written for a try: as much as a session with its evidence takes."""
SCARCE: Final = 4
"""Up to so many times what is too little, somebody should make room."""
DAEMON_BYTES: Final = 64 * MIB
"""What the station takes when it starts."""
LOCAL_TIME: Final = Path("/etc/localtime")
SYSTEM: Final = "system"


def check(case: Case) -> Iterator[Finding]:
    """Look at everything that is this computer's."""
    settings = case.settings.station
    yield clock(case.clock)
    yield time_zone({evse.meter.timezone for evse in case.settings.evses}, case.clock.now())
    yield state_folder(settings.state_dir, case.user)
    yield disk(settings.state_dir)
    yield memory(runs=case.runs)


def clock(system: Clock) -> Finding:
    """It gives the meter its time, and judges certificates."""
    now = system.now()
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if not plausible(now):
        remedy = "set it, or let it follow NTP: timedatectl set-ntp true. TLS and the meter's time depend on it"
        return GROUP.failure("clock", f"{told} cannot be right", remedy)
    if system.synchronised():
        return GROUP.ok("clock", f"{told}, synchronised or trusted")
    remedy = (
        "let it follow NTP: timedatectl set-ntp true; or say station.trust_clock = true if a battery or a radio"
        " receiver keeps it right. Until then only the CSMS can give the meter its time"
    )
    return GROUP.warning("clock", f"{told}, but nobody says that it is right", remedy)


def time_zone(zones: set[str], now: datetime, *, local_time: Path = LOCAL_TIME) -> Finding:
    """The meter shows its time in it, and signs it along."""
    if SYSTEM not in zones:
        return GROUP.ok("time zone", f"the meters show {', '.join(sorted(zones))}")
    local = now.astimezone()
    if local_time.exists() or "TZ" in os.environ:
        return GROUP.ok("time zone", f"{local.tzname()} ({local:%z}), which the meters show too")
    remedy = "say timezone in [evse.meter], such as Europe/Berlin, or set this computer's: timedatectl set-timezone"
    return GROUP.warning("time zone", "this computer has none, so the meters show UTC", remedy)


def state_folder(folder: Path, user: User) -> Finding:
    """It is the station's own, and nobody else's."""
    name = "state folder"
    if shut := obstacle(folder, user):
        remedy = f"chmod o+x {shut}, or set station.state_dir to another folder"
        return GROUP.failure(name, f"{user.name} cannot reach {folder}", remedy)
    if not folder.exists():
        return _missing(folder, user)
    if not folder.is_dir():
        return GROUP.failure(name, f"{folder} is no folder", "move it away, or set station.state_dir to another one")
    status = folder.stat()
    if not user.may(status, READ | WRITE | ENTER):
        remedy = f"chown -R {user.name} {folder}, or set station.state_dir to another one"
        return GROUP.failure(name, f"{folder} may not be written by {user.name}", remedy)
    if foreign := _foreign(folder, user):
        found = f"{foreign} belongs to somebody else than {user.name}, perhaps from a run as another user"
        return GROUP.failure(name, found, f"chown -R {user.name} {folder}")
    if stat.S_IMODE(status.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        found = f"{folder} is open to others than {user.name} (mode {stat.S_IMODE(status.st_mode):04o})"
        return GROUP.warning(name, found, f"chmod 700 {folder}: keys and passwords are in it")
    return GROUP.ok(name, f"{folder} belongs to {user.name} alone")


def disk(folder: Path, *, free_bytes: Callable[[Path], int] = free_space) -> Finding:
    """There is room for what happens while the CSMS is away, and it can be written."""
    there = _existing(folder)
    free = free_bytes(there)
    told = f"{free / MIB:.0f} MiB free under {there}"
    remedy = f"make room, or set station.state_dir to another disk; `df {there}` shows what is full"
    if folder.exists() and (problem := _cannot_write(folder)):
        room = problem != os.strerror(errno.EROFS)
        return GROUP.failure("disk", f"{folder} cannot be written: {problem}; {told}", remedy if room else READ_ONLY)
    if free < LOW_FLASH_BYTES:
        return GROUP.failure("disk", f"{told}, too little to charge without the CSMS", remedy)
    if free < SCARCE * LOW_FLASH_BYTES:
        return GROUP.warning("disk", told, remedy)
    return GROUP.ok("disk", told)


def memory(*, runs: bool, available_bytes: Callable[[], int] = available_memory) -> Finding:
    """There is enough for the station, if it does not run yet, and for what runs beside it."""
    free = available_bytes()
    told = f"{free / MIB:.0f} MiB available"
    remedy = "end what is not needed; `ps -e --sort=-rss -o rss,comm` shows what is large"
    needed = LOW_RAM_BYTES if runs else LOW_RAM_BYTES + DAEMON_BYTES
    if free < LOW_RAM_BYTES:
        return GROUP.failure("memory", told, remedy)
    if free < needed:
        return GROUP.warning("memory", f"{told}, too little to start the station", remedy)
    return GROUP.ok("memory", told)


def _missing(folder: Path, user: User) -> Finding:
    parent = _existing(folder)
    if user.may(parent.stat(), WRITE | ENTER):
        return GROUP.ok("state folder", f"{folder} is not there yet; the station makes it")
    remedy = f"make it: install -d -m 700 -o {user.name} {folder}; a service with StateDirectory= has systemd do so"
    return GROUP.failure("state folder", f"{folder} is not there, and {user.name} cannot make it", remedy)


def _foreign(folder: Path, user: User) -> Path | None:
    """Return something in the folder that is not the user's; root can use everything."""
    if user.uid == 0:
        return None
    return next((file for file in sorted(folder.iterdir()) if file.lstat().st_uid != user.uid), None)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def _cannot_write(folder: Path) -> str:
    """Say what keeps a file from being written to the disk; empty if nothing does."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except PermissionError:
        # Whoever asks need not be the station's user; that one's permissions were looked at above.
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""
