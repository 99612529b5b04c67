"""The variables of this station's device model: one typed row each (OCPP 2.0.1 Part 2, referenced variables).

A row is also the key to its value: `model[HEARTBEAT_INTERVAL]` is an `int`. Rows of an EVSE or a connector are
addressed with `at`: `model[EVSE_AVAILABILITY_STATE.at(1)]`.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, TypeVar

from ocpp.v201.enums import ConnectorStatusEnumType, MeasurandEnumType, MutabilityEnumType

from station.core.datatypes import (
    Boolean,
    DataType,
    DecimalNumber,
    Instant,
    Integer,
    MemberList,
    OptionList,
    Password,
    SequenceList,
    Text,
)
from station.core.policy import ENERGY, KeyPolicy, TxPoint
from station.secret import Secret

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

    @property
    def address(self) -> Address:
        return Address(self.component, self.name, self.instance, None, self.evse_id, self.connector_id)

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
TIMES = Integer(0, 1000)

# OCPPCommCtrlr

HEARTBEAT_INTERVAL = Variable("OCPPCommCtrlr", "HeartbeatInterval", AT_LEAST_ONE_SECOND, 300, unit="s")
RETRY_BACK_OFF_WAIT_MINIMUM = Variable("OCPPCommCtrlr", "RetryBackOffWaitMinimum", SECONDS, 10, unit="s")
RETRY_BACK_OFF_RANDOM_RANGE = Variable("OCPPCommCtrlr", "RetryBackOffRandomRange", SECONDS, 10, unit="s")
RETRY_BACK_OFF_REPEAT_TIMES = Variable("OCPPCommCtrlr", "RetryBackOffRepeatTimes", Integer(0, 20), 5)
WEB_SOCKET_PING_INTERVAL = Variable("OCPPCommCtrlr", "WebSocketPingInterval", SECONDS, 54, unit="s")
MESSAGE_TIMEOUT = Variable(
    "OCPPCommCtrlr", "MessageTimeout", Integer(1, 600), 30, instance="Default", unit="s", mutability=READ_ONLY
)
MESSAGE_ATTEMPTS = Variable("OCPPCommCtrlr", "MessageAttempts", Integer(1, 1000), 5, instance="TransactionEvent")
MESSAGE_ATTEMPT_INTERVAL = Variable(
    "OCPPCommCtrlr", "MessageAttemptInterval", SECONDS, 60, instance="TransactionEvent", unit="s"
)
OFFLINE_THRESHOLD = Variable("OCPPCommCtrlr", "OfflineThreshold", SECONDS, 60, unit="s")
RESET_RETRIES = Variable("OCPPCommCtrlr", "ResetRetries", TIMES, 0).fixed(0)
"""A reset is a new process; if that does not start, there is nobody left to try again but the service manager."""
UNLOCK_ON_EV_SIDE_DISCONNECT = Variable("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", Boolean(), default=True).fixed(
    value=True
)
"""A transaction that ends always unlocks, and it always ends when the vehicle leaves (core.step, core.apply)."""
PUBLIC_KEY_WITH_SIGNED_METER_VALUE = Variable(
    "OCPPCommCtrlr", "PublicKeyWithSignedMeterValue", OptionList(tuple(KeyPolicy)), KeyPolicy.ONCE
)

# AuthCtrlr, AuthCacheCtrlr

AUTH_ENABLED = Variable("AuthCtrlr", "Enabled", Boolean(), default=True)
LOCAL_PRE_AUTHORIZE = Variable("AuthCtrlr", "LocalPreAuthorize", Boolean(), default=False)
LOCAL_AUTHORIZE_OFFLINE = Variable("AuthCtrlr", "LocalAuthorizeOffline", Boolean(), default=True)
OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED = Variable("AuthCtrlr", "OfflineTxForUnknownIdEnabled", Boolean(), default=False)
AUTHORIZE_REMOTE_START = Variable("AuthCtrlr", "AuthorizeRemoteStart", Boolean(), default=True)
DISABLE_REMOTE_AUTHORIZATION = Variable("AuthCtrlr", "DisableRemoteAuthorization", Boolean(), default=False)

AUTH_CACHE_AVAILABLE = Variable("AuthCacheCtrlr", "Available", Boolean(), default=True).fixed(value=True)
AUTH_CACHE_ENABLED = Variable("AuthCacheCtrlr", "Enabled", Boolean(), default=True)
AUTH_CACHE_LIFE_TIME = Variable("AuthCacheCtrlr", "LifeTime", Integer(0), 86400, unit="s")
AUTH_CACHE_DISABLE_POST_AUTHORIZE = Variable("AuthCacheCtrlr", "DisablePostAuthorize", Boolean(), default=False)

# TxCtrlr

TX_POINTS: MemberList[TxPoint] = MemberList(
    tuple(point for point in TxPoint if point is not TxPoint.PARKING_BAY_OCCUPANCY), may_be_empty=False
)
"""There is no detector for parking bays."""

EV_CONNECTION_TIME_OUT = Variable("TxCtrlr", "EVConnectionTimeOut", AT_LEAST_ONE_SECOND, 60, unit="s")
TX_START_POINT = Variable("TxCtrlr", "TxStartPoint", TX_POINTS, frozenset({TxPoint.POWER_PATH_CLOSED}))
TX_STOP_POINT = Variable(
    "TxCtrlr",
    "TxStopPoint",
    TX_POINTS,
    frozenset({TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED}),
    mutability=READ_ONLY,
    constant=True,
)
"""What is billed is what was charged by one driver on one vehicle: either of them leaving ends it (core.apply)."""
STOP_TX_ON_INVALID_ID = Variable("TxCtrlr", "StopTxOnInvalidId", Boolean(), default=True)
STOP_TX_ON_EV_SIDE_DISCONNECT = Variable("TxCtrlr", "StopTxOnEVSideDisconnect", Boolean(), default=True).fixed(
    value=True
)
"""A transaction always ends when the vehicle leaves (core.apply)."""
TX_BEFORE_ACCEPTED_ENABLED = Variable("TxCtrlr", "TxBeforeAcceptedEnabled", Boolean(), default=False)

# SampledDataCtrlr

MEASURANDS = MemberList(
    (
        ENERGY,
        MeasurandEnumType.power_active_import,
        MeasurandEnumType.power_factor,
        MeasurandEnumType.current_import,
        MeasurandEnumType.voltage,
        MeasurandEnumType.frequency,
    )
)
"""What the meter measures (core.samples)."""

SAMPLED_DATA_AVAILABLE = Variable("SampledDataCtrlr", "Available", Boolean(), default=True).fixed(value=True)
TX_STARTED_MEASURANDS = Variable("SampledDataCtrlr", "TxStartedMeasurands", MEASURANDS, frozenset({ENERGY}))
TX_UPDATED_MEASURANDS = Variable("SampledDataCtrlr", "TxUpdatedMeasurands", MEASURANDS, frozenset({ENERGY}))
TX_UPDATED_INTERVAL = Variable("SampledDataCtrlr", "TxUpdatedInterval", SECONDS, 60, unit="s")
TX_ENDED_MEASURANDS = Variable("SampledDataCtrlr", "TxEndedMeasurands", MEASURANDS, frozenset({ENERGY}))
TX_ENDED_INTERVAL = Variable("SampledDataCtrlr", "TxEndedInterval", SECONDS, 0, unit="s").fixed(0)
"""Ended holds the begin and the end, which are signed, and nothing in between."""
SIGN_READINGS = Variable("SampledDataCtrlr", "SignReadings", Boolean(), default=True)
SIGN_STARTED_READINGS = Variable("SampledDataCtrlr", "SignStartedReadings", Boolean(), default=False)
SIGN_UPDATED_READINGS = Variable("SampledDataCtrlr", "SignUpdatedReadings", Boolean(), default=False).fixed(
    value=False
)
"""Whitepaper "Signed Meter Values" 4.3.7; this meter signs begin and end, nothing in between."""

# ClockCtrlr, SecurityCtrlr

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
DATE_TIME = Variable("ClockCtrlr", "DateTime", Instant(), EPOCH, mutability=READ_ONLY)
TIME_SOURCE = Variable(
    "ClockCtrlr",
    "TimeSource",
    SequenceList(("Heartbeat", "NTP", "RealTimeClock"), may_be_empty=False),
    ("Heartbeat",),
)
IDENTITY = Variable("SecurityCtrlr", "Identity", Text(1, 48), "", mutability=READ_ONLY, constant=True)
BASIC_AUTH_PASSWORD = Variable("SecurityCtrlr", "BasicAuthPassword", Password(), Secret(""), mutability=WRITE_ONLY)
SECURITY_PROFILE = Variable("SecurityCtrlr", "SecurityProfile", Integer(0, 3), 0, mutability=READ_ONLY)

# ChargingStation, EVSE, Connector, FiscalMetering

STATES = OptionList(tuple(ConnectorStatusEnumType))
PHASES = Integer(0, 3)
FREE = ConnectorStatusEnumType.available

STATION_AVAILABLE = Variable("ChargingStation", "Available", Boolean(), default=True).fixed(value=True)
STATION_AVAILABILITY_STATE = Variable("ChargingStation", "AvailabilityState", STATES, FREE, mutability=READ_ONLY)
STATION_SUPPLY_PHASES = Variable("ChargingStation", "SupplyPhases", PHASES, 3, mutability=READ_ONLY, constant=True)

EVSE_AVAILABLE = Variable(
    "EVSE", "Available", Boolean(), default=True, mutability=READ_ONLY, constant=True, tier=Tier.EVSE
)
EVSE_AVAILABILITY_STATE = Variable("EVSE", "AvailabilityState", STATES, FREE, mutability=READ_ONLY, tier=Tier.EVSE)
EVSE_SUPPLY_PHASES = Variable("EVSE", "SupplyPhases", PHASES, 3, mutability=READ_ONLY, constant=True, tier=Tier.EVSE)
EVSE_POWER = Variable("EVSE", "Power", DecimalNumber(0), Decimal(0), unit="W", mutability=READ_ONLY, tier=Tier.EVSE)

CONNECTOR_AVAILABLE = Variable(
    "Connector", "Available", Boolean(), default=True, mutability=READ_ONLY, constant=True, tier=Tier.CONNECTOR
)
CONNECTOR_AVAILABILITY_STATE = Variable(
    "Connector", "AvailabilityState", STATES, FREE, mutability=READ_ONLY, tier=Tier.CONNECTOR
)
CONNECTOR_TYPE = Variable(
    "Connector", "ConnectorType", Text(1, 20), "cType2", mutability=READ_ONLY, constant=True, tier=Tier.CONNECTOR
)
CONNECTOR_SUPPLY_PHASES = Variable(
    "Connector", "SupplyPhases", PHASES, 3, mutability=READ_ONLY, constant=True, tier=Tier.CONNECTOR
)
FISCAL_PUBLIC_KEY = Variable("FiscalMetering", "PublicKey", Text(0, 2500), "", mutability=READ_ONLY, tier=Tier.EVSE)
"""Whitepaper "Signed Meter Values" 4.3.2: Base64 of `oca:base16:asn1:` and the key; empty until the meter told it."""

TABLE: tuple[Variable[Any], ...] = tuple(row for row in list(globals().values()) if isinstance(row, Variable))
"""Every row, in the order above; those of an EVSE or a connector not yet addressed."""

PRESETTABLE = {
    row.address.key: row for row in TABLE if row.mutability is MutabilityEnumType.read_write or row is MESSAGE_TIMEOUT
}
"""What the configuration may preset: the behaviour, not the facts."""
