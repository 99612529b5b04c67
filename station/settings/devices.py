"""The sections about devices: lines, EVSEs with what belongs to them, readers and the display."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ocpp.v201.enums import ConnectorEnumType

from station.core.presented import Choose
from station.hardware.scanners import CARD_TYPES, IDENTIFIER
from station.meter.keys import KeyFormatError, parse_key
from station.meter.port import Switching
from station.settings.toml_reader import Table, listed, meant
from station.settings.values import (
    CARD_READER,
    KEYPAD,
    START_BUTTON,
    BaySettings,
    ControllerSettings,
    DisplaySettings,
    EvseSettings,
    LineSettings,
    MeterSettings,
    Parity,
    ReaderSettings,
)

PARITIES: Final[dict[str, Parity]] = {"none": "N", "even": "E", "odd": "O"}
BAUD_RATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
SYSTEM_TIMEZONE: Final = "system"
CONNECTORS: Final = tuple(kind.value for kind in ConnectorEnumType)
PRINTABLE: Final = r"[ -~]*"
DEVICE: Final = r"(?!.*://).*"
DEVICE_ALLOWED: Final = "write the path of a serial port, such as /dev/ttyMETER; lines over a network cannot be used"

LOCAL: Final = "Local"
TOKEN_TYPES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        CARD_READER: CARD_TYPES,
        KEYPAD: ("KeyCode",),
        START_BUTTON: ("NoAuthorization", LOCAL),
    }
)
"""What each type of reader can read (IdTokenEnumType)."""
IDENTIFIER_ALLOWED: Final = "1 to 36 letters, digits and * - _ = : + | @ . are"
CHOOSE: Final = tuple(choose.value for choose in Choose)


def read_line(table: Table, path: Path) -> LineSettings:
    """Return what a `[[line]]` says; a relative port is beside `path`."""
    parity = table.text("parity", "even", choices=PARITIES)
    settings = LineSettings(
        name=table.text("name"),
        port=_port(table, path),
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


def read_reader(table: Table, path: Path) -> ReaderSettings:
    """Return what a `[[reader]]` says; a relative port is beside `path`."""
    settings = ReaderSettings(
        name=table.text("name"),
        type=table.text("type", choices=TOKEN_TYPES),
        port=_port(table, path),
        baud_rate=table.integer("baud_rate", 9600, choices=BAUD_RATES),
        evses=table.integers("evses"),
        choose=table.text("choose", Choose.NEWEST_PLUG.value, choices=CHOOSE),
        token_type=table.text("token_type", ""),
        id_token=table.text("id_token", "", pattern=IDENTIFIER.pattern, allowed=IDENTIFIER_ALLOWED),
    )
    _check_tokens(settings, table)
    table.close()
    return settings


def _check_tokens(reader: ReaderSettings, table: Table) -> None:
    """What a reader reads has to be of a type that such a reader can read."""
    types = TOKEN_TYPES.get(reader.type, ())
    if reader.token_type and reader.token_type not in types:
        close = meant(reader.token_type, types)
        table.wrong("token_type", f"{reader.token_type!r} is not one of {listed(types)} ({reader.type}){close}")
    takes_id = reader.type == START_BUTTON and reader.token_type == LOCAL
    if takes_id and not reader.id_token:
        table.wrong("id_token", "is missing; write what a press of this start button stands for")
    elif reader.id_token and not takes_id:
        table.wrong("id_token", f'is only for type = "{START_BUTTON}" with token_type = "{LOCAL}"')


def read_display(table: Table) -> DisplaySettings:
    """Return what `[display]` says."""
    settings = DisplaySettings(type=table.text("type", "log", choices=("log",)))
    table.close()
    return settings


def _port(table: Table, path: Path) -> str:
    """Return the path of a device; a relative one is beside the file."""
    port = table.text("port", pattern=DEVICE, allowed=DEVICE_ALLOWED)
    return str(path.parent / port) if port else ""
