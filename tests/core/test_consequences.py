"""Which fault may be the cause of which other one."""

import pytest

from station.core.consequences import CAUSES
from station.core.faults import Fault


@pytest.mark.ocpp("N07.FR.05")
def test_a_missing_signature_follows_from_the_meter_or_the_contactor() -> None:
    for fault in (Fault.BEGIN, Fault.END):
        assert {Fault.METER, Fault.CONTACTOR} <= set(CAUSES[fault])


def test_nothing_causes_itself_in_the_end() -> None:
    def causes(fault: str, seen: tuple[str, ...] = ()) -> None:
        assert fault not in seen, f"{fault} causes itself"
        for cause in CAUSES.get(fault, ()):
            causes(cause, (*seen, fault))

    for fault in Fault:
        causes(fault)


def test_a_tech_code_as_it_is_stored_finds_its_causes() -> None:
    assert CAUSES["SignedEndMissing"] == CAUSES[Fault.END]


def test_what_takes_the_supply_away_may_be_why_devices_fall_silent() -> None:
    for fault in (Fault.METER, Fault.CONTROLLER):
        assert CAUSES[fault] == (Fault.EMERGENCY, Fault.GROUND)
