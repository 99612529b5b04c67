"""What inputs mean for an EVSE."""

import pytest

from station.core.faults import COMPONENTS, Fault
from station.inputs.meanings import FAULTS, InputState, Meaning, grid_limit_amps


@pytest.mark.parametrize(("phases", "amps"), [(3, 6.0), (2, 9.0), (1, 18.0)])
def test_the_limit_of_the_grid_is_kept_on_each_number_of_phases(phases, amps):
    assert grid_limit_amps(phases) == amps
    assert amps * phases * 230 <= 4200


def test_every_meaning_is_a_fault_or_a_limit():
    assert set(Meaning) - set(FAULTS) == {Meaning.LIMIT_4200W}
    assert set(FAULTS.values()) <= set(COMPONENTS)
    assert FAULTS[Meaning.RESIDUAL_CURRENT] is Fault.GROUND


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({"contact": True}, "input stop"),
        ({"contact": True, "latched": True}, "input stop"),
        ({"contact": False, "latched": True}, "input stop was active and waits for a reset"),
        ({"error": "no such chip"}, "input stop cannot be read: no such chip"),
        ({"error": "no such chip", "latched": True}, "input stop cannot be read: no such chip"),
    ],
)
def test_an_operator_reads_why_it_counts_as_active(state, text):
    assert InputState("stop", Meaning.EMERGENCY_STOP, (1,), active=True, **state).text == text
