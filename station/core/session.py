"""The state of one EVSE, as it is stored, and what can be read off it."""

from dataclasses import dataclass, field
from enum import StrEnum

from ocpp.v201.enums import (
    ChargingStateEnumType,
    ConnectorStatusEnumType,
    ReasonEnumType,
    TriggerReasonEnumType,
)

from station.core.events import Authorized
from station.core.faults import Fault
from station.core.powermeter import TransactionReq
from station.core.records import SignedRecord
from station.core.tokens import IdToken

MINIMUM_OFFER_AMPS = 6.0
"""IEC 61851-1: the smallest current that the pilot can offer."""


class Metering(StrEnum):
    """Where the meter's output and signature are."""

    OFF = "off"
    STARTING = "starting"
    ON = "on"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a transaction is being ended."""

    trigger: TriggerReasonEnumType
    reason: ReasonEnumType
    token: IdToken | None = None
    """The card that did it; another one than the driver's may do so (C09)."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction from its id to its last report; `told_*` remember the fields that are sent once (E01, E02)."""

    id: str
    cause: TriggerReasonEnumType
    """What completed the conditions; the trigger of the first event."""
    token: IdToken | None = None
    remote_start_id: int | None = None
    seq_no: int = 0
    """The number of the next event."""
    started: bool = False
    """Started has been reported."""
    request: TransactionReq | None = None
    """What the meter is, or was, asked to sign the begin for."""
    begin: SignedRecord | None = None
    end: SignedRecord | None = None
    end_attempts: int = 0
    stop: Stop | None = None
    suspended: bool = False
    """The CSMS withdrew the authorization and the transaction goes on without energy (E05.FR.02)."""
    energy_flowed: bool = False
    told_state: ChargingStateEnumType | None = None
    told_token: bool = False
    told_evse: bool = False
    told_remote: bool = False
    told_begin: bool = False
    told_key: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that an EVSE knows about itself. Only `step` makes a new one."""

    evse_id: int
    awake: bool = False
    """What the meter held from before has been dealt with."""
    plugged: bool = False
    letter: str = ""
    """Control pilot, A..F; empty until it was seen."""
    cable_rating_amps: float | None = None
    authorization: Authorized | None = None
    transaction: Transaction | None = None
    metering: Metering = Metering.OFF
    limit_amps: float | None = None
    """What the power management allows; None if nothing limits."""
    offered_amps: float = 0.0
    faults: frozenset[Fault] = field(default_factory=frozenset)
    blocked: bool = False
    """The station, or this EVSE, waits to restart."""
    inoperative: bool = False
    """Out of service by ChangeAvailability; who charges may end it as he likes (G03.FR.05)."""
    owed: str | None = None
    """The transaction that ended without its signed end; the meter may still give it."""
    owed_by: str = ""
    """The serial of the meter that owes it; no other can give it."""
    owed_key_told: bool = False
    """The CSMS has that meter's public key from this transaction."""
    last_pagination: int = -1
    """The highest response counter among the records of this EVSE that are of meter `last_serial`."""
    last_serial: str = ""


def wants_energy(session: Session) -> bool:
    """The vehicle closed its contact: pilot state C or D."""
    return session.letter in ("C", "D")


def energy_flows(session: Session) -> bool:
    return session.metering is Metering.ON and session.offered_amps > 0 and wants_energy(session)


def charging_state(session: Session) -> ChargingStateEnumType:
    """Return what chargingState says now (E02.FR.13)."""
    transaction = session.transaction
    if not session.plugged:
        return ChargingStateEnumType.idle
    if transaction is None or session.metering is not Metering.ON or transaction.stop:
        return ChargingStateEnumType.ev_connected
    if energy_flows(session):
        return ChargingStateEnumType.charging
    if transaction.suspended or (transaction.energy_flowed and session.offered_amps == 0):
        return ChargingStateEnumType.suspended_evse
    return ChargingStateEnumType.suspended_ev if transaction.energy_flowed else ChargingStateEnumType.ev_connected


def connector_status(session: Session) -> ConnectorStatusEnumType:
    """Return what StatusNotification says now (G01)."""
    if session.faults:
        return ConnectorStatusEnumType.faulted
    if (session.blocked or session.inoperative or not session.awake) and idle(session):
        return ConnectorStatusEnumType.unavailable
    return ConnectorStatusEnumType.occupied if session.plugged else ConnectorStatusEnumType.available


def waking(session: Session) -> bool:
    """The station has just started and looks at what its devices hold; nothing can be said about it yet."""
    return not session.awake and not session.faults


def refusal(session: Session) -> str | None:
    """Return why nobody can be authorized here now, in words for an operator, or None."""
    if session.faults:
        return "faulted: " + ", ".join(sorted(session.faults))
    if not session.awake:
        return "the meter has not been read since the station started"
    if session.blocked:
        return "the station waits to restart"
    if session.authorization is not None:
        return "a driver is authorized already"
    if session.inoperative and session.transaction is None:
        return "out of service"
    if session.transaction is not None and session.transaction.stop is not None:
        return "the last transaction is being signed"
    return None


def idle(session: Session) -> bool:
    """Nothing would be lost by a restart: no transaction, nobody authorized."""
    return session.transaction is None and session.authorization is None
