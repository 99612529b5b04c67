"""Each section of the configuration: its keys, and which values they take."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ocpp.v201.enums import ConnectorEnumType

from station.core.datatypes import InvalidValueError
from station.core.metadata import Templates, TooLong
from station.core.variables import PRESETTABLE, TABLE, Address, address
from station.meter.keys import KeyFormatError, parse_key
from station.meter.port import Switching
from station.settings.csms import read_csms
from station.settings.toml_reader import Table, meant
from station.settings.values import (
    ControllerSettings,
    EvseSettings,
    LineSettings,
    LogSettings,
    MeterSettings,
    Parity,
    ReaderSettings,
    ReceiptSettings,
    SecuritySettings,
    Settings,
    StationSettings,
)

PARITIES: Final[dict[str, Parity]] = {"none": "N", "even": "E", "odd": "O"}
BAUD_RATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
SYSTEM_TIMEZONE: Final = "system"
CONNECTORS: Final = tuple(kind.value for kind in ConnectorEnumType)

IDENTITY_LENGTH: Final = 48
IDENTITY: Final = r"[A-Za-z0-9*_=+|@.\-]*"
IDENTITY_ALLOWED: Final = "letters, digits and * - _ = + | @ . are (no colon: it is a user name as well)"
"""identifierString without the colon (SecurityCtrlr.Identity)."""
PRINTABLE: Final = r"[ -~]*"
DEVICE: Final = r"(?!.*://).*"
DEVICE_ALLOWED: Final = "write the path of a serial port, such as /dev/ttyMETER; lines over a network cannot be used"
CLIENT_KEYS: Final = ("ec-p256", "rsa-3072")
VENDOR_ID_LENGTH: Final = 255  # DataTransferRequest.vendorId
HOOK: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def read(root: Table, path: Path) -> Settings:
    """Return what the document says; every problem is noted in `root.problems`."""
    settings = Settings(
        path=path,
        station=_station(root.table("station", required=True), path),
        csms=read_csms(root.table("csms", required=True), path),
        security=_security(root.table("security")),
        vendors=MappingProxyType(_vendors(root.table("vendors"))),
        log=_log(root.table("log")),
        receipts=_receipts(root.table("receipts")),
        metadata=_metadata(root.table("metadata")),
        lines=tuple(_line(table, path) for table in root.tables("line", at_least=1)),
        evses=tuple(_evse(table) for table in root.tables("evse", at_least=1)),
        readers=tuple(_reader(table, path) for table in root.tables("reader")),
        variables=MappingProxyType(_variables(root.table("variables"))),
    )
    root.close()
    return settings


def _station(table: Table, path: Path) -> StationSettings:
    serial_number = table.text("serial_number", "", longest=25, pattern=PRINTABLE, allowed="printable ASCII is")
    settings = StationSettings(
        identity=table.text("identity", longest=IDENTITY_LENGTH, pattern=IDENTITY, allowed=IDENTITY_ALLOWED),
        vendor_name=table.text("vendor_name", longest=50),
        model=table.text("model", longest=20),
        serial_number=serial_number or None,
        state_dir=path.parent / table.text("state_dir", "/var/lib/station"),
        trust_clock=table.flag("trust_clock", default=False),
    )
    table.close()
    return settings


def _security(table: Table) -> SecuritySettings:
    default = SecuritySettings()
    settings = SecuritySettings(
        client_key=table.text("client_key", default.client_key, choices=CLIENT_KEYS),
        additional_root_check=table.flag("additional_root_check", default=default.additional_root_check),
    )
    table.close()
    return settings


def _vendors(table: Table) -> dict[str, str]:
    hooks: dict[str, str] = {}
    for vendor, hook in _flat(table.rest()).items():
        if not 0 < len(vendor) <= VENDOR_ID_LENGTH:
            table.wrong(vendor, f"has {len(vendor)} characters; a vendorId has 1 to {VENDOR_ID_LENGTH}")
        if isinstance(hook, str) and HOOK.fullmatch(hook):
            hooks[vendor] = hook
        else:
            table.wrong(vendor, f"{hook!r} names no hook; write 'package.module:attribute'")
    return hooks


def _log(table: Table) -> LogSettings:
    settings = LogSettings(
        level=table.text("level", "info", choices=LOG_LEVELS),
        format=table.text("format", "console", choices=("console", "json")),
        wire=table.flag("wire", default=False),
    )
    table.close()
    return settings


def _receipts(table: Table) -> ReceiptSettings:
    settings = ReceiptSettings(keep_days=table.integer("keep_days", 0, lowest=0, highest=36500))
    table.close()
    return settings


def _metadata(table: Table) -> Templates:
    default = Templates()
    too_long = table.text("too_long", default.too_long.value, choices=[choice.value for choice in TooLong])
    templates = Templates(
        meta1=table.text("meta1", default.meta1, shortest=0),
        meta2=table.text("meta2", default.meta2, shortest=0),
        meta3=table.text("meta3", default.meta3, shortest=0),
        too_long=TooLong(too_long) if too_long in list(TooLong) else default.too_long,
    )
    table.close()
    return templates


def _line(table: Table, path: Path) -> LineSettings:
    parity = table.text("parity", "even", choices=PARITIES)
    settings = LineSettings(
        name=table.text("name"),
        port=_port(table, path),
        baud_rate=table.integer("baud_rate", 19200, choices=BAUD_RATES),
        parity=PARITIES.get(parity, "E"),
    )
    table.close()
    return settings


def _evse(table: Table) -> EvseSettings:
    settings = EvseSettings(
        id=table.integer("id", lowest=1),
        name=table.text("evse_id", longest=48, pattern=PRINTABLE, allowed="printable ASCII is"),
        max_current_a=table.integer("max_current_a", lowest=6, highest=63),
        phases=table.integer("phases", 3, choices=(1, 3)),
        connector=table.text("connector", choices=CONNECTORS),
        meter=_meter(table.table("meter", required=True)),
        controller=_controller(table.table("controller", required=True)),
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


def _reader(table: Table, path: Path) -> ReaderSettings:
    settings = ReaderSettings(
        name=table.text("name"),
        type=table.text("type", choices=("serial-line",)),
        port=_port(table, path),
        baud_rate=table.integer("baud_rate", 9600, choices=BAUD_RATES),
        evses=table.integers("evses"),
    )
    table.close()
    return settings


def _port(table: Table, path: Path) -> str:
    """Return the path of a device; a relative one is beside the file."""
    port = table.text("port", pattern=DEVICE, allowed=DEVICE_ALLOWED)
    return str(path.parent / port) if port else ""


def _variables(table: Table) -> dict[Address, str]:
    presets: dict[Address, str] = {}
    for name, value in _flat(table.rest()).items():
        try:
            where = address(name)
        except ValueError as error:
            table.wrong(name, str(error))
            continue
        row = PRESETTABLE.get(where.key)
        if row is None:
            table.wrong(name, _why_not(where))
            continue
        try:
            row.type.parse(_text_of(value))
        except (InvalidValueError, TypeError) as error:
            table.wrong(name, str(error))
        if row.address in presets:
            table.wrong(name, "is there twice")
        presets[row.address] = _text_of(value) if isinstance(value, bool | int | float | str | list) else ""
    return presets


def _why_not(where: Address) -> str:
    if where.key in {row.address.key for row in TABLE}:
        return "cannot be preset: it follows from the hardware or from another key of this file"
    names = [str(row) for row in PRESETTABLE.values()]
    return f"is no variable of this station{meant(str(where), names)}"


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """Join `A.B = 1`, which TOML takes for a table, and `"A.B" = 1`, which it does not."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": member for inner, member in _flat(value).items()}
        else:
            flat[name] = value
    return flat


def _text_of(value: object) -> str:
    """Return a TOML value as the text of a variable; raises TypeError for what no variable can be."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case list() if all(isinstance(item, str) for item in value):
            return ",".join(value)
    raise TypeError(f"{value!r} is neither a number, a text, true, false nor a list of texts")
