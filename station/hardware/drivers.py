"""Which drivers there are, by the names that settings use; one is loaded when it is asked for, never before.

Other packages add drivers through entry points; nobody is looked for there as long as a name is built in.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, cast

from station.errors import SettingsError
from station.hardware.places import ControllerDriver, DisplayDriver, ReaderDriver

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class Role(StrEnum):
    """What a driver can be for; the value is the group of its entry points."""

    CHARGE_CONTROLLER = "bsm_station.charge_controllers"
    CARD_READER = "bsm_station.card_readers"
    DISPLAY = "bsm_station.displays"


BUILT_IN: Final[Mapping[Role, Mapping[str, str]]] = {
    Role.CHARGE_CONTROLLER: {
        "phoenix-ev-cc": "station.hardware.phoenix:EvCcAc1",
        "phoenix-em-cp-pp-eth": "station.hardware.phoenix_eth:EmCpPpEth",
        "evse-wb": "station.hardware.evse_wb:EvseWb",
    },
    Role.CARD_READER: {
        "serial-line": "station.hardware.serial_reader:SerialLineReader",
        "serial-keypad": "station.hardware.serial_reader:SerialLineReader",
        "serial-button": "station.hardware.serial_reader:SerialLineReader",
        "keyboard": "station.hardware.keyboard_wedge:KeyboardWedge",
        "pn532": "station.hardware.pn532:Pn532",
    },
    Role.DISPLAY: {
        "log": "station.hardware.displays:NoDisplay",
    },
}
"""`module:attribute` by the name that stands in settings."""


def names(role: Role) -> tuple[str, ...]:
    """Return the names of all drivers that are installed, built-in ones first."""
    others = {entry.name for entry in _entry_points(role)}
    return (*BUILT_IN[role], *sorted(others - BUILT_IN[role].keys()))


def is_known(role: Role, name: str) -> bool:
    """Say whether there is such a driver; does not load it."""
    return name in BUILT_IN[role] or name in names(role)


def charge_controller(name: str) -> ControllerDriver:
    """Return the driver of a kind of charge controller; SettingsError if there is none, or it cannot be loaded."""
    return cast("ControllerDriver", _load(Role.CHARGE_CONTROLLER, name))


def card_reader(name: str) -> ReaderDriver:
    """Return the driver of a kind of reader; SettingsError if there is none, or it cannot be loaded."""
    return cast("ReaderDriver", _load(Role.CARD_READER, name))


def display(name: str) -> DisplayDriver:
    """Return the driver of a kind of display; SettingsError if there is none, or it cannot be loaded."""
    return cast("DisplayDriver", _load(Role.DISPLAY, name))


def _load(role: Role, name: str) -> Any:
    target = BUILT_IN[role].get(name) or _installed(role, name)
    module, _, attribute = target.partition(":")
    try:
        driver = attrgetter(attribute)(import_module(module))
    except Exception as error:  # whatever a stranger's module does while it loads
        raise SettingsError(f"the driver {name!r} ({target}) cannot be loaded: {error!r}") from error
    if not callable(driver):
        raise SettingsError(f"the driver {name!r} ({target}) is no class or function")
    return driver


def _installed(role: Role, name: str) -> str:
    """Return the target of the entry point with this name."""
    for entry in _entry_points(role):
        if entry.name == name:
            return entry.value
    raise SettingsError(f"there is no driver {name!r}; installed are {', '.join(names(role))} (entry points {role})")


def _entry_points(role: Role) -> "Iterable[EntryPoint]":
    from importlib.metadata import entry_points  # late: few stations need another driver

    return entry_points(group=role)
