"""The sections about what charges: lines, and EVSEs with what belongs to them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ocpp.v201.enums import ConnectorEnumType

from station.errors import SettingsError
from station.hardware import drivers
from station.hardware.drivers import Role
from station.hardware.places import ControllerTraits, traits_of
from station.meter.keys import KeyFormatError, parse_key
from station.meter.port import Switching
from station.settings.toml_reader import TYPES, Table, listed, meant
from station.settings.values import (
    BaySettings,
    ControllerSettings,
    EvseSettings,
    LineSettings,
    MeterSettings,
    Parity,
)

PARITIES: Final[dict[str, Parity]] = {"none": "N", "even": "E", "odd": "O"}
BAUD_RATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
SYSTEM_TIMEZONE: Final = "system"
CONNECTORS: Final = tuple(kind.value for kind in ConnectorEnumType)
PRINTABLE: Final = r"[ -~]*"
DEVICE: Final = r"(?!.*://).*"
DEVICE_ALLOWED: Final = "write the path of a serial port, such as /dev/ttyREADER"
TCP: Final = "tcp://"
ADDRESS: Final = r"tcp://(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+):[1-9][0-9]{0,4}"
LARGEST_PORT: Final = 65535
LINE: Final = rf"{DEVICE}|{ADDRESS}"
LINE_ALLOWED: Final = "write the path of a serial port, such as /dev/ttyMETER, or tcp://host:502 for Modbus TCP"


def read_line(table: Table, path: Path) -> LineSettings:
    """Return what a `[[line]]` says; a relative port is beside `path`."""
    parity = table.text("parity", "even", choices=PARITIES)
    port = table.text("port", pattern=LINE, allowed=LINE_ALLOWED)
    if port.startswith(TCP):
        _check_address(table, port)
    settings = LineSettings(
        name=table.text("name"),
        port=port if port.startswith(TCP) else _beside(path, port),
        baud_rate=table.integer("baud_rate", 19200, choices=BAUD_RATES),
        parity=PARITIES.get(parity, "E"),
    )
    table.close()
    return settings


def _check_address(table: Table, port: str) -> None:
    number = port.rpartition(":")[2]
    if number.isdecimal() and int(number) > LARGEST_PORT:
        table.wrong("port", f"{port!r} is not allowed; ports end at {LARGEST_PORT}")
    for name in ("baud_rate", "parity"):
        if table.has(name):
            table.wrong(name, "is for serial ports; a gateway is set to the speed of the line behind it by itself")


def read_evse(table: Table, path: Path) -> EvseSettings:
    """Return what an `[[evse]]` says; relative files are beside `path`."""
    settings = EvseSettings(
        id=table.integer("id", lowest=1),
        name=table.text("evse_id", longest=48, pattern=PRINTABLE, allowed="printable ASCII is"),
        max_current_a=table.integer("max_current_a", lowest=6, highest=63),
        phases=table.integer("phases", 3, choices=(1, 3)),
        connector=table.text("connector", choices=CONNECTORS),
        meter=_meter(table.table("meter", required=True)),
        controller=_controller(table.table("controller", required=True)),
        bay=_bay(table.table("bay"), path) if table.has("bay") else None,
    )
    table.close()
    return settings


def _meter(table: Table) -> MeterSettings:
    switching = table.text("switching", Switching.METER.value, choices=[choice.value for choice in Switching])
    settings = MeterSettings(
        type=table.text("type", choices=("bsm-ws36a",)),
        line=table.text("line"),
        unit=table.integer("unit", 42, lowest=1, highest=247),
        public_key=_public_key(table),
        switching=Switching(switching) if switching in list(Switching) else Switching.METER,
        require_time=table.flag("require_time", default=True),
        timezone=_timezone(table),
    )
    table.close()
    return settings


def _public_key(table: Table) -> bytes | None:
    text = table.text("public_key", "", longest=2000)
    if not text:
        return None
    try:
        return parse_key(text)
    except KeyFormatError as error:
        table.wrong("public_key", f"{error}; `station meter key` shows the meter's own")
        return None


def _timezone(table: Table) -> str:
    name = table.text("timezone", SYSTEM_TIMEZONE)
    if name != SYSTEM_TIMEZONE:
        import zoneinfo  # late: few need it

        try:
            zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            close = meant(name, zoneinfo.available_timezones())
            table.wrong("timezone", f"{name!r} is unknown here{close}; write a name such as Europe/Berlin, or system")
    return name


def _controller(table: Table) -> ControllerSettings:
    kind = driver_name(table, Role.CHARGE_CONTROLLER)
    traits = _traits(table, kind)
    settings = ControllerSettings(
        type=kind,
        line=table.text("line"),
        unit=table.integer("unit", traits.unit, lowest=1, highest=247),
        fixed_cable=table.flag("fixed_cable", default=False),
        options=_options(table.table("options"), traits.options),
    )
    if not traits.locks and not settings.fixed_cable:
        told = "must be true: this controller locks no plug and tells no cable from another"
        table.wrong("fixed_cable", f"{told}; with a socket take another controller")
    table.close()
    return settings


def driver_name(table: Table, role: Role) -> str:
    """Return the `type` of a device, for which a driver is installed."""
    name = table.text("type")
    if name and not drivers.is_known(role, name):
        known = drivers.names(role)
        table.wrong("type", f"{name!r} is not one of {listed(known)}{meant(name, known)}")
    return name


def _traits(table: Table, kind: str) -> ControllerTraits:
    if drivers.is_known(Role.CHARGE_CONTROLLER, kind):
        try:
            return traits_of(drivers.charge_controller(kind))
        except SettingsError as error:
            table.wrong("type", str(error))
    return ControllerTraits()


def _options(table: Table, known: Mapping[str, type] | None) -> Mapping[str, Any]:
    """Return the options of a device; without `known` ones, its driver judges them."""
    options = table.rest()
    if known is None:
        return options
    for name, value in options.items():
        if name not in known:
            table.wrong(name, f"is unknown{meant(name, known)}; known here: {listed(known)}")
        elif type(value) is not known[name]:
            table.wrong(name, f"{value!r} is not allowed; write {TYPES[known[name]]}")
    return options


def _bay(table: Table, path: Path) -> BaySettings:
    settings = BaySettings(
        type=table.text("type", choices=("value-file",)),
        path=path.parent / table.text("path"),
        occupied=table.integer("occupied", 1, choices=(0, 1)),
    )
    table.close()
    return settings


def port_of(table: Table, path: Path) -> str:
    """Return the path of a device; a relative one is beside the file."""
    return _beside(path, table.text("port", pattern=DEVICE, allowed=DEVICE_ALLOWED))


def _beside(path: Path, port: str) -> str:
    return str(path.parent / port) if port else ""
