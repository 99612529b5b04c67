"""An error bit of the charge controller is a problem of the component that it is about."""

import pytest

from station.core.controller_faults import FAULTS, faults_of
from station.core.faults import Fault
from station.hardware.phoenix import ERROR_NAMES


@pytest.mark.ocpp("G05.FR.02")
def test_each_bit_is_told_on_its_component_and_the_rest_on_the_controller() -> None:
    told = faults_of({"unlock_failed", "lock_failed", "cable_refused", "residual_current"})
    assert told == {
        Fault.CONTROLLER: "cable_refused",
        Fault.LOCK: "lock_failed, unlock_failed",
        Fault.GROUND: "residual_current",
    }
    assert faults_of(()) == {}


def test_the_names_are_those_of_the_controller() -> None:
    assert set(FAULTS) <= set(ERROR_NAMES.values())
