"""What only the station knows, told to its device model: facts once, states and measurements when they are read."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from ocpp.v201.enums import ConnectorStatusEnumType

from station import __version__
from station.clock import Clock
from station.core import variables as var
from station.core.datatypes import Measurement
from station.core.device_model import CONNECTOR_ID, DeviceModel, EvseFacts
from station.core.faults import COMPONENTS
from station.core.powermeter import Phases, Powermeter
from station.core.session import connector_status
from station.core.variables import Tier, Variable
from station.evse import Evse
from station.inputs.meanings import Meaning
from station.meter.keys import oca_public_key
from station.meter.port import MeterIdentity
from station.settings import Settings

Source = Callable[[Evse], Any]

State = ConnectorStatusEnumType
BEST_FIRST: Final = (State.available, State.occupied, State.reserved, State.unavailable, State.faulted)


def evse_facts(settings: Settings) -> list[EvseFacts]:
    """Return what the rows of each EVSE depend on."""
    return [
        EvseFacts(
            evse.id,
            evse.phases,
            evse.max_current_a,
            evse.connector,
            evse.controller.fixed_cable,
            name=evse.name,
            bay_sensor=evse.bay is not None,
            emergency_stop=settings.wiring.has(Meaning.EMERGENCY_STOP, evse.id),
            door_sensor=settings.wiring.has(Meaning.DOOR, evse.id),
        )
        for evse in settings.evses
    ]


def connect(model: DeviceModel, settings: Settings, evses: Mapping[int, Evse], clock: Clock) -> None:
    """Tell the model the facts, and whom to ask for what changes."""
    station = settings.station
    model.update(var.STATION_VENDOR_NAME, station.vendor_name)
    model.update(var.STATION_MODEL, station.model)
    model.update(var.STATION_SERIAL_NUMBER, station.serial_number or "")
    model.update(var.STATION_FIRMWARE_VERSION, __version__)
    model.update(var.IDENTITY, station.identity)
    model.update(var.SECURITY_PROFILE, settings.csms.security_profile)
    model.update(var.ADDITIONAL_ROOT_CERTIFICATE_CHECK, settings.security.additional_root_check)
    model.read_from(var.DATE_TIME, clock.now)
    model.read_from(var.STATION_AVAILABILITY_STATE, lambda: _best(evses.values()))
    model.read_from(var.STATION_PROBLEM, lambda: any(evse.session.faults for evse in evses.values()))
    for evse in evses.values():
        for row, source in SOURCES.items():
            there = row.at(evse.evse_id, CONNECTOR_ID if row.tier is Tier.CONNECTOR else None)
            if there in model:
                model.read_from(there, partial(source, evse))


def _best(evses: Iterable[Evse]) -> ConnectorStatusEnumType:
    """Return the state of the station: what it can still do for somebody who comes now."""
    states = {connector_status(evse.session) for evse in evses}
    return next((state for state in BEST_FIRST if state in states), State.unavailable)


def _state(evse: Evse) -> ConnectorStatusEnumType:
    return connector_status(evse.session)


def _problem(component: str) -> Source:
    """Return whether one of an EVSE's faults is reported on this component."""
    return lambda evse: any(COMPONENTS[fault] == component for fault in evse.session.faults)


def _of_meter(text: Callable[[MeterIdentity], str]) -> Source:
    return lambda evse: text(evse.identity) if evse.identity else ""


def _live(quantity: Callable[[Powermeter], Phases | None], phase: int | None = None) -> Source:
    """Return the total of a quantity or that of one phase, as long as the last reading is news."""

    def read(evse: Evse) -> Measurement:
        phases = quantity(evse.reading) if evse.reading else None
        if phases is None:
            return None
        value = phases.total if phase is None else phases.each[phase]
        return None if value is None else Decimal(str(round(value, 3)))

    return read


def _by_phase(
    rows: tuple[Variable[Measurement], ...], quantity: Callable[[Powermeter], Phases | None]
) -> dict[Variable[Any], Source]:
    return {row: _live(quantity, phase) for phase, row in enumerate(rows)}


SOURCES: Final[Mapping[Variable[Any], Source]] = {
    var.EVSE_AVAILABILITY_STATE: _state,
    var.EVSE_PROBLEM: lambda evse: bool(evse.session.faults),
    var.EVSE_POWER: _live(lambda live: live.power_w),
    var.CONNECTOR_AVAILABILITY_STATE: _state,
    var.CONTROLLER_STATE: lambda evse: evse.session.letter,
    var.CONTROLLER_ACTIVE: lambda evse: evse.session.offered_amps > 0,
    var.CONTROLLER_PROBLEM: _problem("CPPWMController"),
    var.LOCK_PROBLEM: _problem("ConnectorPlugRetentionLock"),
    var.CONTACTOR_PROBLEM: _problem("PowerContactor"),
    var.RCD_PROBLEM: _problem("RCD"),
    var.EMERGENCY_STOP_ACTIVE: _problem("EmergencyStopSensor"),
    var.DOOR_SENSOR_ACTIVE: _problem("CaseAccessSensor"),
    var.BAY_SENSOR_ACTIVE: lambda evse: evse.session.bay_occupied,
    var.FISCAL_PROBLEM: _problem("FiscalMetering"),
    var.FISCAL_MANUFACTURER: _of_meter(lambda meter: meter.manufacturer),
    var.FISCAL_MODEL: _of_meter(lambda meter: meter.model),
    var.FISCAL_SERIAL_NUMBER: _of_meter(lambda meter: meter.serial),
    var.FISCAL_FIRMWARE_VERSION: _of_meter(lambda meter: meter.meter_firmware),
    var.FISCAL_COMMUNICATION_FIRMWARE_VERSION: _of_meter(lambda meter: meter.communication_firmware),
    var.FISCAL_PUBLIC_KEY: _of_meter(lambda meter: oca_public_key(meter.public_key)),
    var.FISCAL_ENERGY_IMPORT_REGISTER: _live(lambda live: live.energy_wh_import),
    var.FEED_POWER: _live(lambda live: live.power_w),
    var.FEED_FREQUENCY: _live(lambda live: live.frequency_hz),
    **_by_phase(var.FEED_PHASE_POWER, lambda live: live.power_w),
    **_by_phase(var.FEED_VOLTAGE, lambda live: live.voltage_v),
    **_by_phase(var.FEED_CURRENT, lambda live: live.current_a),
}
"""By the row of every EVSE that has it, where its value comes from."""
