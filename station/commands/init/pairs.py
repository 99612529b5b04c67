"""Which meter and which charge controller make an EVSE, and what the lines are called that they hang on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from station.commands.init.plan import DevicePlan, LinePlan
from station.commands.init.probing import METER, Found, Speed
from station.errors import StationError
from station.hardware import drivers
from station.hardware.places import traits_of
from station.settings.checks import MOST_EVSES

METER_PORT: Final = "/dev/ttyMETER"
CONTROLLER_PORT: Final = "/dev/ttyCONTROL"
BLANK_CONTROLLER: Final = "phoenix-ev-cc"
"""What stands in the settings if nothing was looked for."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The devices of one EVSE."""

    meter: DevicePlan
    controller: DevicePlan
    locks: bool = True
    """The controller locks a plug in a socket; else only a fixed cable will do."""


def blank(evses: int) -> list[Found]:
    """Return devices that nobody has seen, for settings that are to be completed by hand."""
    meters = [Found(METER_PORT, Speed(19200, "E"), 42 + number, METER, "") for number in range(evses)]
    speed = Speed(19200, "N")
    return meters + [Found(CONTROLLER_PORT, speed, 1 + number, BLANK_CONTROLLER, "") for number in range(evses)]


def paired(found: Sequence[Found]) -> tuple[list[Pair], dict[str, LinePlan]]:
    """Return the EVSEs in the order in which their devices were found, and the lines by port.

    StationError if that does not come out even: nobody could tell which one is missing.
    """
    meters = [device for device in found if device.type == METER]
    controllers = [device for device in found if device.type != METER]
    if not meters or len(meters) != len(controllers) or len(meters) > MOST_EVSES:
        raise StationError(
            f"{len(meters)} meters and {len(controllers)} charge controllers answered; every EVSE needs one of each,"
            f" and a station has 1 to {MOST_EVSES}. Check supply and wires, name the ports with --ports and the units"
            " with --meter-units and --controller-units; or write the settings for devices to come: --blank 1"
        )
    lines = _lines([*meters, *controllers])
    pairs = [
        Pair(_planned(meter, lines), _planned(controller, lines), _locks(controller))
        for meter, controller in zip(meters, controllers, strict=True)
    ]
    return pairs, lines


def _planned(device: Found, lines: dict[str, LinePlan]) -> DevicePlan:
    return DevicePlan(device.type, lines[device.port].name, device.unit)


def _locks(controller: Found) -> bool:
    return traits_of(drivers.charge_controller(controller.type)).locks


def _lines(devices: Sequence[Found]) -> dict[str, LinePlan]:
    """Return the lines by port, named after what hangs on them."""
    kinds: dict[str, set[bool]] = {}
    for device in devices:
        kinds.setdefault(device.port, set()).add(device.type == METER)
    names: list[str] = []
    lines: dict[str, LinePlan] = {}
    for device in devices:
        if device.port not in lines:
            kind = "devices" if len(kinds[device.port]) > 1 else "meters" if device.type == METER else "controllers"
            count = sum(name.startswith(kind) for name in names)
            names.append(f"{kind}-{count + 1}" if count else kind)
            lines[device.port] = LinePlan(names[-1], device.port, device.speed.baud, device.speed.parity)
    return lines
