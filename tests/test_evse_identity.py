"""An EVSE knows which meter it has, and charges with no other than the one that it is to have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.core.session import connector_status
from station.evse import Evse, Surroundings
from station.storage.journal import Journal
from tests.bay import Bay
from tests.fakes import KEY
from tests.fakes_clock import FakeClock


@pytest.fixture
def bay(tmp_path: Path) -> Iterator[Bay]:
    bay = Bay(tmp_path)
    yield bay
    bay.database.close()


def insist(bay: Bay, key: bytes) -> None:
    """Give the bay an EVSE that wants a meter with this key."""
    journal, clock = Journal(bay.database), FakeClock()
    around = Surroundings(journal, now=clock.now, online=lambda: True, mail=bay.mail, news=bay.news)
    bay.evse = Evse(
        1, meter=bay.meter, controller=bay.controller, policy=lambda: bay.policy, around=around, meter_key=key
    )


async def test_the_meter_is_known_once_it_was_met(bay: Bay) -> None:
    assert bay.evse.identity is None
    async with bay.open():
        await bay.awake()
        assert bay.evse.identity is not None
        assert bay.evse.identity.public_key == KEY


async def test_the_meter_with_the_right_key_charges(bay: Bay) -> None:
    insist(bay, KEY)
    async with bay.serve():
        await bay.charging()


async def test_a_meter_with_another_key_does_not_charge_and_is_told(bay: Bay) -> None:
    insist(bay, b"another key")
    async with bay.serve():
        await bay.until(lambda: bay.alerts)
        bay.plug()
        bay.card()
        await bay.until(lambda: bay.evse.session.plugged)
        assert connector_status(bay.evse.session) == "Faulted"
        assert bay.evse.session.transaction is None
        assert "turn_on" not in bay.meter.calls
        assert bay.evse.identity is None
    [alert] = bay.all_alerts
    assert (alert.component, alert.active) == ("FiscalMetering", True)
    assert "001BZR1521070003 has another key than evse.meter.public_key" in alert.tech_info
