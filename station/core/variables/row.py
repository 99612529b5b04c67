"""A row of the device model: where a variable is, and what its values are."""

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Generic, TypeVar

from ocpp.v201.enums import MutabilityEnumType

from station.core.datatypes import DataType, Integer

T = TypeVar("T")

READ_ONLY = MutabilityEnumType.read_only
WRITE_ONLY = MutabilityEnumType.write_only
NAME = re.compile(r"(?P<component>\w+)\.(?P<variable>\w+)(\[(?P<instance>[^\]]+)\])?")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a variable is. Names are compared without regard to case (ComponentType.name, VariableType.name)."""

    component: str
    variable: str
    instance: str | None = None
    """Of the variable, such as TransactionEvent of MessageAttempts."""
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None

    @property
    def key(self) -> "Address":
        """Return the form that equals for equal addresses; an empty instance is none (B06.FR.15)."""
        return Address(
            self.component.lower(),
            self.variable.lower(),
            (self.instance or "").lower() or None,
            (self.component_instance or "").lower() or None,
            self.evse_id,
            self.connector_id,
        )

    @property
    def place(self) -> tuple[str, str | None, int | None, int | None]:
        """Return the component that the variable belongs to; equal for equal components."""
        key = self.key
        return key.component, key.component_instance, key.evse_id, key.connector_id

    def __str__(self) -> str:
        instance = f"[{self.instance}]" if self.instance else ""
        place = "".join(f"#{number}" for number in (self.evse_id, self.connector_id) if number is not None)
        return f"{self.component}{place}.{self.variable}{instance}"


def address(name: str) -> Address:
    """Return the address that `Component.Variable` or `Component.Variable[instance]` names; raises ValueError."""
    match = NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is not written as Component.Variable or Component.Variable[instance]")
    return Address(match["component"], match["variable"], match["instance"])


class Tier(Enum):
    """What a row exists once for."""

    STATION = "station"
    EVSE = "evse"
    CONNECTOR = "connector"


@dataclass(frozen=True, slots=True)
class Variable(Generic[T]):
    """A row: what a variable is called, which values it takes and what it is until somebody sets it."""

    component: str
    name: str
    type: DataType[T]
    default: T
    instance: str | None = None
    unit: str | None = None
    mutability: MutabilityEnumType = MutabilityEnumType.read_write
    reboot_required: bool = False
    constant: bool = False
    tier: Tier = Tier.STATION
    evse_id: int | None = None
    connector_id: int | None = None
    address: Address = field(init=False, repr=False, compare=False)
    key: Address = field(init=False, repr=False, compare=False)
    """The address, in the form in which the device model looks it up; made once, since rules ask all the time."""

    def __post_init__(self) -> None:
        address = Address(self.component, self.name, self.instance, None, self.evse_id, self.connector_id)
        object.__setattr__(self, "address", address)
        object.__setattr__(self, "key", address.key)

    @property
    def persistent(self) -> bool:
        """A value that the CSMS set survives a restart."""
        return self.mutability is not READ_ONLY

    def at(self, evse_id: int, connector_id: int | None = None) -> "Variable[T]":
        """Return the row of one EVSE, or of one of its connectors."""
        return replace(self, evse_id=evse_id, connector_id=connector_id)

    def fixed(self, value: T) -> "Variable[T]":
        """Return the row as it is where only `value` is possible."""
        return replace(self, default=value, mutability=READ_ONLY, constant=True)

    def __str__(self) -> str:
        return str(self.address)


SECONDS = Integer(0, 7 * 24 * 3600)
AT_LEAST_ONE_SECOND = Integer(1, 7 * 24 * 3600)
