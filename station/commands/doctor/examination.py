"""All that is looked at, in the order in which a person would: the computer, the hardware, the CSMS."""

from collections.abc import AsyncIterator, Iterator

from station.commands.doctor import certificates, computer, csms, daemon, database, devices, ports, settings_file, web
from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Group, Result


async def examine(case: Case) -> AsyncIterator[Finding]:
    """Yield one finding after the other; what one check stumbles over does not stop the others."""
    for finding in (*daemon.process(case.told, runs=case.runs), *computer.check(case), *settings_file.check(case)):
        yield finding
    async for finding in _hardware(case):
        yield finding
    for finding in (*_sure("database", database.check(case)), *_sure("certificates", certificates.check(case))):
        yield finding
    if case.with_csms:
        async for finding in csms.check(case):
            yield finding
    else:
        yield csms.GROUP.skipped("way", "not asked for (--no-csms)")
    for finding in _sure("web", web.check(case)):
        yield finding


async def _hardware(case: Case) -> AsyncIterator[Finding]:
    unusable: set[str] = set()
    async for port, finding in ports.check(case):
        if finding.result is Result.FAILURE:
            unusable.add(port.place)
        yield finding
    if not case.runs:
        async for finding in devices.check(case, unusable):
            yield finding
    if case.told is None:
        return
    told, evse_ids = case.told, tuple(evse.id for evse in case.settings.evses)
    for finding in (*daemon.lines(told), *daemon.meters(told, evse_ids), *daemon.outlets(told)):
        yield finding


def _sure(group: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield findings; a folder that this user may not look into is one of them."""
    try:
        yield from findings
    except OSError as error:
        yield Group(group).skipped("all", f"{error.filename}: {error.strerror}; be root, or the station's user")
