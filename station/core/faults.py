"""What can be wrong with an EVSE, and which component of the device model it is reported on."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ocpp.v201.enums import ReasonEnumType

from station.errors import (
    ClockUnsetError,
    ContactorStuckError,
    DeviceError,
    LineSilentError,
    PortError,
    SnapshotFailedError,
    WrongMeterError,
)

WRONG_CONTACT = 5
"""Snapshot status of the meter: the feedback contact does not follow (METER.md section 1)."""


class Fault(StrEnum):
    """A reason not to charge. The value is the techCode of its NotifyEvent."""

    METER = "MeterSilent"
    """The meter does not answer or says what cannot be used."""
    CHANGED = "MeterChanged"
    """Another meter or another public key than the one that is known here."""
    UNFIT = "MeterUnfit"
    """The meter says of itself that it must not be used for billing."""
    CLOCK = "MeterClockUnset"
    """The meter has no time, and the station has none to give."""
    OUTPUT = "MeterOutput"
    """The meter's output could not be turned off, or may come on again."""
    BEGIN = "SignedStartFailed"
    """The meter did not sign the start; cleared when the vehicle leaves."""
    CONTACTOR = "ContactorFeedback"
    """The feedback contact does not follow the contactor: welded, or a wire is off."""
    END = "SignedEndMissing"
    """A transaction ended without its signed end; the station keeps asking for it."""
    CONTROLLER = "ControllerSilent"
    """The charge controller does not answer."""
    PILOT = "PilotError"
    """The control pilot is in state E or F."""
    LOCK = "PlugLock"
    """The plug could not be locked."""
    GROUND = "ResidualCurrent"
    """The charge controller, or an input, found a residual current."""
    EMERGENCY = "EmergencyStop"
    """Somebody pressed the emergency stop."""
    DOOR = "EnclosureOpen"
    """A door or panel of the station is open."""


FLAPPING = frozenset({Fault.METER, Fault.CONTROLLER, Fault.PILOT})
"""Faults of wires and lines, which come and go many times a minute."""

COMPONENTS = {
    Fault.METER: "FiscalMetering",
    Fault.CHANGED: "FiscalMetering",
    Fault.UNFIT: "FiscalMetering",
    Fault.CLOCK: "FiscalMetering",
    Fault.OUTPUT: "FiscalMetering",
    Fault.BEGIN: "FiscalMetering",
    Fault.CONTACTOR: "PowerContactor",
    Fault.END: "FiscalMetering",
    Fault.CONTROLLER: "CPPWMController",
    Fault.PILOT: "CPPWMController",
    Fault.LOCK: "ConnectorPlugRetentionLock",
    Fault.GROUND: "RCD",
    Fault.EMERGENCY: "EmergencyStopSensor",
    Fault.DOOR: "CaseAccessSensor",
}
"""Components of OCPP 2.0.1 Part 2 appendix 3."""

VARIABLES: Final[Mapping[str, str]] = {Fault.EMERGENCY: "Active", Fault.DOOR: "Active"}
"""By techCode, the variable of the component that tells a fault where that is not `Problem`.

Of these sensors `Problem` would say that the sensor itself is broken (appendix 3.2.10).
"""

REASONS: Final[Mapping[Fault, ReasonEnumType]] = {
    Fault.GROUND: ReasonEnumType.ground_fault,
    Fault.EMERGENCY: ReasonEnumType.emergency_stop,
}
"""stoppedReason of a transaction that a fault ends, where there is a better word than Other (E06.FR.16)."""

OF_INPUTS: Final = frozenset({Fault.EMERGENCY, Fault.DOOR})
"""What inputs alone report: nothing else raises or clears it."""


def fault_of(error: DeviceError, *, otherwise: Fault) -> Fault:
    """Return the fault that an error of the meter stands for."""
    match error:
        case SnapshotFailedError(status=status) if status == WRONG_CONTACT:
            return Fault.CONTACTOR
        case ContactorStuckError():
            return Fault.CONTACTOR
        case WrongMeterError():
            return Fault.CHANGED
        case ClockUnsetError():
            return Fault.CLOCK
        case LineSilentError() | PortError():
            return Fault.METER
    return otherwise
