"""What happens to an EVSE: everything that `step` takes."""

from dataclasses import dataclass
from enum import StrEnum

from ocpp.v201.enums import ReasonEnumType, TriggerReasonEnumType

from station.core.faults import Fault
from station.core.powermeter import Powermeter
from station.core.records import LeftOver, SignedRecord
from station.core.tokens import IdToken, Source


class Timer(StrEnum):
    """Timers that a session runs; one of each kind at most."""

    EV_CONNECT = "ev_connect"
    SAMPLE = "sample"
    ENDED_SAMPLE = "ended_sample"
    PHASES = "phases"
    EV_READY = "ev_ready"
    ALLOWANCE = "allowance"
    SETTLE = "settle"
    RETRY = "retry"


class Due(StrEnum):
    """What a sample is for."""

    UPDATED = "updated"
    """TxUpdatedInterval: an Updated event."""
    ENDED = "ended"
    """TxEndedInterval: kept for the Ended event."""
    CLOCK_UPDATED = "clock_updated"
    """AlignedDataCtrlr.Interval: an Updated event."""
    CLOCK_ENDED = "clock_ended"
    """AlignedDataCtrlr.TxEndedInterval: kept for the Ended event."""
    PHASES = "phases"
    """To see how many phases the vehicle uses."""


@dataclass(frozen=True, slots=True)
class Woken:
    """The station has started; always the first event of an EVSE. `left_over` is None if the meter is silent."""

    left_over: LeftOver | None
    problem: str = ""
    """Why there is no `left_over`, in the words of the driver."""
    fault: Fault = Fault.METER
    """What that problem is."""
    clock_trusted: bool = True
    """The time is known, not guessed: a clock without a battery begins anew where it stood when the power went."""


@dataclass(frozen=True, slots=True)
class MeterFound:
    """A meter that was silent at start-up has answered."""

    left_over: LeftOver


@dataclass(frozen=True, slots=True)
class PilotChanged:
    """The control pilot shows another letter (IEC 61851-1: A..F), or another cable."""

    letter: str
    cable_rating_amps: float | None = None


@dataclass(frozen=True, slots=True)
class Authorized:
    """A driver may charge here."""

    token: IdToken
    group: IdToken | None = None
    remote_start_id: int | None = None
    source: Source = Source.NOBODY
    """Who vouches for the token."""


class StopCause(StrEnum):
    """Who ended the authorization of a transaction."""

    CARD = "card"
    REMOTE = "remote"
    MASTER_PASS = "master_pass"  # noqa: S105 not a password
    RESET = "reset"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The transaction shall end. `transaction_id` None means whatever runs here."""

    cause: StopCause
    transaction_id: str | None = None
    token: IdToken | None = None
    """The card that ended it, if it was one."""


@dataclass(frozen=True, slots=True)
class BeginSigned:
    """The meter signed the start; its output is on."""

    record: SignedRecord
    reading: Powermeter | None = None
    """Live values of that moment, for measurands that a record does not hold."""


@dataclass(frozen=True, slots=True)
class BeginFailed:
    """The meter did not sign the start; its output is off or unknown."""

    fault: Fault
    text: str


@dataclass(frozen=True, slots=True)
class EndSigned:
    """The meter signed the end; its output is off."""

    record: SignedRecord
    reading: Powermeter | None = None
    """Live values of that moment, for measurands that a record does not hold."""


@dataclass(frozen=True, slots=True)
class EndFailed:
    """The meter did not sign the end."""

    fault: Fault
    text: str
    reading: Powermeter | None = None
    """The newest live values, for a report that has to do without a signed end."""


@dataclass(frozen=True, slots=True)
class OutputReleased:
    """The meter's output is off and the feedback contact agrees."""


@dataclass(frozen=True, slots=True)
class ReleaseFailed:
    """The meter's output may still be on, or the contactor does not open."""

    fault: Fault
    text: str


@dataclass(frozen=True, slots=True)
class Sampled:
    """Live values, as asked for by the effect TakeSample."""

    reading: Powermeter
    due: frozenset[Due] = frozenset({Due.UPDATED})
    record: SignedRecord | None = None
    """Signed meanwhile, if that was asked for and the meter could."""


@dataclass(frozen=True, slots=True)
class LimitChanged:
    """The current that this EVSE may offer; 0 means none."""

    limit_amps: float


@dataclass(frozen=True, slots=True)
class FaultRaised:
    fault: Fault
    text: str = ""


@dataclass(frozen=True, slots=True)
class FaultCleared:
    fault: Fault


@dataclass(frozen=True, slots=True)
class Blocked:
    """New sessions are (not) admitted, because the station, or this EVSE, waits to restart (B12.FR.03)."""

    on: bool


@dataclass(frozen=True, slots=True)
class AvailabilityChanged:
    """The CSMS took the EVSE out of service, or put it back (G03, G04)."""

    operative: bool


@dataclass(frozen=True, slots=True)
class Triggered:
    """The CSMS wants to know how the transaction is (F06.FR.07); `reading`: live values, if any are fresh."""

    reading: Powermeter | None


@dataclass(frozen=True, slots=True)
class ClockStruck:
    """It is time for clock-aligned values of a transaction (J01)."""

    due: frozenset[Due]


@dataclass(frozen=True, slots=True)
class IntervalsChanged:
    """The CSMS wants samples at other times than before."""


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The CSMS had the plug let go (F05)."""


@dataclass(frozen=True, slots=True)
class BayChanged:
    """The detector of the parking bay sees a vehicle, or none any more."""

    occupied: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What the CSMS says about the token of a transaction, in the answer to an event (E05, C10.FR.05)."""

    transaction_id: str
    accepted: bool
    group: IdToken | None = None


@dataclass(frozen=True, slots=True)
class TimerExpired:
    timer: Timer


DeviceEvent = (
    BeginSigned | BeginFailed | EndSigned | EndFailed | OutputReleased | ReleaseFailed | FaultRaised | FaultCleared
)
"""What the meter and the charge controller did, or could not do."""

Event = (
    Woken
    | MeterFound
    | PilotChanged
    | Authorized
    | StopRequested
    | DeviceEvent
    | Sampled
    | LimitChanged
    | Blocked
    | AvailabilityChanged
    | Triggered
    | ClockStruck
    | IntervalsChanged
    | Unlocked
    | BayChanged
    | Judged
    | TimerExpired
)

WITHOUT_DELAY = frozenset({StopCause.RESET, StopCause.SHUTDOWN})
"""Causes that end the transaction itself, whatever its stop points are."""

STOPS: dict[StopCause, tuple[TriggerReasonEnumType, ReasonEnumType]] = {
    StopCause.CARD: (TriggerReasonEnumType.stop_authorized, ReasonEnumType.local),
    StopCause.REMOTE: (TriggerReasonEnumType.remote_stop, ReasonEnumType.remote),
    StopCause.MASTER_PASS: (TriggerReasonEnumType.stop_authorized, ReasonEnumType.master_pass),
    StopCause.RESET: (TriggerReasonEnumType.reset_command, ReasonEnumType.immediate_reset),
    StopCause.SHUTDOWN: (TriggerReasonEnumType.abnormal_condition, ReasonEnumType.reboot),
}
"""What is reported for each cause: trigger and stoppedReason of the Ended event."""
