"""What is out of service admits nobody, lets who charges finish, and stays so until it is put back."""

import asyncio

import pytest

from station.core.availability import Place
from station.core.events import Authorized, StopCause, StopRequested
from station.core.session import connector_status, refusal
from station.ocpp.blocks.change_availability import ChangeAvailability
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.storage.availability import OutOfService
from tests.ocpp.csms import talking
from tests.ocpp.yard import ANNA, Yard


class Office:
    """A yard with two EVSEs whose availability the CSMS changes."""

    def __init__(self, yard):
        self.yard, self.store = yard, OutOfService(yard.database)
        router = Router(ChangeAvailability(yard.evses, self.store))
        self.session = RpcSession(router, timeout_s=lambda: 30.0)

    async def change(self, operational_status, evse_id=None, connector_id=None):
        """Return the status that answers, once its consequences are there."""
        evse = {"id": evse_id, "connectorId": connector_id} if connector_id is not None else {"id": evse_id}
        payload = {"operationalStatus": operational_status} | ({"evse": evse} if evse_id is not None else {})
        async with talking(self.session) as csms:
            kind, _, answer = await csms.call("ChangeAvailability", **payload)
            await asyncio.sleep(0.1)
        assert kind == 3
        return answer["status"]

    @property
    def statuses(self):
        return [connector_status(evse.session) for evse in self.yard.evses.values()]


@pytest.fixture
async def office(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        yield Office(yard)


@pytest.mark.ocpp(
    "G03.FR.01", "G03.FR.02", "G03.FR.06", "G03.FR.07", "G04.FR.02", "G04.FR.03", "G04.FR.07", "G04.FR.08"
)
@pytest.mark.parametrize(
    ("place", "out"),
    [((), ["Unavailable"] * 2), ((1,), ["Unavailable", "Available"]), ((2, 1), ["Available", "Unavailable"])],
)
async def test_what_is_named_goes_out_of_service_and_comes_back(office, place, out):
    assert await office.change("Inoperative", *place) == "Accepted"
    assert office.statuses == out
    assert await office.change("Operative", *place) == "Accepted"
    assert office.statuses == ["Available", "Available"]


@pytest.mark.ocpp("G03.FR.03", "G04.FR.04")
@pytest.mark.parametrize("place", [(), (1,), (1, 1)])
async def test_what_is_so_already_is_accepted(office, place):
    assert await office.change("Operative", *place) == "Accepted"
    assert office.statuses == ["Available", "Available"]
    for _ in range(2):
        assert await office.change("Inoperative", *place) == "Accepted"
    assert office.statuses[0] == "Unavailable"


@pytest.mark.ocpp("G03.FR.07", "G04.FR.08")
async def test_the_worst_of_station_evse_and_connector_counts(office):
    await office.change("Inoperative", 1, 1)
    await office.change("Inoperative")
    await office.change("Inoperative", 1)
    await office.change("Operative", 1)
    assert office.statuses == ["Unavailable", "Unavailable"]
    await office.change("Operative")
    assert office.statuses == ["Unavailable", "Available"]
    await office.change("Operative", 1, 1)
    assert office.statuses == ["Available", "Available"]


@pytest.mark.ocpp("G03.FR.05", "G04.FR.06")
@pytest.mark.parametrize("place", [(), (1,), (1, 1)])
async def test_who_charges_finishes_first_and_the_others_go_out_of_service_at_once(office, place):
    await office.yard.charge(1)
    assert await office.change("Inoperative", *place) == "Scheduled"
    assert await office.change("Inoperative", *place) == "Scheduled"
    assert office.yard.charging(1)
    assert office.statuses == ["Occupied", "Available" if place else "Unavailable"]
    office.yard.evses[1].post(StopRequested(StopCause.CARD))
    await office.yard.until(lambda: office.statuses[0] == "Unavailable")


@pytest.mark.ocpp("G03.FR.03")
async def test_what_was_scheduled_is_taken_back(office):
    await office.yard.charge(1)
    assert await office.change("Inoperative", 1) == "Scheduled"
    assert await office.change("Operative", 1) == "Accepted"
    office.yard.evses[1].post(StopRequested(StopCause.CARD))
    await office.yard.until(lambda: office.yard.evses[1].session.transaction is None)
    assert office.statuses[0] == "Occupied"


@pytest.mark.ocpp("G03.FR.02")
@pytest.mark.parametrize("place", [(3,), (1, 2), (3, 1), (0, 1)])
async def test_a_place_that_does_not_exist_is_rejected(office, place):
    assert await office.change("Inoperative", *place) == "Rejected"
    assert office.store.all() == set()


@pytest.mark.ocpp("G04.FR.01")
async def test_evse_0_is_the_station(office):
    assert await office.change("Inoperative", 0) == "Accepted"
    assert office.store.all() == {Place()}
    assert office.statuses == ["Unavailable", "Unavailable"]


async def test_nobody_is_admitted_where_it_is_out_of_service(office):
    await office.change("Inoperative", 1)
    evse = office.yard.evses[1]
    assert refusal(evse.session) == "out of service"
    await office.yard.plug(1)
    evse.post(Authorized(ANNA))
    await asyncio.sleep(1)
    assert evse.session.authorization is None
    assert office.statuses[0] == "Unavailable"


@pytest.mark.ocpp("B11.FR.02", "B12.FR.06", "G03.FR.08", "G04.FR.09")
async def test_a_restart_changes_nothing_of_it(office):
    await office.change("Inoperative", 2)
    assert await office.yard.evses[2].restart()
    assert office.statuses == ["Available", "Unavailable"]
    OutOfService(office.yard.database).add(Place(1))  # as if the power went before the EVSE was told
    assert await office.yard.evses[1].restart()
    assert office.statuses == ["Unavailable", "Unavailable"]
