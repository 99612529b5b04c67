"""What can be wrong with an EVSE, and which component of the device model it is reported on."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """A reason not to charge. The value is the techCode of its NotifyEvent."""

    METER = "MeterSilent"
    """The meter does not answer or says what cannot be used."""
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


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault with the words of the device that reported it."""

    fault: Fault
    text: str = ""


COMPONENTS = {
    Fault.METER: "FiscalMetering",
    Fault.BEGIN: "FiscalMetering",
    Fault.CONTACTOR: "PowerContactor",
    Fault.END: "FiscalMetering",
    Fault.CONTROLLER: "CPPWMController",
    Fault.PILOT: "CPPWMController",
    Fault.LOCK: "ConnectorPlugRetentionLock",
}
"""Components of OCPP 2.0.1 Part 2 appendix 3; the variable is always `Problem`."""
