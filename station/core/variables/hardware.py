"""The components that are hardware: the station, its EVSEs and connectors, and the devices of each EVSE.

All of these rows are read-only. What is not known at a moment is empty (B06.FR.13).
"""

from dataclasses import replace
from typing import Final

from ocpp.v201.enums import ConnectorStatusEnumType, PhaseEnumType

from station.core.datatypes import Boolean, DataType, Integer, Measured, Measurement, OptionList, Text
from station.core.variables.row import READ_ONLY, T, Tier, Variable

STATES = OptionList(tuple(ConnectorStatusEnumType))
FREE: Final = ConnectorStatusEnumType.available
PHASES: Final = (PhaseEnumType.l1.value, PhaseEnumType.l2.value, PhaseEnumType.l3.value)
SUPPLY_PHASES = Integer(0, len(PHASES))
YES_OR_NO = Boolean()


def _state(tier: Tier, component: str, name: str, kind: DataType[T], value: T) -> Variable[T]:
    """Return a row that the station itself changes."""
    return Variable(component, name, kind, value, mutability=READ_ONLY, tier=tier)


def _fact(tier: Tier, component: str, name: str, kind: DataType[T], value: T) -> Variable[T]:
    """Return a row that stays as it is while the station runs."""
    return replace(_state(tier, component, name, kind, value), constant=True)


def _problem(tier: Tier, component: str) -> Variable[bool]:
    return _state(tier, component, "Problem", YES_OR_NO, value=False)


def _measured(component: str, name: str, unit: str, phase: str | None = None) -> Variable[Measurement]:
    return replace(_state(Tier.EVSE, component, name, Measured(), None), unit=unit, instance=phase)


# ChargingStation

STATION_AVAILABLE = _fact(Tier.STATION, "ChargingStation", "Available", YES_OR_NO, value=True)
STATION_AVAILABILITY_STATE = _state(Tier.STATION, "ChargingStation", "AvailabilityState", STATES, FREE)
STATION_SUPPLY_PHASES = _fact(Tier.STATION, "ChargingStation", "SupplyPhases", SUPPLY_PHASES, 3)
STATION_VENDOR_NAME = _fact(Tier.STATION, "ChargingStation", "VendorName", Text(0, 50), "")
STATION_MODEL = _fact(Tier.STATION, "ChargingStation", "Model", Text(0, 20), "")
STATION_SERIAL_NUMBER = _fact(Tier.STATION, "ChargingStation", "SerialNumber", Text(0, 25), "")
STATION_FIRMWARE_VERSION = _fact(Tier.STATION, "ChargingStation", "FirmwareVersion", Text(0, 50), "")
STATION_PROBLEM = _problem(Tier.STATION, "ChargingStation")

# EVSE, Connector

EVSE_AVAILABLE = _fact(Tier.EVSE, "EVSE", "Available", YES_OR_NO, value=True)
EVSE_AVAILABILITY_STATE = _state(Tier.EVSE, "EVSE", "AvailabilityState", STATES, FREE)
EVSE_SUPPLY_PHASES = _fact(Tier.EVSE, "EVSE", "SupplyPhases", SUPPLY_PHASES, 3)
EVSE_POWER = _measured("EVSE", "Power", "W")
"""The limit is what the hardware can provide."""
EVSE_ALLOW_RESET = _fact(Tier.EVSE, "EVSE", "AllowReset", YES_OR_NO, value=True)
EVSE_NAME = _fact(Tier.EVSE, "EVSE", "EvseId", Text(0, 50), "")
"""The public name, such as DE*ABC*E1234*1."""
EVSE_PROBLEM = _problem(Tier.EVSE, "EVSE")

CONNECTOR_AVAILABLE = _fact(Tier.CONNECTOR, "Connector", "Available", YES_OR_NO, value=True)
CONNECTOR_AVAILABILITY_STATE = _state(Tier.CONNECTOR, "Connector", "AvailabilityState", STATES, FREE)
CONNECTOR_TYPE = _fact(Tier.CONNECTOR, "Connector", "ConnectorType", Text(1, 20), "cType2")
CONNECTOR_SUPPLY_PHASES = _fact(Tier.CONNECTOR, "Connector", "SupplyPhases", SUPPLY_PHASES, 3)

