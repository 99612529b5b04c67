"""The CSMS starts, stops, unlocks and asks, as a driver with an app has it do."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.flows.house import CARD, OTHER_CARD, House, is_whole, until
from tests.flows.test_variables import set_to

TOKEN = {"idToken": CARD, "type": "ISO14443"}
ACCEPTED = {"status": "Accepted"}
WITH_THE_CABLE = '"TxCtrlr.TxStartPoint" = "EVConnected,Authorized"'


async def start(house: House, remote_start_id: int = 7, **request: Any) -> Any:
    request = {"idToken": TOKEN, "evseId": 1} | request
    return await house.call("RequestStartTransaction", remoteStartId=remote_start_id, **request)


async def stop(house: House, transaction_id: str) -> Any:
    return await house.call("RequestStopTransaction", transactionId=transaction_id)


async def trigger(house: House, message: str, **evse: int) -> str:
    answer = await house.call("TriggerMessage", requestedMessage=message, **({"evse": evse} if evse else {}))
    return str(answer["status"])


def reason_of(answer: Any) -> str:
    assert answer["status"] == "Rejected"
    return str(answer["statusInfo"]["reasonCode"])


@pytest.mark.ocpp(
    "F01.FR.01",
    "F01.FR.03",
    "F01.FR.04",
    "F01.FR.05",
    "F01.FR.17",
    "F01.FR.19",
    "F02.FR.05",
    "F03.FR.03",
    "F03.FR.04",
)
async def test_cable_first_then_the_app_starts_and_stops(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        await house.status("Occupied")
        assert await start(house) == ACCEPTED
        await house.seen.wait_for("Authorize")
        started = await house.event(kind="Started")
        assert started["triggerReason"] == "RemoteStart"
        assert started["transactionInfo"]["remoteStartId"] == 7
        assert started["idToken"] == TOKEN
        await house.power()
        transaction_id = started["transactionInfo"]["transactionId"]
        assert reason_of(await start(house, 8)) == "TxInProgress"
        assert await stop(house, transaction_id) == ACCEPTED
        assert await stop(house, transaction_id) == ACCEPTED  # it ends already
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.events[-1].payload["triggerReason"] == "RemoteStop"
        assert transaction.stopped_reason == "Remote"
        assert reason_of(await stop(house, transaction_id)) == "TxNotFound"
        house.unplug()
        await house.status("Available")
        assert house.seen.problems == ()


@pytest.mark.ocpp("F02.FR.01", "F02.FR.09", "F02.FR.11", "F02.FR.12", "F02.FR.13", "F02.FR.21", "F02.FR.22")
async def test_the_app_first_and_then_the_cable(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        answer = await house.call("RequestStartTransaction", idToken=TOKEN, remoteStartId=9)  # the only EVSE is meant
        assert answer == ACCEPTED
        await house.seen.wait_for("Authorize")
        house.plug()
        started = await house.event(kind="Started")
        assert (started["triggerReason"], started["transactionInfo"]["remoteStartId"]) == ("RemoteStart", 9)
        await house.power()
        later = await house.event(lambda event: event["seqNo"] > 0)
        assert "remoteStartId" not in later["transactionInfo"]


@pytest.mark.ocpp("C01.FR.26")
async def test_who_brings_no_cable_in_time_does_not_charge(tmp_path: Path) -> None:
    async with House(tmp_path, variables='"TxCtrlr.EVConnectionTimeOut" = 20') as house:
        assert await start(house) == ACCEPTED
        await house.seen.wait_for("Authorize")
        await asyncio.sleep(30)
        house.plug()
        await house.status("Occupied")
        await asyncio.sleep(30)
        assert not house.contactor_closed
        assert house.seen.received("TransactionEvent") == ()
        assert await start(house) == ACCEPTED
        await house.power()


@pytest.mark.ocpp("F02.FR.01", "F02.FR.07", "F02.FR.21")
async def test_a_transaction_without_a_cable_ends_when_its_time_is_over(tmp_path: Path) -> None:
    variables = '"TxCtrlr.EVConnectionTimeOut" = 20\n"TxCtrlr.TxStartPoint" = "Authorized"'
    async with House(tmp_path, variables=variables) as house:
        assert await start(house) == ACCEPTED
        started = await house.event(kind="Started")
        assert (started["triggerReason"], started["transactionInfo"]["remoteStartId"]) == ("RemoteStart", 7)
        assert started["idToken"] == TOKEN
        ended = await house.event(kind="Ended")
        assert (ended["triggerReason"], ended["transactionInfo"]["stoppedReason"]) == ("EVConnectTimeout", "Timeout")
        assert await start(house, 8) == ACCEPTED


@pytest.mark.ocpp("F01.FR.14", "F01.FR.15", "F01.FR.18", "F02.FR.02", "F02.FR.03", "F03.FR.09")
async def test_what_the_app_started_is_metered_like_everything_else(tmp_path: Path) -> None:
    async with House(tmp_path, variables='"SampledDataCtrlr.TxUpdatedInterval" = 5') as house:
        assert await start(house) == ACCEPTED
        house.plug()
        started = await house.event(kind="Started")
        assert started["meterValue"][0]["sampledValue"][0]["context"] == "Transaction.Begin"
        periodic = await house.event(lambda event: event["triggerReason"] == "MeterValuePeriodic")
        assert periodic["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Periodic"
        await stop(house, started["transactionInfo"]["transactionId"])
        ended = await house.event(kind="Ended")
        contexts = [sample["sampledValue"][0]["context"] for sample in ended["meterValue"]]
        assert contexts == ["Transaction.Begin", "Transaction.End"]


@pytest.mark.ocpp("F01.FR.02", "F02.FR.10")
async def test_without_authorization_of_remote_starts_the_transaction_is_what_the_csms_judges(tmp_path: Path) -> None:
    async with House(tmp_path, variables='"AuthCtrlr.AuthorizeRemoteStart" = false') as house:
        house.plug()
        await house.status("Occupied")
        assert await start(house, idToken={"idToken": OTHER_CARD, "type": "ISO14443"}) == ACCEPTED
        started = await house.event(kind="Started")
        assert started["idToken"]["idToken"] == OTHER_CARD
        assert house.seen.received("Authorize") == ()


@pytest.mark.ocpp("F01.FR.13", "F01.FR.19", "F01.FR.25")
async def test_a_transaction_that_began_with_the_cable_is_the_one_that_is_started(tmp_path: Path) -> None:
    async with House(tmp_path, variables=WITH_THE_CABLE) as house:
        house.plug()
        begun = await house.event(kind="Started")
        assert begun["triggerReason"] == "CablePluggedIn"
        transaction_id = begun["transactionInfo"]["transactionId"]
        assert await start(house) == ACCEPTED | {"transactionId": transaction_id}
        following = await house.event(lambda event: event["seqNo"] == 1)
        assert following["triggerReason"] == "RemoteStart"
        assert following["transactionInfo"]["remoteStartId"] == 7
        assert following["idToken"] == TOKEN
        await house.power()
        await stop(house, transaction_id)
        assert is_whole(await house.finished(transaction_id))


@pytest.mark.ocpp("F01.FR.23", "F02.FR.25")
async def test_where_something_is_broken_nothing_is_started(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.fault("meter_silent")
        await house.status("Faulted")
        assert reason_of(await start(house)) == "Unspecified"
        assert reason_of(await start(house, evseId=4)) == "UnknownEvse"
        house.fault("meter_silent", on=False)
        await house.status("Available")
        assert await start(house) == ACCEPTED


@pytest.mark.ocpp("F03.FR.02", "F04.FR.02", "F04.FR.03", "F04.FR.04")
async def test_where_only_the_cable_ends_it_a_remote_stop_takes_the_energy(tmp_path: Path) -> None:
    async with House(tmp_path, variables='"TxCtrlr.TxStopPoint" = "EVConnected"') as house:
        transaction_id = await house.charge()
        assert await stop(house, transaction_id) == ACCEPTED
        told = await house.event(lambda event: event["triggerReason"] == "RemoteStop")
        assert told["eventType"] == "Updated"
        await until(lambda: not house.contactor_closed, "an open contactor")
        await until(lambda: not house.bench.evse(1).controller.locked, "a free plug")
        house.unplug()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "Remote"


@pytest.mark.ocpp("F05.FR.01", "F05.FR.02", "F05.FR.03", "F05.FR.04", "F05.FR.06")
async def test_a_plug_is_let_go_but_not_while_somebody_charges(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        assert (await house.call("UnlockConnector", evseId=1, connectorId=1))["status"] == "Unlocked"
        assert (await house.call("UnlockConnector", evseId=1, connectorId=2))["status"] == "UnknownConnector"
        transaction_id = await house.charge()
        answer = await house.call("UnlockConnector", evseId=1, connectorId=1)
        assert answer["status"] == "OngoingAuthorizedTransaction"
        assert house.bench.evse(1).controller.locked
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        assert (await house.call("UnlockConnector", evseId=1, connectorId=1))["status"] == "Unlocked"


@pytest.mark.ocpp("F05.FR.05")
async def test_a_lock_that_is_stuck_is_told_and_tried_again(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        house.fault("controller_lock_jammed")
        house.swipe()
        await house.finished(transaction_id)
        assert (await house.call("UnlockConnector", evseId=1, connectorId=1))["status"] == "UnlockFailed"
        house.fault("controller_lock_jammed", on=False)
        assert (await house.call("UnlockConnector", evseId=1, connectorId=1))["status"] == "Unlocked"
        house.unplug()
        await house.status("Available")


@pytest.mark.ocpp("F06.FR.03", "F06.FR.04", "F06.FR.08", "F06.FR.10", "F06.FR.15", "F06.FR.16", "F06.FR.17")
async def test_whatever_the_station_can_send_is_sent_when_asked_for(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        for message in ("Heartbeat", "LogStatusNotification", "FirmwareStatusNotification"):
            for evse in ({}, {"id": 1}, {"id": 5}):  # the EVSE does not matter
                before = len(house.seen.received(message))
                assert await trigger(house, message, **evse) == "Accepted"
                await until(lambda: len(house.seen.received(message)) > before, message)  # noqa: B023
        before = len(house.seen.received("StatusNotification"))
        assert await trigger(house, "StatusNotification", id=1, connectorId=1) == "Accepted"
        await until(lambda: len(house.seen.received("StatusNotification")) > before, "the status")
        assert await trigger(house, "StatusNotification") == "Rejected"
        assert await trigger(house, "BootNotification") == "Rejected"
        assert await trigger(house, "TransactionEvent") == "Rejected"
        assert await trigger(house, "SignCombinedCertificate") == "NotImplemented"
        assert await trigger(house, "PublishFirmwareStatusNotification") == "NotImplemented"
        assert house.seen.problems == ()


@pytest.mark.ocpp("F06.FR.06", "F06.FR.07", "F06.FR.11")
async def test_values_and_transactions_are_told_as_they_are_now(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"SampledDataCtrlr.TxUpdatedInterval": "0"})
        transaction_id = await house.charge()
        await asyncio.sleep(5)
        assert await trigger(house, "TransactionEvent", id=1) == "Accepted"
        told = await house.event(lambda event: event["triggerReason"] == "Trigger")
        assert told["transactionInfo"] == {"transactionId": transaction_id, "chargingState": "Charging"}
        assert told["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"
        assert await trigger(house, "MeterValues") == "Accepted"
        values = await house.seen.wait_for("MeterValues")
        assert values["evseId"] == 1
        assert values["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"
