"""Which fault may follow from which other one, for the `cause` of an event (N07.FR.05)."""

from collections.abc import Mapping
from typing import Final

from station.core.faults import Fault

CAUSES: Final[Mapping[str, tuple[Fault, ...]]] = {
    Fault.BEGIN: (Fault.CONTACTOR, Fault.METER, Fault.CLOCK, Fault.CHANGED, Fault.UNFIT),
    Fault.END: (Fault.CONTACTOR, Fault.CHANGED, Fault.METER, Fault.CLOCK),
    Fault.OUTPUT: (Fault.CONTACTOR, Fault.METER),
    Fault.PILOT: (Fault.CONTROLLER, Fault.EMERGENCY, Fault.GROUND),
    Fault.LOCK: (Fault.CONTROLLER,),
    # Both may take the supply away from the devices of an EVSE.
    Fault.METER: (Fault.EMERGENCY, Fault.GROUND),
    Fault.CONTROLLER: (Fault.EMERGENCY, Fault.GROUND),
}
"""For each fault that can be a consequence, what it may be one of, the likeliest first; by techCode."""
