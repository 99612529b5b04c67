"""Names of variables are written and read alike."""

import pytest

from station.core.variables import TABLE, Address, Tier
from station.local.variables import address_of


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("OCPPCommCtrlr.HeartbeatInterval", Address("OCPPCommCtrlr", "HeartbeatInterval")),
        (" OCPPCommCtrlr.MessageTimeout[Default] ", Address("OCPPCommCtrlr", "MessageTimeout", "Default")),
        ("EVSE#2.Power", Address("EVSE", "Power", evse_id=2)),
        ("Connector#2#1.AvailabilityState", Address("Connector", "AvailabilityState", evse_id=2, connector_id=1)),
        (
            "CustomizationCtrlr.CustomImplementationEnabled[org.example.hook 1]",
            Address("CustomizationCtrlr", "CustomImplementationEnabled", "org.example.hook 1"),
        ),
    ],
)
def test_a_name_leads_to_its_variable(name: str, address: Address) -> None:
    assert address_of(name) == address


def test_each_row_is_found_by_the_name_that_is_shown_of_it() -> None:
    for row in TABLE:
        placed = row if row.tier is Tier.STATION else row.at(1, 1 if row.tier is Tier.CONNECTOR else None)
        assert address_of(str(placed)) == placed.address


@pytest.mark.parametrize(
    "name", ["", "HeartbeatInterval", "A.B.C", "A#x.B", "A#1#2#3.B", "A.B[", "A.B[]", "A.B]", "A.B\nC.D", "A#.B"]
)
def test_what_is_no_name_leads_nowhere(name: str) -> None:
    assert address_of(name) is None
