"""Each section of the configuration: its keys, and which values they take."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from station.core.datatypes import InvalidValueError
from station.core.metadata import Templates, TooLong
from station.core.variables import PRESETTABLE, TABLE, Address, address
from station.settings.csms import read_csms
from station.settings.devices import PRINTABLE, read_evse, read_line
from station.settings.inputs import read_wiring
from station.settings.readers import read_display, read_reader
from station.settings.toml_reader import Table, meant
from station.settings.values import (
    LogSettings,
    ReceiptSettings,
    SecuritySettings,
    Settings,
    StationSettings,
)
from station.settings.web import read_web

LOG_LEVELS: Final = ("debug", "info", "warning", "error")
IDENTITY_LENGTH: Final = 48
IDENTITY: Final = r"[A-Za-z0-9*_=+|@.\-]*"
IDENTITY_ALLOWED: Final = "letters, digits and * - _ = + | @ . are (no colon: it is a user name as well)"
"""identifierString without the colon (SecurityCtrlr.Identity)."""
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
        lines=tuple(read_line(table, path) for table in root.tables("line", at_least=1)),
        evses=tuple(read_evse(table, path) for table in root.tables("evse", at_least=1)),
        readers=tuple(read_reader(table, path) for table in root.tables("reader")),
        display=read_display(root.table("display")),
        web=read_web(root.table("web"), path),
        wiring=read_wiring(root, path),
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
