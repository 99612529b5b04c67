"""What the CSMS set is found again, at whatever address."""

import pytest

from station.core import variables as var
from station.core.variables import Address
from station.storage.database import Database
from station.storage.variables import Variables
from tests.fakes_clock import FakeClock

ADDRESSES = [
    var.HEARTBEAT_INTERVAL.address,
    var.MESSAGE_ATTEMPTS.address,
    var.EVSE_POWER.at(1).address,
    var.EVSE_POWER.at(2).address,
    var.CONNECTOR_TYPE.at(1, 1).address,
    Address("Display", "Colour", component_instance="left"),
]


@pytest.fixture
def variables(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Variables(database)


def test_nothing_is_stored_until_something_was_set(variables):
    assert variables.all() == {}


def test_each_address_keeps_its_own_text(variables):
    for number, address in enumerate(ADDRESSES):
        variables.save(address, str(number))
    assert variables.all() == {address.key: str(number) for number, address in enumerate(ADDRESSES)}


def test_the_last_text_counts_whatever_the_case_of_the_name(variables):
    variables.save(Address("OCPPCommCtrlr", "HeartbeatInterval"), "60")
    variables.save(Address("ocppcommctrlr", "HEARTBEATINTERVAL"), "90")
    assert list(variables.all().values()) == ["90"]


def test_a_text_can_be_forgotten(variables):
    variables.save(ADDRESSES[0], "60")
    variables.save(ADDRESSES[2], "1")
    variables.delete(ADDRESSES[0])
    variables.delete(ADDRESSES[1])
    assert variables.all() == {ADDRESSES[2].key: "1"}


def test_attributes_are_kept_apart(variables):
    variables.save(ADDRESSES[0], "60")
    variables.save(ADDRESSES[0], "90", attribute="Target")
    assert list(variables.all().values()) == ["60"]
    assert list(variables.all("Target").values()) == ["90"]
