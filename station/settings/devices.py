"""The sections about what charges: lines, and EVSEs with what belongs to them."""

from pathlib import Path
from typing import Final

from ocpp.v201.enums import ConnectorEnumType

from station.meter.keys import KeyFormatError, parse_key
from station.meter.port import Switching
from station.settings.toml_reader import Table, meant
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
DEVICE_ALLOWED: Final = "write the path of a serial port, such as /dev/ttyMETER; lines over a network cannot be used"


def read_line(table: Table, path: Path) -> LineSettings:
    """Return what a `[[line]]` says; a relative port is beside `path`."""
    parity = table.text("parity", "even", choices=PARITIES)
    settings = LineSettings(
        name=table.text("name"),
        port=port_of(table, path),
        baud_rate=table.integer("baud_rate", 19200, choices=BAUD_RATES),
        parity=PARITIES.get(parity, "E"),
    )
    table.close()
    return settings


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
    settings = ControllerSettings(
        type=table.text("type", choices=("phoenix-ev-cc",)),
        line=table.text("line"),
        unit=table.integer("unit", 1, lowest=1, highest=247),
        fixed_cable=table.flag("fixed_cable", default=False),
    )
    table.close()
    return settings


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
    port = table.text("port", pattern=DEVICE, allowed=DEVICE_ALLOWED)
    return str(path.parent / port) if port else ""
