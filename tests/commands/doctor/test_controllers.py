"""What is thought of a charge controller."""

import pytest

from station.commands.doctor import controllers
from station.commands.doctor.controllers import REMEDIES
from station.commands.doctor.findings import Result
from station.core.controller_faults import FAULTS
from station.hardware.ports import PilotLetter, PilotStatus


def test_every_fault_of_a_controller_has_a_remedy_of_its_own():
    assert set(FAULTS) <= set(REMEDIES)


@pytest.mark.parametrize("letter", PilotLetter)
def test_every_state_has_words(letter):
    assert controllers.WORDS[letter]


def test_several_error_bits_are_told_with_all_remedies():
    finding = controllers.errors("bits", PilotStatus(PilotLetter.A, False, None, frozenset({"lock_failed", "odd"})))
    assert (finding.result, finding.found) == (Result.FAILURE, "lock_failed, odd")
    assert finding.remedy == f"{REMEDIES['lock_failed']}; see odd in its manual"
