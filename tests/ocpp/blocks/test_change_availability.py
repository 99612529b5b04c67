"""What is out of service admits nobody, lets who charges finish, and stays so until it is put back."""

import asyncio

import pytest
from ocpp.v201 import call
from ocpp.v201.datatypes import EVSEType
from ocpp.v201.enums import OperationalStatusEnumType

from station.core.availability import Place
from station.core.events import Authorized, StopCause, StopRequested
from station.core.session import connector_status, refusal
from station.errors import StorageError
from station.ocpp.blocks.availability import Availability
from station.ocpp.blocks.change_availability import ChangeAvailability
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.storage.availability import OutOfService
from tests.ocpp.csms import talking
from tests.ocpp.yard import ANNA, Yard


class Office:
    """A yard with two EVSEs whose availability the CSMS changes."""

    def __init__(self, yard):
        self.yard = yard
        self.use(OutOfService(yard.database))

    def use(self, store):
        self.store = store
        self.block = ChangeAvailability(self.yard.evses, store)
        self.session = RpcSession(Router(self.block), timeout_s=lambda: 30.0)

    async def change(self, operational_status, evse_id=None, connector_id=None):
        """Return the status that answers, once its consequences are there."""
        return (await self.ask(operational_status, evse_id, connector_id))["status"]

    async def ask(self, operational_status, evse_id=None, connector_id=None):
        evse = {"id": evse_id, "connectorId": connector_id} if connector_id is not None else {"id": evse_id}
        payload = {"operationalStatus": operational_status} | ({"evse": evse} if evse_id is not None else {})
        async with talking(self.session) as csms:
            kind, _, answer = await csms.call("ChangeAvailability", **payload)
            await asyncio.sleep(0.1)
        assert kind == 3
        return answer

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
@pytest.mark.parametrize(
    ("place", "code"),
    [((3,), "UnknownEvse"), ((3, 1), "UnknownEvse"), ((1, 2), "UnknownConnectorId"), ((0, 1), "UnknownConnectorId")],
)
async def test_a_place_that_does_not_exist_is_rejected_with_the_reason(office, place, code):
    answer = await office.ask("Inoperative", *place)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert office.store.all() == set()


@pytest.mark.ocpp("G03.FR.05")
async def test_who_is_waited_for_is_told(office):
    await office.yard.charge(2)
    answer = await office.ask("Inoperative")
    assert answer["statusInfo"] == {"reasonCode": "TxInProgress", "additionalInfo": "EVSE 2 is in use"}


class FullStore(OutOfService):
    def add(self, place):
        raise StorageError("no space left")

    def remove(self, place):
        raise StorageError("no space left")


@pytest.mark.ocpp("G03.FR.02", "G03.FR.08", "G04.FR.03")
@pytest.mark.parametrize("wanted", ["Operative", "Inoperative"])
async def test_what_cannot_be_stored_is_rejected_and_nothing_changes(office, wanted):
    if wanted == "Operative":
        await office.change("Inoperative")
    before = office.statuses
    office.use(FullStore(office.yard.database))
    answer = await office.ask(wanted)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InternalError")
    assert office.statuses == before


@pytest.mark.ocpp("G03.FR.08", "G04.FR.09")
async def test_what_is_answered_is_stored_already_and_so_even_if_the_answer_is_lost(office):
    request = call.ChangeAvailability(OperationalStatusEnumType.inoperative, evse=EVSEType(id=1))
    answer = await office.block.change(request)
    assert answer.status == "Accepted"
    assert office.store.all() == {Place(1)}
    await asyncio.sleep(0.1)  # nobody has sent the answer
    assert office.statuses == ["Unavailable", "Available"]


@pytest.mark.ocpp("G01.FR.07", "G03.FR.04", "G04.FR.05")
@pytest.mark.parametrize(("place", "changed"), [((), [1, 2]), ((2,), [2]), ((1, 1), [1])])
async def test_after_the_answer_the_status_of_what_changed_is_told_and_no_other(office, place, changed):
    yard = office.yard
    availability = Availability(
        yard.evses, office.session, news=yard.news, now=yard.clock.now, minimum_duration_s=lambda: 0.0
    )
    async with talking(office.session) as csms:
        running = asyncio.create_task(availability.run())
        await csms.hear("StatusNotification", 2)
        await asyncio.sleep(1)
        evse = dict(zip(("id", "connectorId"), place, strict=False))
        payload = {"operationalStatus": "Inoperative"} | ({"evse": evse} if evse else {})
        await csms.call("ChangeAvailability", **payload)
        assert len(csms.of("StatusNotification")) == 2  # the answer came first
        await asyncio.sleep(1)
        told = csms.of("StatusNotification")[2:]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [(status["evseId"], status["connectorStatus"]) for status in told] == [
        (evse_id, "Unavailable") for evse_id in changed
    ]


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
