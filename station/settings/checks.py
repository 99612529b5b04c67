"""What sections of the configuration say about each other: names, references, things that exist once."""

from station import __version__
from station.core.metadata import check_templates
from station.core.policy import TxPoint
from station.core.variables import TX_START_POINT, TX_STOP_POINT
from station.settings.inputs import check_wiring
from station.settings.toml_reader import MISSING, Problems, listed, meant
from station.settings.values import Settings

MOST_EVSES = 8


def check(settings: Settings, problems: Problems) -> None:
    """Note where sections contradict each other."""
    _check_names(settings, problems)
    _check_evses(settings, problems)
    _check_units(settings, problems)
    _check_readers(settings, problems)
    _check_ports(settings, problems)
    check_wiring(settings.wiring, [evse.id for evse in settings.evses], problems)
    _check_metadata(settings, problems)
    _check_points(settings, problems)


def _check_names(settings: Settings, problems: Problems) -> None:
    """Names are there once, and what refers to a line or an EVSE refers to one that is there."""
    for kind, names in (
        ("line", [line.name for line in settings.lines]),
        ("reader", [reader.name for reader in settings.readers]),
    ):
        for number, name in enumerate(names, 1):
            if name in names[: number - 1]:
                problems.add(f"{kind}[{number}].name", f"{name!r} is there twice; give each {kind} its own name")
    lines = [line.name for line in settings.lines]
    for number, evse in enumerate(settings.evses, 1):
        for device, line in (("meter", evse.meter.line), ("controller", evse.controller.line)):
            if line and line not in lines:
                problems.add(
                    f"evse[{number}].{device}.line",
                    f"there is no line {line!r}{meant(line, lines)}; lines are {listed(lines)}",
                )


def _check_evses(settings: Settings, problems: Problems) -> None:
    ids = [evse.id for evse in settings.evses]
    if len(ids) > MOST_EVSES:
        problems.add("evse", f"{len(ids)} are there; a station has {MOST_EVSES} at most")
    for number, evse_id in enumerate(ids, 1):
        if evse_id in ids[: number - 1] and evse_id != MISSING:
            problems.add(f"evse[{number}].id", f"{evse_id} is there twice")
        elif evse_id > len(ids):
            problems.add(f"evse[{number}].id", f"{evse_id} leaves a gap; ids run from 1 to {len(ids)}")


def _check_units(settings: Settings, problems: Problems) -> None:
    units: dict[tuple[str, int], str] = {}
    for number, evse in enumerate(settings.evses, 1):
        for device, place in (
            ("meter", (evse.meter.line, evse.meter.unit)),
            ("controller", (evse.controller.line, evse.controller.unit)),
        ):
            key = f"evse[{number}].{device}.unit"
            if place[0] and place in units:
                problems.add(key, f"{place[1]} is taken on line {place[0]!r} by {units[place]}")
            units.setdefault(place, key)


def _check_readers(settings: Settings, problems: Problems) -> None:
    ids = [evse.id for evse in settings.evses]
    for number, reader in enumerate(settings.readers, 1):
        if unknown := [evse_id for evse_id in reader.evses if evse_id not in ids]:
            problems.add(f"reader[{number}].evses", f"there is no EVSE {unknown[0]}; EVSEs are {listed(ids)}")


def _check_ports(settings: Settings, problems: Problems) -> None:
    ports: dict[str, str] = {}
    named = [(f"line[{number}].port", line.port) for number, line in enumerate(settings.lines, 1)]
    named += [(f"reader[{number}].port", reader.port) for number, reader in enumerate(settings.readers, 1)]
    for key, port in named:
        if port and port in ports:
            problems.add(key, f"{port!r} is taken by {ports[port]}; devices on one line share one [[line]]")
        ports.setdefault(port, key)


def _check_metadata(settings: Settings, problems: Problems) -> None:
    """What the meter signs along has to fit whoever charges, at the EVSE with the longest name."""
    longest = max((evse.name for evse in settings.evses), key=len, default="")
    for problem in check_templates(settings.metadata, evse_name=longest, version=__version__):
        key, _, text = problem.partition(": ")
        problems.add(f"metadata.{key}", text)


def _check_points(settings: Settings, problems: Problems) -> None:
    """Nothing can begin or end with a parking bay that nobody watches."""
    if any(evse.bay for evse in settings.evses):
        return
    for row in (TX_START_POINT, TX_STOP_POINT):
        points = settings.variables.get(row.address, "").split(",")
        if TxPoint.PARKING_BAY_OCCUPANCY in (point.strip() for point in points):
            problems.add(f"variables.{row}", f"{TxPoint.PARKING_BAY_OCCUPANCY} needs an EVSE with [evse.bay]")
