"""The sections about what drivers use: card readers, keypads, start buttons, and the display."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from station.core.presented import Choose
from station.hardware.scanners import CARD_TYPES, IDENTIFIER
from station.settings.devices import BAUD_RATES, port_of
from station.settings.toml_reader import Table, listed, meant
from station.settings.values import CARD_READER, KEYPAD, START_BUTTON, DisplaySettings, ReaderSettings

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


def read_reader(table: Table, path: Path) -> ReaderSettings:
    """Return what a `[[reader]]` says; a relative port is beside `path`."""
    settings = ReaderSettings(
        name=table.text("name"),
        type=table.text("type", choices=TOKEN_TYPES),
        port=port_of(table, path),
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
