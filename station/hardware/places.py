"""What drivers are, and what each of them is given: one frozen value a role, so that more can be given some day.

A driver is a callable, most often a class, that takes its place and returns what plays the role
(station.hardware.ports). Its author needs these two modules, station.errors and docs/hardware.md, nothing else.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from station.hardware.ports import CardReader, ChargeController, Display, ModbusDevice
from station.hardware.scanners import CardScanner, Scanner

Options = Mapping[str, Any]
"""What stands in the `options` of a device in the settings, for its driver alone: values as TOML has them."""
Probe = Callable[[ModbusDevice], Awaitable[str | None]]
"""Looks who answers at an address, with reads alone; None if that is not a device of this driver."""


@dataclass(frozen=True, slots=True)
class ControllerTraits:
    """What has to be known of a kind of charge controller before one is talked to."""

    unit: int = 1
    """The unit address that it has when it comes from its maker."""
    gap_s: float = 0.0
    """The pause that it needs before each request, if that is more than Modbus asks for."""
    locks: bool = True
    """False: no plug is locked, and no cable is told from another, so only a fixed cable will do."""
    options: Mapping[str, type] | None = None
    """Its options, each with the type of its value; None: the driver itself judges them."""


@dataclass(frozen=True, slots=True)
class ControllerPlace:
    """Where a charge controller is."""

    device: ModbusDevice
    name: str
    """How errors call it, such as `controller of EVSE 1`."""
    fixed_cable: bool
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReaderPlace:
    """Where a card reader, keypad or start button is."""

    port: str
    baud_rate: int
    """Of a serial port."""
    name: str
    """How the log and errors call it."""
    scanner: Callable[[], Scanner] = CardScanner
    """Makes what turns characters into cards as the settings say, anew whenever the port is opened."""
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DisplayPlace:
    """What a display may need."""

    now: Callable[[], datetime]
    """The station's clock, aware UTC."""
    language: str = "en"
    """What it speaks to a driver whose language nobody knows."""
    options: Options = field(default_factory=dict)


class ControllerDriver(Protocol):
    """Makes a charge controller; must not touch it yet. SettingsError for options that are none.

    It may have two attributes more: `traits` (ControllerTraits) and `probe` (Probe).
    """

    def __call__(self, place: ControllerPlace, /) -> ChargeController: ...


class ReaderDriver(Protocol):
    """Makes a card reader; must not open its port yet. SettingsError for options that are none."""

    def __call__(self, place: ReaderPlace, /) -> CardReader: ...


class DisplayDriver(Protocol):
    """Makes a display. SettingsError for options that are none."""

    def __call__(self, place: DisplayPlace, /) -> Display: ...


def traits_of(driver: ControllerDriver) -> ControllerTraits:
    """Return what is to be known of what a driver drives."""
    traits: ControllerTraits = getattr(driver, "traits", ControllerTraits())
    return traits


def probe_of(driver: ControllerDriver) -> Probe | None:
    """Return how to look for what a driver drives; None if it cannot be looked for."""
    probe: Probe | None = getattr(driver, "probe", None)
    return probe
