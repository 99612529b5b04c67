"""The device model: the values of the station's variables, for the station by type and for the CSMS by name.

What is not live comes, in this order, from what the CSMS set, from what the configuration presets and from the
table. Only what the CSMS set is saved.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar, cast

from ocpp.v201.enums import AttributeEnumType

from station.core import variables as var
from station.core.datatypes import InvalidValueError, Measured, MemberList
from station.core.policy import TxPoint
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
    name: str = ""
    """The public name; empty if it has none."""
    bay_sensor: bool = False
    """A sensor sees whether a vehicle stands in the parking bay."""
    emergency_stop: bool = False
    """An input tells of an emergency stop."""
    door_sensor: bool = False
    """An input tells of an open door."""


def rows_for(evses: Iterable[EvseFacts], *, vendors: Iterable[str] = ()) -> list[Variable[Any]]:
    """Return the rows of a station with these EVSEs and hooks of these vendors, each with its full address."""
    evses = list(evses)
    of_station = _facts_of_station(evses)
    rows = [of_station.get(row, row) for row in TABLE if row.tier is Tier.STATION]
    rows += [var.custom_implementation_enabled(vendor) for vendor in vendors]
    for evse in evses:
        facts, lacking = _facts(evse), _lacking(evse)
        fitted = [facts.get(row, row) for row in TABLE if row not in lacking]
        rows += [row.at(evse.evse_id) for row in fitted if row.tier is Tier.EVSE]
        rows += [row.at(evse.evse_id, CONNECTOR_ID) for row in fitted if row.tier is Tier.CONNECTOR]
    return rows


def _facts_of_station(evses: list[EvseFacts]) -> dict[Variable[Any], Variable[Any]]:
    """Return the rows of the station that say something else than the table does, because of the hardware."""
    phases = max((evse.phases for evse in evses), default=3)
    watched = any(evse.bay_sensor for evse in evses)
    points = tuple(point for point in TxPoint if watched or point is not TxPoint.PARKING_BAY_OCCUPANCY)
    facts: dict[Variable[Any], Variable[Any]] = {
        var.STATION_SUPPLY_PHASES: var.STATION_SUPPLY_PHASES.fixed(phases),
        # A point that no EVSE can ever reach is none to choose.
        **{
            row: replace(row, type=MemberList(points, may_be_empty=False))
            for row in (var.TX_START_POINT, var.TX_STOP_POINT)
        },
    }
    if all(evse.fixed_cable for evse in evses):
        # OCPPCommCtrlr.UnlockOnEVSideDisconnect: read-only and false where all cables are fixed.
        facts[var.UNLOCK_ON_EV_SIDE_DISCONNECT] = var.UNLOCK_ON_EV_SIDE_DISCONNECT.fixed(value=False)
    return facts


def _facts(evse: EvseFacts) -> dict[Variable[Any], Variable[Any]]:
    """Return the rows that say something else than the table does, because of the hardware."""
    power_w = PHASE_VOLTAGE_V * evse.phases * evse.max_current_a
    phases = (var.EVSE_SUPPLY_PHASES, var.CONNECTOR_SUPPLY_PHASES, var.FEED_SUPPLY_PHASES)
    return {
        **{row: row.fixed(evse.phases) for row in phases},
        # EVSE.Power: the limit that the hardware sets has to be reported, the power may be.
        var.EVSE_POWER: replace(var.EVSE_POWER, type=Measured(0, power_w)),
        var.EVSE_NAME: var.EVSE_NAME.fixed(evse.name),
        var.CONNECTOR_TYPE: var.CONNECTOR_TYPE.fixed(evse.connector_type),
    }


def _lacking(evse: EvseFacts) -> set[Variable[Any]]:
    """Return the rows of what this EVSE does not have."""
    by_phase = (var.FEED_PHASE_POWER, var.FEED_VOLTAGE, var.FEED_CURRENT)
    rows: set[Variable[Any]] = {row for rows in by_phase for row in rows[evse.phases :]}
    if evse.fixed_cable:
        rows.add(var.LOCK_PROBLEM)
    if not evse.name:
        rows.add(var.EVSE_NAME)
    if not evse.bay_sensor:
        rows |= {var.BAY_SENSOR_ENABLED, var.BAY_SENSOR_ACTIVE}
    if not evse.emergency_stop:
        rows |= {var.EMERGENCY_STOP_ENABLED, var.EMERGENCY_STOP_ACTIVE}
    if not evse.door_sensor:
        rows |= {var.DOOR_SENSOR_ENABLED, var.DOOR_SENSOR_ACTIVE}
    return rows


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
        self._rows = {row.key: row for row in rows}
        self._places = {key.place for key in self._rows}
        self._save = save
        self._values: dict[Address, Any] = {}
        self._texts: dict[Address, str] = {}
        self._live: dict[Address, Callable[[], Any]] = {}
        self._guards: defaultdict[Address, list[Callable[[Any], Rejected | None]]] = defaultdict(list)
        self._reactions: defaultdict[Address, list[Callable[[Any], None]]] = defaultdict(list)
        for address, text in presets.items():
            row = self._rows[address.key]
            if not row.constant:
                self._put(row, text)
        self.ignored = tuple(address for address, text in stored.items() if not self._restore(address, text))
        """What was stored and cannot be used any more, because a variable went or takes other values now."""

    def __getitem__(self, variable: Variable[T]) -> T:
        """Return the value of a variable; KeyError if the station has no such row."""
        key = variable.key
        row = self._rows[key]
        if key in self._live:
            return cast("T", self._live[key]())
        return cast("T", self._values.get(key, row.default))

    def __contains__(self, variable: Variable[Any]) -> bool:
        """Say whether the station has such a row."""
        return variable.key in self._rows

    def __iter__(self) -> Iterator[Variable[Any]]:
        """Yield every row with its full address, as a report lists them."""
        return iter(self._rows.values())

    def text(self, variable: Variable[Any]) -> str:
        """Return the value as it is written in messages; of a write-only variable too, so look before showing it."""
        key = variable.key
        if key in self._texts and key not in self._live:
            return self._texts[key]
        return self._rows[key].type.format(self[variable])

    def update(self, variable: Variable[T], value: T) -> None:
        """Set what the station itself knows, such as a state; not saved."""
        key = self._known(variable)
        self._texts.pop(key, None)
        self._values[key] = value

    def keep(self, variable: Variable[T], value: T) -> None:
        """Set what the station decides instead of the CSMS: saved, and neither guarded nor reacted to."""
        row = self._rows[variable.key]
        text = row.type.format(value)
        self._save(row.address, text)
        self._put(row, text)

    def read_from(self, variable: Variable[T], source: Callable[[], T]) -> None:
        """Ask `source` whenever the variable is read."""
        self._live[self._known(variable)] = source

    def guard(self, variable: Variable[T], check: Callable[[T], Rejected | None]) -> None:
        """Ask `check` too, after the type, whether the CSMS may set a value now."""
        self._guards[self._known(variable)].append(check)

    def on_set(self, variable: Variable[T], react: Callable[[T], None]) -> None:
        """Call `react` whenever the CSMS has set a value, which is saved and in force then.

        The CSMS has no answer yet, so what cuts the connection must wait.
        """
        self._reactions[self._known(variable)].append(react)

    def find(self, address: Address, attribute: AttributeEnumType = ACTUAL) -> Variable[Any] | Rejected:
        """Return the row at an address as a message gives it, or why there is none (B05.FR.04-06, B06.FR.06-08)."""
        key = address.key
        row = self._rows.get(key)
        if row is None:
            known = key.place in self._places
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
            value = row.type.parse(text)
        except InvalidValueError as error:  # B05.FR.07, B05.FR.08
            return Rejected(Refusal.REJECTED, error.code, str(error))
        verdicts = (guard(value) for guard in self._guards.get(row.key, ()))
        return next((verdict for verdict in verdicts if verdict is not None), row)

    def set_actual(self, address: Address, text: str, attribute: AttributeEnumType = ACTUAL) -> Accepted | Rejected:
        """Set what SetVariables asks for: saved first, then in force. Whatever `save` raises goes through."""
        row = self.check(address, text, attribute)
        if isinstance(row, Rejected):
            return row
        self._save(row.address, text)
        value = self._put(row, text)
        for react in self._reactions.get(row.key, ()):
            react(value)
        return Accepted(row, row.reboot_required)

    def _known(self, variable: Variable[Any]) -> Address:
        """Return the key of a row; KeyError if the station has no such row."""
        return self._rows[variable.key].key

    def _put(self, row: Variable[T], text: str) -> T:
        key = row.key
        self._texts[key] = text
        self._values[key] = value = row.type.parse(text)
        return value

    def _restore(self, address: Address, text: str) -> bool:
        if isinstance(self.check(address, text), Rejected):
            return False
        self._put(self._rows[address.key], text)
        return True
