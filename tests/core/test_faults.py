"""Which fault an error of the meter is, and in which words of OCPP faults are told."""

import pytest

from station.core.faults import COMPONENTS, OF_INPUTS, REASONS, VARIABLES, WRONG_CONTACT, Fault, fault_of
from station.errors import (
    ClockUnsetError,
    ContactorStuckError,
    LineSilentError,
    MeterBusyError,
    PortError,
    SnapshotFailedError,
    WrongMeterError,
)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (SnapshotFailedError("x", status=WRONG_CONTACT), Fault.CONTACTOR),
        (SnapshotFailedError("x", status=3), Fault.BEGIN),
        (ContactorStuckError("x"), Fault.CONTACTOR),
        (WrongMeterError("x"), Fault.CHANGED),
        (ClockUnsetError("x"), Fault.CLOCK),
        (LineSilentError("x"), Fault.METER),
        (PortError("x"), Fault.METER),
        (MeterBusyError("x"), Fault.BEGIN),
    ],
)
def test_an_error_of_the_meter_is_the_fault_that_it_stands_for(error, fault):
    assert fault_of(error, otherwise=Fault.BEGIN) is fault


def test_every_fault_has_a_component():
    assert set(COMPONENTS) == set(Fault)


def test_sensors_tell_that_they_are_active_and_not_that_they_are_broken():
    assert set(VARIABLES) == set(OF_INPUTS) == {Fault.EMERGENCY, Fault.DOOR}
    assert set(VARIABLES.values()) == {"Active"}


@pytest.mark.ocpp("E06.FR.16")
def test_what_ended_a_transaction_has_its_own_word_where_there_is_one():
    assert {fault: reason.value for fault, reason in REASONS.items()} == {
        Fault.GROUND: "GroundFault",
        Fault.EMERGENCY: "EmergencyStop",
    }
