"""Whatever hangs on the lines, asked without the station: reads alone, nothing is set."""

from collections.abc import AsyncIterator, Collection, Mapping

from station.commands.doctor import controllers, meters
from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Group
from station.commands.doctor.read_only import ReadOnly
from station.errors import SettingsError, StationError
from station.hardware import drivers
from station.hardware.places import ControllerPlace, traits_of
from station.meter.lines import DeviceLine, line_at
from station.settings import EvseSettings, LineSettings, Settings
from station.storage.database import Database
from station.storage.meters import KnownMeter, Meters

Lines = Mapping[str, DeviceLine]


async def check(case: Case, unusable: Collection[str]) -> AsyncIterator[Finding]:
    """Ask every meter and every controller; those on ports in `unusable` are left out."""
    settings = case.settings
    described = {line.name: line for line in settings.lines}
    lines = {line.name: line_at(line.port, baud=line.baud_rate, parity=line.parity) for line in settings.lines}
    known = known_meters(settings)
    try:
        for evse in settings.evses:
            line = described[evse.meter.line]
            if line.port in unusable:
                yield _skipped(meters.GROUP, evse, line)
                continue
            async for finding in _meter(case, evse, line, device=_device(lines, line, evse.meter.unit), known=known):
                yield finding
        for evse in settings.evses:
            line = described[evse.controller.line]
            if line.port in unusable:
                yield _skipped(controllers.GROUP, evse, line)
                continue
            async for finding in _controller(evse, line, lines):
                yield finding
    finally:
        for each in lines.values():
            each.close()


def known_meters(settings: Settings) -> dict[int, KnownMeter | None]:
    """Return the meters that the station remembers; none if it never ran, or its database cannot be read."""
    try:
        with Database.look(settings.station.state_dir) as database:
            return {evse.id: Meters(database).known(evse.id) for evse in settings.evses}
    except (StationError, OSError):
        return {}


async def _meter(
    case: Case, evse: EvseSettings, line: LineSettings, *, device: ReadOnly, known: Mapping[int, KnownMeter | None]
) -> AsyncIterator[Finding]:
    seen = await meters.look(device, evse, line)
    if isinstance(seen, Finding):
        yield seen
        return
    for finding in meters.judged(seen, evse, known=known.get(evse.id), clock=case.clock):
        yield finding


async def _controller(evse: EvseSettings, line: LineSettings, lines: Lines) -> AsyncIterator[Finding]:
    try:
        driver = drivers.charge_controller(evse.controller.type)
        gap_s = traits_of(driver).gap_s
        place = ControllerPlace(
            device=_device(lines, line, evse.controller.unit, gap_s=gap_s),
            name=f"controller of EVSE {evse.id}",
            fixed_cable=evse.controller.fixed_cable,
            options=evse.controller.options,
        )
        controller = driver(place)
    except SettingsError as error:
        remedy = "correct type and options in [evse.controller], or install the driver"
        yield controllers.GROUP.failure(f"EVSE {evse.id}", str(error), remedy)
        return
    status = await controllers.look(controller, evse, line)
    if isinstance(status, Finding):
        yield status
        return
    for finding in controllers.judged(status, evse):
        yield finding


def _device(lines: Lines, line: LineSettings, unit: int, *, gap_s: float = 0.0) -> ReadOnly:
    return ReadOnly(lines[line.name].device(unit, gap_s=gap_s))


def _skipped(group: Group, evse: EvseSettings, line: LineSettings) -> Finding:
    return group.skipped(f"EVSE {evse.id}", f"{line.port} cannot be used, see ports")
