"""Where people look for a fault, and what it is: the link of the chain that each core.faults.Fault stands on.

Which of several causes it was is in the words of the device that told of it.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from station.core.consequences import CAUSES
from station.core.faults import Fault
from station.core.session import Session
from station.core.why_codes import Code, Link, Standing, Step

AFTERTHOUGHT: Final = "; and its output may be on"
"""What follows is another error, of the attempt to make the first one harmless."""


class Row(NamedTuple):
    """A cause of a fault: `said`: what one of its words must be, nothing if it is the one left over."""

    step: Step
    code: Code
    said: tuple[str, ...] = ()


PORT: Final = (
    "does not exist;",
    "has no device behind it",
    "may not be opened;",
    "is in use by another process",
    "is no serial port",
    "cannot be used as a serial port",
    "cannot be opened with",
    "is gone (",
    "was closed",
    "refuses connections;",
    "cannot be reached;",
    "does not answer; is the device on",
    "the name of the host is unknown",
    "cannot be connected",
    "ended the connection",
)
"""There is no way to the line at all (station.serial_port, station.meter.serial_stream, station.meter.tcp_line)."""
SILENT: Final = ("no answer", "takes no bytes", "silent, says the gateway")
GARBLED: Final = ("damaged answer", "an answer", "bytes behind the answer", "does not fall silent", "only ")
"""Something comes, but not what the unit would say (station.meter.bus, station.meter.exchange)."""
REFUSES: Final = ("refused with exception", "answers that it cannot read")

_UNFIT: Final = (
    Row(Step.METER_ERROR, Code.UNFIT_MEASURING, ("fatal error of the meter module",)),
    Row(Step.METER_ERROR, Code.UNFIT_COMMUNICATION, ("the communication module failed to start",)),
    Row(Step.METER_ERROR, Code.UNFIT_FIRMWARE, ("firmware does not fit its hash",)),
    Row(Step.METER_ERROR, Code.UNFIT_DEVELOPMENT, ("development mode", "development firmware")),
)

ROWS: Final[Mapping[Fault, tuple[Row, ...]]] = {
    Fault.EMERGENCY: (Row(Step.FAULT, Code.EMERGENCY_STOP),),
    Fault.DOOR: (Row(Step.FAULT, Code.DOOR_OPEN),),
    Fault.GROUND: (Row(Step.FAULT, Code.RESIDUAL_CURRENT),),
    Fault.CONTROLLER: (
        Row(Step.VEHICLE, Code.VEHICLE_VENTILATION, ("state_d_refused",)),
        Row(Step.LIMIT, Code.CABLE_REFUSED, ("cable_refused",)),
        Row(Step.LIMIT, Code.CABLE_UNREADABLE, ("proximity_invalid",)),
        Row(Step.FAULT, Code.PILOT_OFF, ("not_available",)),
        Row(Step.FAULT, Code.CONTROLLER_PORT, PORT),
        Row(Step.FAULT, Code.CONTROLLER_REFUSES, REFUSES),
        Row(Step.FAULT, Code.CONTROLLER_SILENT, SILENT),
        Row(Step.FAULT, Code.CONTROLLER_GARBLED, GARBLED),
        Row(Step.FAULT, Code.CONTROLLER_ERROR),
    ),
    Fault.PILOT: (
        Row(Step.FAULT, Code.PILOT_OFF, ("in state F",)),
        Row(Step.FAULT, Code.PILOT_SHORTED),
    ),
    Fault.LOCK: (
        Row(Step.FAULT, Code.LOCK_HELD, ("unlock_failed", "still reports the plug as locked")),
        Row(Step.FAULT, Code.LOCK_JAMMED),
    ),
    Fault.BEGIN: (
        Row(Step.FAULT, Code.START_TIMEOUT, ("was not ready within",)),
        Row(Step.FAULT, Code.START_DISABLED, ("the enable input DOE",)),
        Row(Step.FAULT, Code.START_INTERRUPTED, ("no snapshot was taken",)),
        Row(Step.FAULT, Code.START_SIGNATURE, ("signature does not fit", "signature of its snapshot does not fit")),
        *_UNFIT,
        Row(Step.METER_ERROR, Code.METER_REFUSES, REFUSES),
        Row(Step.FAULT, Code.START_RECORD, ("its record cannot be used",)),
        Row(Step.FAULT, Code.START_FAILED),
    ),
    Fault.END: (Row(Step.FAULT, Code.END_OWED),),
    Fault.CLOCK: (
        Row(Step.METER_TIME, Code.TIME_IMPLAUSIBLE, ("cannot be right",)),
        Row(Step.METER_TIME, Code.TIME_UNSYNCHRONISED, ("follows neither NTP nor the CSMS",)),
        Row(Step.METER_TIME, Code.TIME_NOT_TAKEN, ("did not take the time",)),
        Row(Step.METER_TIME, Code.TIME_LOST, ("signs without time",)),
        Row(Step.METER_TIME, Code.TIME_UNSET),
    ),
    Fault.METER: (
        Row(Step.METER_ERROR, Code.METER_PORT, PORT),
        Row(Step.METER_ERROR, Code.METER_REFUSES, REFUSES),
        Row(Step.METER_ERROR, Code.METER_SILENT, SILENT),
        Row(Step.METER_ERROR, Code.METER_GARBLED, GARBLED),
        Row(Step.METER_ERROR, Code.METER_UNUSABLE),
    ),
    Fault.CHANGED: (
        Row(Step.METER_ERROR, Code.METER_NOT_CONFIGURED, ("evse.meter.public_key",)),
        Row(Step.METER_ERROR, Code.METER_FOREIGN, ("what answers",)),
        Row(Step.METER_ERROR, Code.METER_OTHER_KEY, ("has not the key",)),
        Row(Step.METER_ERROR, Code.METER_OTHER_SERIAL),
    ),
    Fault.UNFIT: (*_UNFIT, Row(Step.METER_ERROR, Code.UNFIT)),
    Fault.CONTACTOR: (
        Row(Step.CONTACTOR, Code.CONTACTOR_WELDED, ("contactor_stuck",)),
        Row(Step.CONTACTOR, Code.CONTACTOR_LIVE, ("current still flows",)),
        Row(Step.CONTACTOR, Code.CONTACTOR_FEEDBACK),
    ),
    Fault.OUTPUT: (
        Row(Step.CONTACTOR, Code.OUTPUT_STUCK, ("the output stays on",)),
        Row(Step.CONTACTOR, Code.OUTPUT_MAY_RETURN, ("may turn the output on again",)),
        Row(Step.METER_ERROR, Code.METER_UNSTEADY, (*PORT, *REFUSES, *SILENT, *GARBLED)),
        Row(Step.CONTACTOR, Code.OUTPUT_UNKNOWN),
    ),
}
"""The first row that fits counts. Of several faults on one link the one that stands above is told."""

_OTHER: Final = (Row(Step.FAULT, Code.FAULTED),)


def row_of(fault: Fault, words: str) -> Row:
    """Return what a fault is, by the words that came with it."""
    words = words.partition(AFTERTHOUGHT)[0]
    return next(
        row for row in ROWS.get(fault, _OTHER) if not row.said or any(fragment in words for fragment in row.said)
    )


def fault_links(session: Session, problems: Mapping[Fault, str]) -> dict[Step, Link]:
    """Return the links that faults stand on; `problems`: their words.

    A fault that follows from another one which is there too is worth knowing, but stops nothing by itself.
    """
    found: dict[Step, list[Link]] = {}
    for fault in sorted(session.faults, key=_rank):
        words = problems.get(fault, "")
        step, code, _ = row_of(fault, words)
        follows = any(cause in session.faults for cause in CAUSES.get(fault, ()))
        params = {"tech_code": fault.value} | ({"transaction": session.owed or ""} if fault is Fault.END else {})
        link = Link(step, Standing.NOTE if follows else Standing.STOPS, code, words, params)
        found.setdefault(step, []).append(link)
    return {step: _as_one(links) for step, links in found.items()}


def _rank(fault: Fault) -> int:
    return list(ROWS).index(fault) if fault in ROWS else len(ROWS)


def _as_one(links: Iterable[Link]) -> Link:
    """Return the link that counts; its details name the others too."""
    first, *others = sorted(links, key=lambda link: link.standing is not Standing.STOPS)
    told = [first.detail, *(f"{link.params['tech_code']}: {link.detail}" for link in others)]
    detail = "; also ".join(text for text in told if text)
    return Link(first.step, first.standing, first.code, detail, first.params)
