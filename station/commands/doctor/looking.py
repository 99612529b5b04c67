"""One look at everything: as `station doctor` shows it, and reports keep it."""

from collections.abc import Callable
from dataclasses import dataclass

from station.clock import SystemClock
from station.commands.doctor import daemon
from station.commands.doctor.case import Case
from station.commands.doctor.examination import examine
from station.commands.doctor.findings import Finding
from station.commands.doctor.holders import holders
from station.commands.doctor.permissions import user_of, whoever_runs_it
from station.errors import StationError
from station.settings import Settings
from station.storage.lock import NAME as LOCK


@dataclass(frozen=True, slots=True)
class Wanted:
    """What may be done to find out."""

    user: str | None = None
    """Name of the user that the station runs as; None: found out."""
    csms: bool = True
    """Touch the network."""
    boot: bool = True
    """Send a BootNotification if no station runs."""


async def look(
    settings: Settings, wanted: Wanted, tell: Callable[[Finding], None] = lambda _finding: None
) -> tuple[Case, tuple[Finding, ...]]:
    """Return what was looked at and what was found; each finding is told as soon as it is known.

    StationError for a user that there is not.
    """
    findings: list[Finding] = []

    def note(finding: Finding) -> None:
        findings.append(finding)
        tell(finding)

    try:
        told = daemon.told_by(settings.station.state_dir)
        runs = told is not None or bool(holders(settings.station.state_dir / LOCK))
    except StationError as error:
        told, runs = None, True
        note(daemon.silent(error))
    case = Case(
        settings,
        SystemClock(trusted=settings.station.trust_clock),
        user_of(wanted.user) if wanted.user else whoever_runs_it(settings.station.state_dir),
        told=told,
        runs=runs,
        with_csms=wanted.csms,
        with_boot=wanted.boot,
    )
    async for finding in examine(case):
        note(finding)
    return case, tuple(findings)
