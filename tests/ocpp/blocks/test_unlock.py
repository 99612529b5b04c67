"""A plug that is stuck is let go; one that somebody charges with is not."""

import asyncio

import pytest

from station.core.events import StopCause, StopRequested
from station.core.policy import TxPoint
from station.core.session import Metering
from station.errors import LineSilentError
from station.ocpp.blocks.unlock import LONGEST_S, Unlock
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.fakes import reports_in
from tests.ocpp.csms import talking
from tests.ocpp.yard import Yard


class Office:
    """A yard with two EVSEs whose plugs the CSMS can let go; the second one has a fixed cable."""

    def __init__(self, yard):
        self.yard = yard
        self.session = RpcSession(Router(Unlock(yard.evses, fixed_cables={2})), timeout_s=lambda: 30.0)

    async def unlock(self, evse_id=1, connector_id=1):
        async with talking(self.session) as csms:
            kind, _, answer = await csms.call("UnlockConnector", evseId=evse_id, connectorId=connector_id)
            await asyncio.sleep(0.1)
        assert kind == 3
        return answer["status"], answer.get("statusInfo", {}).get("reasonCode")

    def controller(self, evse_id=1):
        return self.yard.controllers[evse_id]


@pytest.fixture
async def office(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        yield Office(yard)


@pytest.mark.ocpp("F05.FR.01", "F05.FR.04", "F05.FR.06")
@pytest.mark.parametrize("plugged", [True, False])
async def test_a_plug_is_let_go_whether_or_not_one_is_seen(office, plugged):
    if plugged:
        await office.yard.plug()
    office.controller().hardware.locked = True
    assert await office.unlock() == ("Unlocked", None)
    assert not office.controller().hardware.locked


@pytest.mark.ocpp("F05.FR.03")
@pytest.mark.parametrize(
    ("place", "code"), [((3, 1), "UnknownEvse"), ((0, 1), "UnknownEvse"), ((1, 2), "UnknownConnectorId")]
)
async def test_a_connector_that_does_not_exist_is_unknown(office, place, code):
    assert await office.unlock(*place) == ("UnknownConnector", code)


@pytest.mark.ocpp("F05.FR.02")
async def test_who_charges_keeps_his_plug(office):
    await office.yard.charge()
    calls = len(office.controller().calls)
    assert await office.unlock() == ("OngoingAuthorizedTransaction", "TxInProgress")
    assert office.yard.charging()
    assert "unlock" not in office.controller().calls[calls:]


@pytest.mark.ocpp("F05.FR.02")
async def test_a_plug_is_held_until_the_end_is_signed(office):
    await office.yard.charge()
    office.yard.evses[1].post(StopRequested(StopCause.CARD))
    await office.yard.until(lambda: office.yard.evses[1].session.metering is Metering.STOPPING)
    assert await office.unlock() == ("OngoingAuthorizedTransaction", "TxInProgress")
    await office.yard.until(lambda: office.yard.evses[1].session.transaction is None)
    assert await office.unlock() == ("Unlocked", None)


@pytest.mark.ocpp("F05.FR.05")
async def test_a_lock_that_does_not_move_is_told(office):
    office.controller().troubles.always("unlock", LineSilentError("jammed"))
    assert await office.unlock() == ("UnlockFailed", None)


@pytest.mark.ocpp("F05.FR.05")
async def test_the_csms_does_not_wait_for_ever(office):
    office.controller().delay_s = LONGEST_S + 10
    assert await office.unlock() == ("UnlockFailed", "InternalError")
    office.controller().delay_s = 0.01


@pytest.mark.ocpp("F05.FR.05")
async def test_a_fixed_cable_cannot_be_let_go(office):
    assert await office.unlock(2) == ("UnlockFailed", "FixedCable")


@pytest.mark.ocpp("E02.FR.17", "F05.FR.04")
async def test_a_transaction_that_is_not_authorized_tells_that_its_plug_was_let_go(tmp_path):
    yard = Yard(tmp_path, start_points=frozenset({TxPoint.EV_CONNECTED}))
    async with yard.open():
        office = Office(yard)
        await yard.plug()
        assert await office.unlock() == ("Unlocked", None)
        assert [report.trigger for report in reports_in(yard.database)] == ["CablePluggedIn", "UnlockCommand"]
        assert yard.evses[1].session.transaction is not None
