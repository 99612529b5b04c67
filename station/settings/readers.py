"""The sections about what drivers use: card readers, keypads, start buttons, and the display."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.core.presented import Choose
from station.hardware.card_numbers import AS_READ, BYTE_ORDERS, FORMATS, HEX
from station.hardware.drivers import Role
from station.hardware.scanners import CARD_TYPES, IDENTIFIER, TEXTS
from station.settings.devices import BAUD_RATES, driver_name, port_of
from station.settings.toml_reader import Table, listed, meant
from station.settings.values import CARD_READER, KEYPAD, START_BUTTON, DisplaySettings, ReaderSettings

KEYBOARD: Final = "keyboard"
PN532: Final = "pn532"
LOCAL: Final = "Local"
IDENTIFIER_ALLOWED: Final = "1 to 36 letters, digits and * - _ = : + | @ . are"
CHOOSE: Final = tuple(choose.value for choose in Choose)
NUMBERS: Final = ("format", "byte_order", "prefix")
"""Keys about how numbers of cards are written."""
LONGEST_PREFIX: Final = 16


@dataclass(frozen=True, slots=True)
class _Kind:
    """What can be said about readers of a type."""

    token_types: tuple[str, ...] = CARD_TYPES
    """What it can read (IdTokenEnumType)."""
    numbers: tuple[str, ...] = NUMBERS
    """Which of NUMBERS have a meaning."""
    baud_rate: int | None = 9600
    """What counts if nothing is said; None: it is at no serial port."""
    own_options: bool = False
    """Its driver may have options; it judges them itself."""


KINDS: Final[Mapping[str, _Kind]] = {
    CARD_READER: _Kind(),
    KEYPAD: _Kind(token_types=("KeyCode",), numbers=()),
    START_BUTTON: _Kind(token_types=("NoAuthorization", LOCAL), numbers=()),
    KEYBOARD: _Kind(baud_rate=None),
    PN532: _Kind(token_types=("ISO14443",), numbers=("byte_order",), baud_rate=115200),
}
INSTALLED: Final = _Kind(token_types=(*CARD_TYPES, "NoAuthorization"), own_options=True)
"""What can be said about a reader whose driver another package brought."""


def read_reader(table: Table, path: Path) -> ReaderSettings:
    """Return what a `[[reader]]` says; a relative port is beside `path`."""
    kind = driver_name(table, Role.CARD_READER)
    its = KINDS.get(kind, INSTALLED)
    settings = ReaderSettings(
        name=table.text("name"),
        type=kind,
        port=port_of(table, path),
        baud_rate=table.integer("baud_rate", its.baud_rate or 9600, choices=BAUD_RATES),
        evses=table.integers("evses"),
        choose=table.text("choose", Choose.NEWEST_PLUG.value, choices=CHOOSE),
        token_type=table.text("token_type", ""),
        id_token=table.text("id_token", "", pattern=IDENTIFIER.pattern, allowed=IDENTIFIER_ALLOWED),
        format=table.text("format", HEX, choices=FORMATS),
        byte_order=table.text("byte_order", AS_READ, choices=BYTE_ORDERS),
        prefix=table.text("prefix", "", longest=LONGEST_PREFIX),
        options=table.table("options").rest(),
    )
    _check_tokens(settings, its, table)
    _check_numbers(settings, its, table)
    if its.baud_rate is None and table.has("baud_rate"):
        table.wrong("baud_rate", f"is for serial ports; a {kind} is none")
    for name in settings.options if not its.own_options else ():
        table.wrong(f"options.{name}", f"is unknown; a {kind} has no options")
    table.close()
    return settings


def _check_tokens(reader: ReaderSettings, its: _Kind, table: Table) -> None:
    """What a reader reads has to be of a type that such a reader can read."""
    types = its.token_types
    if reader.token_type and reader.token_type not in types:
        close = meant(reader.token_type, types)
        table.wrong("token_type", f"{reader.token_type!r} is not one of {listed(types)} ({reader.type}){close}")
    takes_id = reader.type == START_BUTTON and reader.token_type == LOCAL
    if takes_id and not reader.id_token:
        table.wrong("id_token", "is missing; write what a press of this start button stands for")
    elif reader.id_token and not takes_id:
        table.wrong("id_token", f'is only for type = "{START_BUTTON}" with token_type = "{LOCAL}"')


def _check_numbers(reader: ReaderSettings, its: _Kind, table: Table) -> None:
    """How numbers are written can only be said where numbers are written."""
    for name in NUMBERS:
        if not table.has(name):
            continue
        if name not in its.numbers:
            table.wrong(name, f"has no meaning for type = {reader.type!r}")
        elif name != "prefix" and reader.token_type in TEXTS:
            table.wrong(name, f"has no meaning for token_type = {reader.token_type!r}, which is taken as it comes")


def read_display(table: Table) -> DisplaySettings:
    """Return what `[display]` says."""
    settings = DisplaySettings(
        type=driver_name(table, Role.DISPLAY) if table.has("type") else "log",
        options=table.table("options").rest(),
    )
    table.close()
    return settings