# The devices of an EVSE

CONTROLLER_STATE = _state(Tier.EVSE, "CPPWMController", "State", Text(0, 1), "")
"""The control pilot, A to F."""
CONTROLLER_ACTIVE = _state(Tier.EVSE, "CPPWMController", "Active", YES_OR_NO, value=False)
"""The vehicle is offered current."""
CONTROLLER_PROBLEM = _problem(Tier.EVSE, "CPPWMController")
LOCK_PROBLEM = _problem(Tier.EVSE, "ConnectorPlugRetentionLock")
CONTACTOR_PROBLEM = _problem(Tier.EVSE, "PowerContactor")
RCD_PROBLEM = _problem(Tier.EVSE, "RCD")
"""The residual current monitor of the charge controller, or at an input."""
EMERGENCY_STOP_ENABLED = _fact(Tier.EVSE, "EmergencyStopSensor", "Enabled", YES_OR_NO, value=True)
EMERGENCY_STOP_ACTIVE = _state(Tier.EVSE, "EmergencyStopSensor", "Active", YES_OR_NO, value=False)
"""The emergency stop is pressed, or waits to be reset."""
DOOR_SENSOR_ENABLED = _fact(Tier.EVSE, "CaseAccessSensor", "Enabled", YES_OR_NO, value=True)
DOOR_SENSOR_ACTIVE = _state(Tier.EVSE, "CaseAccessSensor", "Active", YES_OR_NO, value=False)
"""A door or panel is open."""
BAY_SENSOR_ENABLED = _fact(Tier.EVSE, "BayOccupancySensor", "Enabled", YES_OR_NO, value=True)
BAY_SENSOR_ACTIVE = _state(Tier.EVSE, "BayOccupancySensor", "Active", YES_OR_NO, value=False)
"""A vehicle stands in the parking bay."""

FISCAL_MANUFACTURER = _state(Tier.EVSE, "FiscalMetering", "Manufacturer", Text(), "")
FISCAL_MODEL = _state(Tier.EVSE, "FiscalMetering", "Model", Text(), "")
FISCAL_SERIAL_NUMBER = _state(Tier.EVSE, "FiscalMetering", "SerialNumber", Text(), "")
FISCAL_FIRMWARE_VERSION = _state(Tier.EVSE, "FiscalMetering", "FirmwareVersion", Text(), "")
"""Of the part that measures."""
FISCAL_COMMUNICATION_FIRMWARE_VERSION = replace(FISCAL_FIRMWARE_VERSION, instance="Communication")
"""Of the part that signs and talks."""
FISCAL_PUBLIC_KEY = _state(Tier.EVSE, "FiscalMetering", "PublicKey", Text(0, 2500), "")
"""Whitepaper "Signed Meter Values" 4.3.2: Base64 of `oca:base16:asn1:` and the key; empty until the meter told it."""
FISCAL_ENERGY_IMPORT_REGISTER = _measured("FiscalMetering", "EnergyImportRegister", "Wh")
FISCAL_PROBLEM = _problem(Tier.EVSE, "FiscalMetering")

FEED_SUPPLY_PHASES = _fact(Tier.EVSE, "ElectricalFeed", "SupplyPhases", SUPPLY_PHASES, 3)
FEED_POWER = _measured("ElectricalFeed", "Power", "W")
FEED_FREQUENCY = _measured("ElectricalFeed", "Frequency", "Hz")
FEED_PHASE_POWER = tuple(_measured("ElectricalFeed", "Power", "W", phase) for phase in PHASES)
FEED_VOLTAGE = tuple(_measured("ElectricalFeed", "ACVoltage", "V", phase) for phase in PHASES)
FEED_CURRENT = tuple(_measured("ElectricalFeed", "ACCurrent", "A", phase) for phase in PHASES)
"""By phase, to neutral."""
