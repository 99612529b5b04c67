"""A station and its CSMS until they have agreed, and what is said meanwhile."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from simulators.mock_csms.frames import Kind
from tests.flows.house import House, is_whole, until

PENDING: dict[str, Any] = {"status": "Pending", "interval": 600}


def requests(house: House) -> list[str]:
    """Return the actions of all requests of the station."""
    messages = house.seen.messages
    return [str(one.action) for one in messages if one.direction == "in" and one.kind is Kind.CALL]


async def asked(house: House, message: str, **evse: int) -> str:
    answer = await house.call("TriggerMessage", requestedMessage=message, **({"evse": evse} if evse else {}))
    return str(answer["status"])


@pytest.mark.ocpp("B02.FR.01", "B02.FR.02", "B02.FR.04", "B02.FR.05", "B02.FR.06", "F06.FR.17")
async def test_while_the_csms_hesitates_it_looks_around_and_then_asks_for_the_boot(tmp_path: Path) -> None:
    async with House(tmp_path, wait=False) as house:
        house.csms.override("STATION-1", "BootNotification", PENDING, times=1)
        await until(lambda: house.seen.registration == "Pending", "Pending")
        token = {"idToken": "APP", "type": "Central"}
        start = await house.call("RequestStartTransaction", idToken=token, remoteStartId=1, evseId=1)
        stop = await house.call("RequestStopTransaction", transactionId="none")
        known = await house.call("CustomerInformation", requestId=1, report=True, clear=False, idToken=token)
        assert [answer["status"] for answer in (start, stop, known)] == ["Rejected"] * 3
        await until(lambda: not house.bench.evse(1).contactor.closed, "an open contactor")
        await asyncio.sleep(30)
        assert set(requests(house)) == {"BootNotification"}
        for message in ("Heartbeat", "MeterValues"):
            assert await asked(house, message) == "Accepted"
            await house.seen.wait_for(message)
        assert await asked(house, "StatusNotification", id=1, connectorId=1) == "Accepted"
        await house.seen.wait_for("StatusNotification")
        assert set(requests(house)) == {"BootNotification", "Heartbeat", "MeterValues", "StatusNotification"}
        house.seen.connectors.clear()
        assert await asked(house, "BootNotification") == "Accepted"
        await house.status("Available")
        assert [boot["reason"] for boot in house.seen.received("BootNotification")] == ["PowerUp", "Triggered"]
        assert await asked(house, "BootNotification") == "Rejected"
        assert (house.seen.connections, house.seen.problems) == (1, ())


@pytest.mark.ocpp("B03.FR.02", "B03.FR.06", "B03.FR.08")
async def test_a_station_that_is_rejected_keeps_silent_over_reconnects_until_the_interval_is_over(
    tmp_path: Path,
) -> None:
    async with House(tmp_path, wait=False) as house:
        house.csms.override("STATION-1", "BootNotification", {"status": "Rejected", "interval": 500}, times=1)
        await until(lambda: house.seen.registration == "Rejected", "Rejected")
        began = asyncio.get_running_loop().time()
        await house.csms.disconnect("STATION-1")
        await until(lambda: house.seen.connections == 2, "the next connection")
        house.plug()
        house.swipe()
        await asyncio.sleep(300)
        assert requests(house) == ["BootNotification"]
        assert not house.contactor_closed
        await house.status("Occupied")
        assert 490 <= asyncio.get_running_loop().time() - began <= 530
        assert house.seen.problems == ()


@pytest.mark.ocpp("B02.FR.03", "B01.FR.08")
async def test_who_may_charge_before_the_csms_agrees_is_told_of_when_it_does(tmp_path: Path) -> None:
    early = '"TxCtrlr.TxBeforeAcceptedEnabled" = true\n"AuthCtrlr.OfflineTxForUnknownIdEnabled" = true'
    async with House(tmp_path, variables=early, wait=False) as house:
        house.csms.override("STATION-1", "BootNotification", PENDING, times=1)
        await until(lambda: house.seen.registration == "Pending", "Pending")
        await until(lambda: house.station is not None and house.station.evse(1).session.awake, "the meter")
        house.plug()
        house.swipe()
        await house.power()
        assert requests(house) == ["BootNotification"]
        await asked(house, "BootNotification")
        event = await house.event(kind="Started")
        house.swipe()
        assert is_whole(await house.finished(event["transactionInfo"]["transactionId"]))


@pytest.mark.ocpp("G02.FR.01", "G02.FR.02", "B01.FR.04")
async def test_the_heartbeat_follows_the_boot_and_then_the_variable(tmp_path: Path) -> None:
    async with House(tmp_path, wait=False) as house:
        house.csms.override("STATION-1", "BootNotification", {"status": "Accepted", "interval": 40})
        await house.status("Available")
        await asyncio.sleep(85)
        assert len(house.seen.received("Heartbeat")) == 2
        data = {
            "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": "HeartbeatInterval"},
            "attributeValue": "5",
        }
        await house.call("SetVariables", setVariableData=[data])
        await asyncio.sleep(21)
        assert len(house.seen.received("Heartbeat")) in (6, 7)


@pytest.mark.ocpp("F06.FR.04", "F06.FR.05", "F06.FR.07")
async def test_a_transaction_that_runs_is_told_of_whenever_the_csms_asks(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        assert await asked(house, "TransactionEvent", id=1) == "Accepted"
        event = await house.event(lambda e: e["triggerReason"] == "Trigger")
        assert event["transactionInfo"] == {"transactionId": transaction_id, "chargingState": "Charging"}
        [value] = event["meterValue"][0]["sampledValue"]
        assert (value["context"], value["measurand"]) == ("Trigger", "Energy.Active.Import.Register")
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        assert await asked(house, "TransactionEvent", id=1) == "Rejected"
