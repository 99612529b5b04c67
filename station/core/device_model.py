"""The device model: the values of the station's variables, for the station by type and for the CSMS by name.

What is not live comes, in this order, from what the CSMS set, from what the configuration presets and from the
table. Only what the CSMS set is saved.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar, cast

from ocpp.v201.enums import AttributeEnumType

from station.core import variables as var
from station.core.datatypes import DecimalNumber, InvalidValueError
from station.core.variables import TABLE, Address, Tier, Variable

T = TypeVar("T")

ACTUAL = AttributeEnumType.actual
CONNECTOR_ID = 1
"""Each EVSE of this station has one connector."""
PHASE_VOLTAGE_V = 230


class Refusal(StrEnum):
    """Why a variable cannot be read or set, in the words of GetVariableStatus and SetVariableStatus."""

    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NOT_SUPPORTED_ATTRIBUTE_TYPE = "NotSupportedAttributeType"
    REJECTED = "Rejected"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The CSMS asked for what cannot be done."""

    status: Refusal
    reason_code: str = ""
    """Of appendix 5; empty if the status says it all."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A variable and the text of its value."""

    variable: Variable[Any]
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A variable was set."""

    variable: Variable[Any]
    reboot_required: bool


@dataclass(frozen=True, slots=True)
class EvseFacts:
    """What the device model says about the hardware of one EVSE."""

    evse_id: int
    phases: int = 3
    max_current_a: int = 16
    connector_type: str = "cType2"
    fixed_cable: bool = False


def rows_for(evses: Iterable[EvseFacts]) -> list[Variable[Any]]:
    """Return the rows of a station with these EVSEs, each with its full address."""
    evses = list(evses)
    rows = [row for row in TABLE if row.tier is Tier.STATION]
    if all(evse.fixed_cable for evse in evses):
        # OCPPCommCtrlr.UnlockOnEVSideDisconnect: read-only and false where all cables are fixed.
        rows[rows.index(var.UNLOCK_ON_EV_SIDE_DISCONNECT)] = var.UNLOCK_ON_EV_SIDE_DISCONNECT.fixed(value=False)
    phases = max((evse.phases for evse in evses), default=3)
    rows[rows.index(var.STATION_SUPPLY_PHASES)] = var.STATION_SUPPLY_PHASES.fixed(phases)
    for evse in evses:
        facts = _facts(evse)
        rows += [facts.get(row, row).at(evse.evse_id) for row in TABLE if row.tier is Tier.EVSE]
        rows += [facts.get(row, row).at(evse.evse_id, CONNECTOR_ID) for row in TABLE if row.tier is Tier.CONNECTOR]
    return rows


def _facts(evse: EvseFacts) -> dict[Variable[Any], Variable[Any]]:
    power_w = PHASE_VOLTAGE_V * evse.phases * evse.max_current_a
    return {
        var.EVSE_SUPPLY_PHASES: var.EVSE_SUPPLY_PHASES.fixed(evse.phases),
        # EVSE.Power: the limit that the hardware sets has to be reported, the power may be.
        var.EVSE_POWER: replace(var.EVSE_POWER, type=DecimalNumber(0, power_w)),
        var.CONNECTOR_TYPE: var.CONNECTOR_TYPE.fixed(evse.connector_type),
        var.CONNECTOR_SUPPLY_PHASES: var.CONNECTOR_SUPPLY_PHASES.fixed(evse.phases),
    }


class DeviceModel:
    """Holds the values. `save(address, text)` is called before a value that the CSMS set takes effect."""

    def __init__(
        self,
        rows: Iterable[Variable[Any]],
        *,
        stored: Mapping[Address, str],
        presets: Mapping[Address, str],
        save: Callable[[Address, str], None],
    ) -> None:
        """Take what was set and what is preset; a preset that is no value raises InvalidValueError.

        A preset for a row that the hardware makes constant has no effect.
        """
        self._rows = {row.address.key: row for row in rows}
        self._components = {_component_of(key) for key in self._rows}
        self._save = save
        self._values: dict[Address, Any] = {}
        self._texts: dict[Address, str] = {}
        self._live: dict[Address, Callable[[], Any]] = {}
        for address, text in presets.items():
            row = self._rows[address.key]
            if not row.constant:
                self._put(row, text)
        self.ignored = tuple(address for address, text in stored.items() if not self._restore(address, text))
        """What was stored and cannot be used any more, because a variable went or takes other values now."""

    def __getitem__(self, variable: Variable[T]) -> T:
        """Return the value of a variable; KeyError if the station has no such row."""
        key = variable.address.key
        row = self._rows[key]
        if key in self._live:
            return cast("T", self._live[key]())
        return cast("T", self._values.get(key, row.default))

    def __iter__(self) -> Iterator[Variable[Any]]:
        """Yield every row with its full address, as a report lists them."""
        return iter(self._rows.values())

    def text(self, variable: Variable[Any]) -> str:
        """Return the value as it is written in messages; of a write-only variable too, so look before showing it."""
        key = variable.address.key
        if key in self._texts and key not in self._live:
            return self._texts[key]
        return self._rows[key].type.format(self[variable])

    def update(self, variable: Variable[T], value: T) -> None:
        """Set what the station itself knows, such as a state; not saved."""
        key = variable.address.key
        self._texts.pop(key, None)
        self._values[self._rows[key].address.key] = value

    def read_from(self, variable: Variable[T], source: Callable[[], T]) -> None:
        """Ask `source` whenever the variable is read."""
        self._live[self._rows[variable.address.key].address.key] = source

    def find(self, address: Address, attribute: AttributeEnumType = ACTUAL) -> Variable[Any] | Rejected:
        """Return the row at an address as a message gives it, or why there is none (B05.FR.04-06, B06.FR.06-08)."""
        key = address.key
        row = self._rows.get(key)
        if row is None:
            known = _component_of(key) in self._components
            return Rejected(Refusal.UNKNOWN_VARIABLE if known else Refusal.UNKNOWN_COMPONENT)
        if attribute is not ACTUAL:
            return Rejected(Refusal.NOT_SUPPORTED_ATTRIBUTE_TYPE)
        return row

    def get_actual(self, address: Address, attribute: AttributeEnumType = ACTUAL) -> Found | Rejected:
        """Return what GetVariables answers."""
        row = self.find(address, attribute)
        if isinstance(row, Rejected):
            return row
        if row.mutability is var.WRITE_ONLY:  # B06.FR.09
            return Rejected(Refusal.REJECTED, "WriteOnly")
        return Found(row, self.text(row))

    def check(self, address: Address, text: str, attribute: AttributeEnumType = ACTUAL) -> Variable[Any] | Rejected:
        """Return the row if SetVariables may set it to `text`, or why not; nothing is changed."""
        row = self.find(address, attribute)
        if isinstance(row, Rejected):
            return row
        if row.mutability is var.READ_ONLY:  # B05.FR.09
            return Rejected(Refusal.REJECTED, "ReadOnly")
        try:
            row.type.parse(text)
        except InvalidValueError as error:  # B05.FR.07, B05.FR.08
            return Rejected(Refusal.REJECTED, error.code, str(error))
        return row

    def set_actual(self, address: Address, text: str, attribute: AttributeEnumType = ACTUAL) -> Accepted | Rejected:
        """Set what SetVariables asks for: saved first, then in force. Whatever `save` raises goes through."""
        row = self.check(address, text, attribute)
        if isinstance(row, Rejected):
            return row
        self._save(row.address, text)
        self._put(row, text)
        return Accepted(row, row.reboot_required)

    def _put(self, row: Variable[Any], text: str) -> None:
        key = row.address.key
        self._values[key] = row.type.parse(text)
        self._texts[key] = text

    def _restore(self, address: Address, text: str) -> bool:
        if isinstance(self.check(address, text), Rejected):
            return False
        self._put(self._rows[address.key], text)
        return True


def _component_of(key: Address) -> tuple[str, str | None, int | None, int | None]:
    return key.component, key.component_instance, key.evse_id, key.connector_id
