"""The charge controller of each EVSE: whether it answers, and what it sees."""

from collections.abc import Iterator
from typing import Final

from station.commands.doctor.findings import Finding, Group
from station.errors import DeviceError, LineSilentError
from station.hardware.ports import ChargeController, PilotLetter, PilotStatus
from station.settings import EvseSettings, LineSettings

GROUP: Final = Group("controller")
WORDS: Final = {
    PilotLetter.A: "no vehicle",
    PilotLetter.B: "a vehicle is there",
    PilotLetter.C: "a vehicle wants power",
    PilotLetter.D: "a vehicle wants power and ventilation",
    PilotLetter.E: "the pilot is shorted or without supply",
    PilotLetter.F: "the controller is not available",
}
"""What each state of the control pilot means."""
BROKEN: Final = PilotLetter.E
REMEDIES: Final = {
    "residual_current": "look for an earth fault at vehicle, cable and contactor; then reset the monitor",
    "lock_failed": "push the plug all the way in, clean the socket, check the lock's wires",
    "unlock_failed": "check the lock's wires; the plug can be released by hand at the actuator",
    "contactor_stuck": "switch the outlet off at its breaker and have the contactor replaced",
    "pilot_invalid": "pull the cable; if it stays, check the wires CP and PE from controller to socket",
    "proximity_invalid": "pull the cable; if it stays, check the wire PP from controller to socket",
    "cable_refused": "the cable carries less than the controller is set to; use another one",
}
"""By the names of station.hardware.ports.PilotStatus."""


async def look(controller: ChargeController, evse: EvseSettings, line: LineSettings) -> PilotStatus | Finding:
    """Look once, without changing anything; what keeps it from answering is a finding."""
    name = f"EVSE {evse.id}"
    try:
        return await controller.status()
    except LineSilentError as error:
        asked = f"it was asked as {evse.controller.type}, unit {evse.controller.unit}"
        remedy = f"check its supply and wires; {asked}. `station init --ports {line.port}` finds who answers there"
        return GROUP.failure(name, str(error), remedy)
    except DeviceError as error:
        remedy = "correct type, line and unit in [evse.controller]; `station init --ports` finds who answers where"
        return GROUP.failure(name, str(error), remedy)


def judged(status: PilotStatus, evse: EvseSettings) -> Iterator[Finding]:
    """Yield what is to be thought of a controller that answered."""
    name = f"EVSE {evse.id}"
    where = f"{evse.controller.type}, unit {evse.controller.unit} on line {evse.controller.line}"
    letter = status.letter
    told = f"{where}: state {letter.value}, {WORDS[letter]}"
    if letter is BROKEN:
        remedy = "pull the cable; if it stays, check the wires CP and PE from controller to socket"
        yield GROUP.failure(name, told, remedy)
    else:
        yield GROUP.ok(name, told)
    yield errors(f"{name} error bits", status)


def errors(name: str, status: PilotStatus) -> Finding:
    """A controller that has something against the outlet does not let it charge."""
    if not status.errors:
        return GROUP.ok(name, "none")
    remedies = dict.fromkeys(REMEDIES.get(error, f"see {error} in its manual") for error in sorted(status.errors))
    return GROUP.failure(name, ", ".join(sorted(status.errors)), "; ".join(remedies))
