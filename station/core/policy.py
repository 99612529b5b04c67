"""How sessions behave: the settings and variables that `step` obeys, read once per event."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ocpp.v201.enums import MeasurandEnumType

from station.core.powermeter import Powermeter

ENERGY = MeasurandEnumType.energy_active_import_register


class TxPoint(StrEnum):
    """TxStartPoint and TxStopPoint: what a transaction begins and ends with (E01, E06)."""

    PARKING_BAY_OCCUPANCY = "ParkingBayOccupancy"
    EV_CONNECTED = "EVConnected"
    AUTHORIZED = "Authorized"
    DATA_SIGNED = "DataSigned"
    POWER_PATH_CLOSED = "PowerPathClosed"
    ENERGY_TRANSFER = "EnergyTransfer"


class KeyPolicy(StrEnum):
    """OCPPCommCtrlr.PublicKeyWithSignedMeterValue."""

    NEVER = "Never"
    ONCE = "OncePerTransaction"
    EVERY = "EveryMeterValue"


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a step may depend on besides the session and the event."""

    evse_id: int = 1
    evse_name: str = ""
    """The EVSE's public name for the metadata, such as DE*ABC*E1."""
    max_current_amps: float = 16.0
    fixed_cable: bool = False
    start_points: frozenset[TxPoint] = frozenset({TxPoint.POWER_PATH_CLOSED})
    stop_points: frozenset[TxPoint] = frozenset({TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED})
    ev_connection_timeout_s: float = 60.0
    updated_interval_s: float = 60.0
    ended_interval_s: float = 0.0
    started_measurands: tuple[MeasurandEnumType, ...] = (ENERGY,)
    updated_measurands: tuple[MeasurandEnumType, ...] = (ENERGY,)
    ended_measurands: tuple[MeasurandEnumType, ...] = (ENERGY,)
    aligned_updated_measurands: tuple[MeasurandEnumType, ...] = ()
    aligned_ended_measurands: tuple[MeasurandEnumType, ...] = ()
    register_phases: bool = False
    """Energies by phase too."""
    sign_readings: bool = True
    sign_started_readings: bool = False
    sign_updated_readings: bool = False
    sign_aligned_readings: bool = False
    """AlignedDataCtrlr.SignReadings: of clock-aligned values in Ended."""
    sign_aligned_updated_readings: bool = False
    """AlignedDataCtrlr.SignUpdatedReadings: of clock-aligned values in Updated."""
    key_policy: KeyPolicy = KeyPolicy.ONCE
    stop_on_invalid_id: bool = True
    max_energy_on_invalid_id_wh: int = 0
    """What may still be charged after the CSMS withdrew the authorization, from the signed begin on."""
    stop_on_ev_side_disconnect: bool = True
    unlock_on_ev_side_disconnect: bool = True
    end_attempts: int = 3
    """How often the signed end is asked for before the transaction ends without it."""
    end_retry_s: float = 5.0
    owed_retry_s: float = 60.0
    """How often the station goes on asking after that."""
    fault_settle_s: float = 10.0
    """How long a fault that flaps has to stay away until the CSMS is told that it went."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a step cannot know by itself: the time, an id that was never used before (E01.FR.08), live values."""

    now: datetime
    fresh_id: str
    reading: Powermeter | None = None
    """The newest live values of the meter, if they are fresh."""
