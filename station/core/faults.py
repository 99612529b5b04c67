"""What can be wrong with an EVSE, and which component of the device model it is reported on."""

from enum import StrEnum

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
    """The charge controller found a residual current."""


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
}
"""Components of OCPP 2.0.1 Part 2 appendix 3; the variable is always `Problem`."""


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
