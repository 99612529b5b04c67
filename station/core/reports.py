"""What a session tells the CSMS, before it is put into the words of OCPP."""

from dataclasses import dataclass
from datetime import datetime

from ocpp.v201.enums import (
    ChargingStateEnumType,
    MeasurandEnumType,
    PhaseEnumType,
    ReadingContextEnumType,
    ReasonEnumType,
    TransactionEventEnumType,
    TriggerReasonEnumType,
)

from station.core.tokens import IdToken


@dataclass(frozen=True, slots=True)
class SignedValue:
    """A signed record as it goes with a sample."""

    ocmf: bytes
    public_key: bytes | None
    """The meter's key (DER) if it is due here (OCPPCommCtrlr.PublicKeyWithSignedMeterValue)."""


@dataclass(frozen=True, slots=True)
class SampledValue:
    """One measurand; `value` in the unit that `unit` names."""

    measurand: MeasurandEnumType
    value: float
    unit: str
    context: ReadingContextEnumType
    phase: PhaseEnumType | None = None
    signed: SignedValue | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Measurands that belong to one instant (MeterValueType)."""

    taken_at: datetime
    values: tuple[SampledValue, ...]


@dataclass(frozen=True, slots=True)
class TransactionReport:
    """One event of a transaction; complete and fixed when it is made (E02.FR.07, E04.FR.01)."""

    event: TransactionEventEnumType
    transaction_id: str
    seq_no: int
    happened_at: datetime
    trigger: TriggerReasonEnumType
    charging_state: ChargingStateEnumType | None = None
    stopped_reason: ReasonEnumType | None = None
    remote_start_id: int | None = None
    evse_id: int | None = None
    id_token: IdToken | None = None
    number_of_phases_used: int | None = None
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A problem of a component appeared or went (NotifyEvent)."""

    component: str
    evse_id: int
    active: bool
    happened_at: datetime
    tech_code: str
    tech_info: str = ""
    transaction_id: str | None = None
