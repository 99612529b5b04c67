"""Roles that hardware plays for an EVSE or the station."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from station.errors import DeviceError


class LockError(DeviceError):
    """The lock does not move: the plug is not held, or cannot be released. Everything else still works."""


class PilotLetter(StrEnum):
    """State of the control pilot, IEC 61851-1 Annex A; whether PWM runs is told apart (`pwm_on`)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


@dataclass(frozen=True, slots=True)
class PilotStatus:
    """One look at a charge controller."""

    letter: PilotLetter
    pwm_on: bool
    cable_rating_a: int | None
    """What the proximity resistor of a detachable cable allows; None for a fixed cable or none plugged."""
    errors: frozenset[str] = frozenset()
    """Names of error bits that the controller reports."""


class ModbusDevice(Protocol):
    """One unit on a Modbus line; the line serialises, waits, checks and retries. Raises DeviceError."""

    async def read_registers(self, address: int, count: int) -> list[int]:
        """Function 3."""

    async def read_inputs(self, address: int, count: int) -> list[int]:
        """Function 4."""

    async def write_registers(self, address: int, values: list[int]) -> None:
        """Function 16."""

    async def read_coils(self, address: int, count: int) -> list[bool]:
        """Function 1."""

    async def write_coil(self, address: int, on: bool) -> None:
        """Function 5."""


class ChargeController(Protocol):
    """The device that speaks control pilot to the vehicle and drives lock and fast contactor output.

    Every method raises DeviceError (station.errors). None may be called while another runs on the same controller,
    but for `lock` and `unlock`, which wait for a motor: the others go on meanwhile.
    """

    async def prepare(self) -> None:
        """Bring the controller into the mode that this station needs, PWM off; called before everything else."""

    async def status(self) -> PilotStatus:
        """Return what the controller sees now."""

    async def offer(self, limit_amps: float) -> None:
        """Offer current to the vehicle: PWM on with this limit (6..63 A)."""

    async def withhold(self) -> None:
        """Offer nothing: PWM off, the fast output opens the contactor's path."""

    async def lock(self) -> None:
        """Lock the plug in the socket outlet; nothing to do on a fixed cable.

        Raises LockError if the controller says that it failed; the plug is free then.
        """

    async def unlock(self) -> None:
        """Release the plug. Raises LockError if the controller says that it failed: the plug is still held."""


@dataclass(frozen=True, slots=True)
class CardRead:
    """A card was presented to a reader."""

    uid: str = field(repr=False)
    """Of a card the hex digits, upper case, in the order of the reader, with leading zeros; of a keypad the digits;
    of a start button what it is configured for, or nothing."""
    type: str
    """IdTokenEnumType of OCPP: ISO14443, ISO15693, KeyCode, Local, MacAddress; NoAuthorization for a start button."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A driver chose an EVSE, by a keypad or buttons."""

    evse_id: int


class CardReader(Protocol):
    """Something that a driver holds a card to, types at or presses."""

    def cards(self) -> AsyncIterator[CardRead | Selection]:
        """Yield each card as often as it is read, also one that is left there.

        Raises DeviceError when the device is gone; may be called again then.
        """


class Notice(StrEnum):
    """What a driver is told."""

    CHECKING = "checking"
    """The card is being looked up."""
    ACCEPTED = "accepted"
    PLUG_IN = "plug_in"
    """Accepted; the cable is waited for."""
    CHOOSE = "choose"
    """Several EVSEs could be meant: plug in, or choose one."""
    PREPARING = "preparing"
    """The meter signs the start."""
    REFUSED = "refused"
    STOPPING = "stopping"
    """The meter signs the end."""
    RELEASED = "released"
    """The plug may be taken out."""
    PERSONAL = "personal"
    """A message of the CSMS to this driver."""


@dataclass(frozen=True, slots=True)
class DriverNotice:
    """Something to show to the driver at an EVSE, or at the reader if no EVSE is meant yet."""

    notice: Notice
    evse_id: int | None = None
    text: str = ""
    """The message of the CSMS (idTokenInfo.personalMessage), or why something is refused, for people."""
    text_format: str = ""
    """MessageFormatEnumType of `text`; empty if it is plain."""
    language: str = ""
    """The language that the driver wants (idTokenInfo.language1), or that of the message."""


class Display(Protocol):
    """Where drivers are told things. Showing never waits and never fails."""

    def show(self, notice: DriverNotice) -> None: ...


class BaySensor(Protocol):
    """Sees whether a vehicle stands in the parking bay."""

    async def occupied(self) -> bool:
        """Look; raises DeviceError if the sensor cannot tell."""
