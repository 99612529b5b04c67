"""The state of one EVSE, as it is stored, and what can be read off it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ocpp.v201.enums import (
    ChargingStateEnumType,
    ConnectorStatusEnumType,
    ReasonEnumType,
    TriggerReasonEnumType,
)

from station.core.events import Authorized
from station.core.faults import Fault
from station.core.policy import Policy, TxPoint
from station.core.powermeter import Powermeter, TransactionReq
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
    """Why the authorization of a transaction, or the transaction itself, is being ended."""

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
    begin_reading: Powermeter | None = None
    """Live values of the begin, for measurands that a record does not hold."""
    end: SignedRecord | None = None
    end_reading: Powermeter | None = None
    end_attempts: int = 0
    over: Stop | None = None
    """Who was authorized is so no more: the end is signed, and nothing begins again. The transaction may go on."""
    stop: Stop | None = None
    """The transaction ends as soon as the meter is done with it."""
    keep_locked: bool = False
    """The plug is let go to its owner only (E05.FR.11, E09.FR.03)."""
    released: bool = False
    """It was decided about the plug."""
    invalid: bool = False
    """The CSMS refuses the token, and StopTxOnInvalidId is false."""
    suspended: bool = False
    """No energy any more for a token that the CSMS refuses; the transaction goes on (E05.FR.02)."""
    energy_flowed: bool = False
    ev_had_time: bool = False
    """The vehicle was offered current long enough to take some."""
    phases: int = 0
    """How many phases were in use at the last look; 0 if nobody looked yet."""
    told_phases: int = 0
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
    """The vehicle is connected."""
    plugged_at: datetime | None = None
    cable_in: bool = False
    """A plug is in the socket, whether or not a vehicle is at the other end; on a fixed cable: the vehicle's."""
    bay_occupied: bool = False
    letter: str = ""
    """Control pilot, A..F; empty until it was seen."""
    cable_rating_amps: float | None = None
    authorization: Authorized | None = None
    authorized_at: datetime | None = None
    held_for: IdToken | None = None
    """Whose plug stays locked though the transaction is over; the same card, or UnlockConnector, lets it go."""
    served: IdToken | None = None
    """Whose transaction ended last with the vehicle that is still plugged in."""
    transaction: Transaction | None = None
    metering: Metering = Metering.OFF
    limit_amps: float | None = None
    """What the power management allows; None if nothing limits."""
    offered_amps: float = 0.0
    faults: frozenset[Fault] = field(default_factory=frozenset)
    settling: frozenset[Fault] = field(default_factory=frozenset)
    """Faults that went a moment ago and may come back; the CSMS is told that they went when they stay away."""
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


def is_left_by_other(session: Session, token: IdToken) -> bool:
    """The vehicle that is plugged in has charged for somebody else, so it is hardly this driver's."""
    return session.served is not None and not session.served.matches(token)


def wants_energy(session: Session) -> bool:
    """The vehicle closed its contact: pilot state C or D."""
    return session.letter in ("C", "D")


def allowed_amps(session: Session, policy: Policy) -> float:
    """Return the smallest of all limits; nothing below what the pilot can offer."""
    limits = (policy.max_current_amps, session.limit_amps, session.cable_rating_amps)
    limit = min(limit for limit in limits if limit is not None)
    return limit if limit >= MINIMUM_OFFER_AMPS else 0.0


def energy_flows(session: Session) -> bool:
    return session.metering is Metering.ON and session.offered_amps > 0 and session.plugged and wants_energy(session)


def conditions(session: Session) -> frozenset[TxPoint]:
    """Return what holds now of that with which transactions begin and end (E01, E06)."""
    authorized, transaction = session.authorization is not None, session.transaction
    signed = transaction is not None and transaction.begin is not None and session.metering is not Metering.OFF
    held = {
        TxPoint.PARKING_BAY_OCCUPANCY: session.bay_occupied,
        TxPoint.EV_CONNECTED: session.plugged,
        TxPoint.AUTHORIZED: authorized,
        TxPoint.POWER_PATH_CLOSED: session.plugged and authorized,
        TxPoint.DATA_SIGNED: signed,
        TxPoint.ENERGY_TRANSFER: energy_flows(session),
    }
    return frozenset(point for point, holds in held.items() if holds)


def charging_state(session: Session) -> ChargingStateEnumType:
    """Return what chargingState says now (E02.FR.13)."""
    transaction = session.transaction
    if not session.plugged:
        return ChargingStateEnumType.idle
    if transaction is None or transaction.stop or transaction.over:
        return ChargingStateEnumType.ev_connected
    if transaction.suspended:  # E05.FR.02, also before the start is signed
        return ChargingStateEnumType.suspended_evse
    if session.metering is not Metering.ON:
        return ChargingStateEnumType.ev_connected
    if energy_flows(session):
        return ChargingStateEnumType.charging
    if transaction.energy_flowed and session.offered_amps == 0:
        return ChargingStateEnumType.suspended_evse
    # TC_E_38: a vehicle that is offered current and takes none suspends, once it had the time to take some.
    declines = transaction.energy_flowed or (transaction.ev_had_time and session.offered_amps > 0)
    return ChargingStateEnumType.suspended_ev if declines else ChargingStateEnumType.ev_connected


def connector_status(session: Session) -> ConnectorStatusEnumType:
    """Return what StatusNotification says now (G01)."""
    if session.faults:
        return ConnectorStatusEnumType.faulted
    taken, transaction = session.plugged or session.cable_in, session.transaction
    # G01.FR.05: nothing is announced as free that will not be when the end is signed.
    leaving = not taken and transaction is not None and (transaction.stop or transaction.over)
    if (session.blocked or session.inoperative or not session.awake) and (idle(session) or leaving):
        return ConnectorStatusEnumType.unavailable
    return ConnectorStatusEnumType.occupied if taken else ConnectorStatusEnumType.available


def waking(session: Session) -> bool:
    """The station has just started and looks at what its devices hold; nothing can be said about it yet."""
    return not session.awake and not session.faults


def refusal(session: Session) -> str | None:
    """Return why nobody can be authorized here now, in words for an operator, or None."""
    transaction = session.transaction
    if session.faults:
        return "faulted: " + ", ".join(sorted(session.faults))
    if not session.awake:
        return "the meter has not been read since the station started"
    if session.blocked:
        return "the station waits to restart"
    if session.authorization is not None:
        return "a driver is authorized already"
    if session.held_for is not None:
        return "the plug is held for its owner"
    if session.inoperative and (transaction is None or transaction.begin is not None):
        return "out of service"  # G03.FR.05: who charged already would do so in the next transaction
    if transaction is not None and (transaction.stop or (transaction.over and session.metering is not Metering.OFF)):
        return "the last transaction is being signed"
    return None


def has_transaction(session: Session, transaction_id: str) -> bool:
    """Tell whether this transaction runs here, the seconds included in which its end is being signed."""
    return session.transaction is not None and session.transaction.id == transaction_id


def idle(session: Session) -> bool:
    """Nothing would be lost by a restart: no transaction, nobody authorized."""
    return session.transaction is None and session.authorization is None
