"""What shall be done about it: everything that `step` answers with."""

from dataclasses import dataclass
from datetime import datetime

from ocpp.v201.enums import ReasonEnumType

from station.core.events import Due, Timer
from station.core.powermeter import TransactionReq
from station.core.records import SignedRecord
from station.core.reports import Alert, Sample, TransactionReport
from station.core.tokens import IdToken


@dataclass(frozen=True, slots=True)
class TurnOn:
    """Have the meter sign the start and turn its output on; answered by BeginSigned or BeginFailed."""

    request: TransactionReq


@dataclass(frozen=True, slots=True)
class TurnOff:
    """Have the meter turn its output off and sign the end; answered by EndSigned or EndFailed."""

    transaction_id: str


@dataclass(frozen=True, slots=True)
class ReleaseOutput:
    """Make sure that the meter's output is off, without a record; answered by OutputReleased or ReleaseFailed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Let the vehicle draw up to this current."""

    limit_amps: float


@dataclass(frozen=True, slots=True)
class Withhold:
    """Let the vehicle draw nothing."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Hold the plug."""


@dataclass(frozen=True, slots=True)
class Unlock:
    """Let the plug go."""


@dataclass(frozen=True, slots=True)
class TakeSample:
    """Read live values; answered by Sampled, or by nothing if the meter does not answer."""

    due: frozenset[Due] = frozenset({Due.UPDATED})
    signed: bool = False
    """Have the meter sign them too."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    timer: Timer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    timer: Timer


@dataclass(frozen=True, slots=True)
class OpenReceipt:
    """A transaction exists from now on."""

    transaction_id: str
    id_token: IdToken | None
    started_at: datetime
    request: TransactionReq | None = None
    """What the meter was asked to sign for."""


@dataclass(frozen=True, slots=True)
class KeepRecord:
    """Store a signed record with its transaction."""

    transaction_id: str
    record: SignedRecord


@dataclass(frozen=True, slots=True)
class SetAside:
    """Keep a record as evidence that must not be reported."""

    record: SignedRecord
    reason: str


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """Remember the number of a record that the meter signed for nobody, so that it is not missed later."""

    record: SignedRecord


@dataclass(frozen=True, slots=True)
class Collect:
    """Keep a sample for the Ended event of its transaction."""

    transaction_id: str
    sample: Sample


@dataclass(frozen=True, slots=True)
class CloseReceipt:
    """The transaction is over."""

    transaction_id: str
    ended_at: datetime
    stopped_reason: ReasonEnumType


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the CSMS about the transaction, once and in order."""

    report: TransactionReport


@dataclass(frozen=True, slots=True)
class AmendEnded:
    """Put the end that was signed late into the Ended event of its transaction, if that still waits to be sent."""

    transaction_id: str
    end: Sample


@dataclass(frozen=True, slots=True)
class Raise:
    """Tell the CSMS about a problem that came or went."""

    alert: Alert


StoredEffect = OpenReceipt | KeepRecord | SetAside | NoteRecord | Collect | CloseReceipt | Report | AmendEnded | Raise
"""Committed together with the session, before anything else is done."""

DeviceEffect = TurnOn | TurnOff | ReleaseOutput | Offer | Withhold | Lock | Unlock
"""Done one after the other by the EVSE's worker."""

Effect = StoredEffect | DeviceEffect | TakeSample | StartTimer | StopTimer
