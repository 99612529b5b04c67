"""A driver comes, charges and goes: every way a session may begin and end."""

import asyncio
import base64
from pathlib import Path

import pytest

from tests.flows.house import CARD, OTHER_CARD, House, is_whole, seq_nos, until


async def test_cable_first_then_card(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        await house.status("Occupied")
        transaction_id = await house.charge()
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert seq_nos(transaction) == list(range(len(transaction.events)))
        first, last = transaction.events[0].payload, transaction.events[-1].payload
        assert first["triggerReason"] == "Authorized"
        assert first["evse"] == {"id": 1, "connectorId": 1}
        assert first["idToken"] == {"idToken": CARD, "type": "ISO14443"}
        assert last["triggerReason"] == "StopAuthorized"
        assert last["transactionInfo"]["stoppedReason"] == "Local"
        assert not house.contactor_closed
        assert house.seen.problems == ()


async def test_card_first_then_cable(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.swipe()
        await house.seen.wait_for("Authorize")
        house.plug()
        first = await house.event(kind="Started")
        assert first["triggerReason"] == "CablePluggedIn"
        await house.power()
        house.swipe()
        assert is_whole(await house.finished(first["transactionInfo"]["transactionId"]))


async def test_no_current_is_offered_before_the_start_is_signed(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        house.swipe()
        evse = house.bench.evse(1)
        await until(lambda: bool(evse.meter.busy), "the snapshot")
        offered: list[bool] = []

        def signed() -> bool:
            if evse.meter.busy:
                offered.append(evse.controller.pwm_on)
            return not evse.meter.busy

        await until(signed, "the end of the snapshot")
        assert offered
        assert not any(offered)
        started = await house.event(kind="Started")
        assert started["meterValue"][0]["sampledValue"][0]["context"] == "Transaction.Begin"
        await house.power()
        assert evse.controller.pwm_on


@pytest.mark.ocpp("E01.FR.05", "E01.FR.09")
async def test_the_csms_hears_of_the_start_at_once_and_gets_its_signature_when_the_meter_gave_it(
    tmp_path: Path,
) -> None:
    async with House(tmp_path, variables='"SampledDataCtrlr.SignStartedReadings" = true') as house:
        house.plug()
        await house.status("Occupied")
        house.swipe()
        started = await house.event(kind="Started")
        assert house.receipts() == []  # nothing is signed yet
        [plain] = started["meterValue"][0]["sampledValue"]
        assert plain["context"] == "Transaction.Begin"
        assert "signedMeterValue" not in plain
        updated = await house.event(lambda event: event["triggerReason"] == "SignedDataReceived")
        assert updated["eventType"] == "Updated"
        [value] = updated["meterValue"][0]["sampledValue"]
        assert value["context"] == "Transaction.Begin"
        [record] = house.receipts()[0].records
        assert base64.b64decode(value["signedMeterValue"]["signedMeterData"]) == record.ocmf


async def test_the_plain_values_are_those_of_the_signed_records(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        await asyncio.sleep(30)
        house.swipe()
        transaction = await house.finished(transaction_id)
        begin, end = transaction.begin, transaction.end
        assert begin is not None
        assert end is not None
        assert begin.problems == end.problems == ()
        values = [sample["sampledValue"][0] for sample in transaction.events[-1].payload["meterValue"]]
        assert [value["context"] for value in values] == ["Transaction.Begin", "Transaction.End"]
        assert [value["signedMeterValue"]["signingMethod"] for value in values] == ["", ""]
        assert [bool(value["signedMeterValue"]["publicKey"]) for value in values] == [True, False]
        assert end.record is not None
        assert transaction.energy_wh is not None
        assert transaction.energy_wh > 0


async def test_unplugging_ends_it(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        house.bench.evse(1).unplug("vehicle")
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "EVDisconnected"
        assert transaction.events[-1].payload["triggerReason"] == "EVCommunicationLost"


async def test_remote_start_and_stop(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        await house.status("Occupied")
        answer = await house.call(
            "RequestStartTransaction",
            idToken={"idToken": "APP", "type": "Central"},
            remoteStartId=7,
            evseId=1,
        )
        assert answer["status"] == "Accepted"
        first = await house.event(kind="Started")
        assert first["triggerReason"] == "RemoteStart"
        assert first["transactionInfo"]["remoteStartId"] == 7
        await house.power()
        transaction_id = first["transactionInfo"]["transactionId"]
        refused = await house.call("RequestStopTransaction", transactionId="another")
        assert refused["status"] == "Rejected"
        accepted = await house.call("RequestStopTransaction", transactionId=transaction_id)
        assert accepted["status"] == "Accepted"
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "Remote"


async def test_a_second_remote_start_is_rejected(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await house.charge()
        answer = await house.call(
            "RequestStartTransaction", idToken={"idToken": "APP", "type": "Central"}, remoteStartId=8, evseId=1
        )
        assert answer["status"] == "Rejected"
        unknown = await house.call(
            "RequestStartTransaction", idToken={"idToken": "APP", "type": "Central"}, remoteStartId=9, evseId=5
        )
        assert unknown["status"] == "Rejected"


async def test_an_invalid_card_starts_nothing(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.csms.override(house.seen.id, "Authorize", {"idTokenInfo": {"status": "Invalid"}})
        house.plug()
        house.swipe(OTHER_CARD)
        await house.seen.wait_for("Authorize")
        await asyncio.sleep(60)
        assert house.seen.received("TransactionEvent") == ()
        assert not house.contactor_closed


async def test_a_foreign_card_does_not_stop(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        house.swipe(OTHER_CARD)
        await house.event(lambda e: e["triggerReason"] == "MeterValuePeriodic")
        assert not house.transaction(transaction_id).ended
        assert house.contactor_closed


async def test_the_csms_withdraws_the_authorization(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.csms.override(house.seen.id, "TransactionEvent", {"idTokenInfo": {"status": "Invalid"}}, times=1)
        house.plug()
        house.swipe()
        started = await house.event(kind="Started")
        transaction = await house.finished(started["transactionInfo"]["transactionId"])
        assert transaction.stopped_reason == "DeAuthorized"
        assert transaction.events[-1].payload["triggerReason"] == "Deauthorized"
        assert is_whole(transaction)


async def test_nobody_plugs_in(tmp_path: Path) -> None:
    async with House(tmp_path, variables='"TxCtrlr.EVConnectionTimeOut" = 20') as house:
        house.swipe()
        await house.seen.wait_for("Authorize")
        assert house.station is not None
        evse = house.station.evse(1)
        await until(lambda: evse.session.authorization is not None, "the authorization")
        await until(lambda: evse.session.authorization is None, "its end", seconds=40)
        house.plug()
        await house.status("Occupied")
        assert house.seen.received("TransactionEvent") == ()


async def test_two_sessions_follow_each_other(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        for _ in range(2):
            transaction_id = await house.charge()
            house.swipe()
            assert is_whole(await house.finished(transaction_id))
            house.unplug()
            await house.status("Available")
        assert len(house.receipts()) == 2


async def test_an_impatient_second_tap_does_not_stop_the_start(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        house.swipe()
        await until(lambda: bool(house.bench.evse(1).meter.busy), "the snapshot")
        await asyncio.sleep(4)  # longer than the reader takes two reads for one
        house.swipe()
        await house.event(kind="Started")
        await house.power()
        await asyncio.sleep(30)
        assert house.contactor_closed


async def test_a_restart_with_the_cable_plugged_tells_the_status(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.plug()
        await house.status("Occupied")
        await house.kill()
        house.seen.connectors.clear()
        await house.start(wait=False)
        await house.status("Occupied")


async def test_a_card_reader_that_vanishes_stops_nobody_and_comes_back(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        reader = house.bench.reader(1)
        reader.close()
        await asyncio.sleep(600)
        assert house.contactor_closed
        reader.open()
        await asyncio.sleep(40)
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
