import asyncio
from typing import Any

import pytest
from ocpp.v201 import call

from simulators.mock_csms.errors import CallFailedError, NotConnectedError
from simulators.mock_csms.replies import ACTIONS, ErrorReply
from simulators.mock_csms.server import MockCsms
from tests.simulators.mock_csms.payloads import BOOT, event
from tests.simulators.mock_csms.peer import bare_station, library_station

START = {"idToken": {"idToken": "good", "type": "Central"}, "remoteStartId": 7, "evseId": 1}


async def test_a_station_of_the_library_boots_and_is_accepted(csms: MockCsms) -> None:
    async with library_station(csms) as station:
        answer = await station.call(call.BootNotification(charging_station=BOOT["chargingStation"], reason="PowerUp"))
        assert answer.status == "Accepted"
        assert (await station.call(call.Heartbeat())).current_time.endswith("Z")
    assert csms.station("CS1").boot == BOOT
    assert csms.station("CS1").problems == ()


async def test_a_call_goes_out_untouched_and_its_answer_comes_back(csms: MockCsms) -> None:
    async with library_station(csms):
        assert await csms.call("CS1", "RequestStartTransaction", START) == {"status": "Accepted"}
    sent = next(message for message in csms.station("CS1").messages if message.direction == "out")
    assert sent.payload == START
    assert sent.valid


async def test_a_callerror_of_the_station_reaches_the_caller(csms: MockCsms) -> None:
    async with library_station(csms):
        with pytest.raises(CallFailedError) as caught:
            await csms.call("CS1", "Reset", {"type": "Immediate"})
    error = caught.value
    assert (error.code, error.description, error.details) == ("SecurityError", "not before noon", {"noon": "12:00"})


async def test_an_action_that_the_station_does_not_know_is_a_callerror_too(csms: MockCsms) -> None:
    async with library_station(csms):
        with pytest.raises(CallFailedError, match="NotImplemented"):
            await csms.call("CS1", "UnlockConnector", {"evseId": 1, "connectorId": 1})


async def test_a_call_that_is_not_answered_times_out(csms: MockCsms) -> None:
    async with library_station(csms):
        with pytest.raises(TimeoutError, match=r"CS1 did not answer ClearCache within 5 s"):
            await csms.call("CS1", "ClearCache", timeout_s=5)


async def test_an_answer_after_the_time_is_noted_and_disturbs_no_later_call(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        with pytest.raises(TimeoutError):
            await csms.call("CS1", "ClearCache", timeout_s=5)
        asked = await station.read()
        await station.send([3, asked[1], {"status": "Accepted"}])
        later = asyncio.create_task(csms.call("CS1", "GetLocalListVersion"))
        await station.send([3, (await station.read())[1], {"versionNumber": 5}])
        assert await later == {"versionNumber": 5}
    assert "answers no open request" in csms.station("CS1").problems[0]


async def test_what_a_station_sent_before_it_went_is_read_though_it_takes_no_answer_any_more(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        calling = asyncio.create_task(csms.call("CS1", "ClearCache"))
        asked = await station.read()
        for _ in range(3):
            await station.send_call("Heartbeat", {})
        await station.send([3, asked[1], {"status": "Accepted"}])
        await station.websocket.close()
        assert await calling == {"status": "Accepted"}
    assert len(csms.station("CS1").received("Heartbeat")) == 3


async def test_only_one_call_is_open_at_a_time(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        calls = [asyncio.create_task(csms.call("CS1", "ClearCache")) for _ in range(2)]
        first = await station.read()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await station.websocket.recv()
        await station.send([3, first[1], {"status": "Accepted"}])
        await station.send([3, (await station.read())[1], {"status": "Rejected"}])
        assert await asyncio.gather(*calls) == [{"status": "Accepted"}, {"status": "Rejected"}]


async def test_a_call_and_a_request_of_the_station_may_cross(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        calling = asyncio.create_task(csms.call("CS1", "ClearCache"))
        asked = await station.read()
        assert (await station.ask("Heartbeat", {}))[0] == 3
        await station.send([3, asked[1], {"status": "Accepted"}])
        assert await calling == {"status": "Accepted"}


async def test_a_call_fails_at_once_when_the_station_goes_away(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        calling = asyncio.create_task(csms.call("CS1", "ClearCache"))
        await station.read()
        await station.websocket.close()
        started = asyncio.get_running_loop().time()
        with pytest.raises(NotConnectedError, match="CS1 went away"):
            await calling
        assert asyncio.get_running_loop().time() - started < 1


async def test_a_station_that_is_not_connected_cannot_be_called(csms: MockCsms) -> None:
    with pytest.raises(NotConnectedError, match="CS1 is not connected"):
        await csms.call("CS1", "ClearCache")


async def test_garbage_is_sent_as_it_is_and_what_comes_back_is_kept(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        number = await csms.send_text("CS1", '[2,"x",')
        assert await station.websocket.recv() == '[2,"x",'
        await station.send([4, "-1", "RpcFrameworkError", "", {}])
        answer = await csms.station("CS1").wait_for_message(lambda message: message.id == "-1", after=number)
        assert answer.valid
        assert answer.payload["code"] == "RpcFrameworkError"


async def test_a_hand_made_call_knows_its_answer(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        number = await csms.send_text("CS1", '[2,"mine","GetLocalListVersion",{"x":1}]')
        assert not next(iter(csms.station("CS1").messages)).valid
        await station.read()
        await station.send([3, "mine", {"versionNumber": "five"}])
        answer = await csms.station("CS1").wait_for_message(lambda message: message.id == "mine", after=number)
        assert answer.action == "GetLocalListVersion"
        assert answer.problems == ("TypeConstraintViolation: versionNumber: integer expected",)


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("BootNotification", {"reason": "PowerUp"}, "OccurrenceConstraintViolation"),
        ("Heartbeat", {"x": 1}, "ProtocolError"),
        ("Heartbeat", [], "FormatViolation"),
        ("Reset", {"type": "Immediate"}, "NotSupported"),
        ("Sing", {}, "NotImplemented"),
    ],
)
async def test_an_invalid_request_is_refused_and_recorded(
    csms: MockCsms, action: str, payload: Any, code: str
) -> None:
    async with bare_station(csms) as station:
        answer = await station.ask(action, payload)
    assert answer[0] == 4
    assert answer[2] == code
    assert code in csms.station("CS1").problems[0]


async def test_an_invalid_event_is_not_taken_into_its_transaction(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        assert (await station.ask("TransactionEvent", {**event(0), "seqNo": "0"}))[0] == 4
    assert not csms.transactions


@pytest.mark.parametrize("frame", ["{", "[2]", '[7,"1",{}]', b"[]"])
async def test_an_unreadable_frame_is_recorded_and_the_connection_goes_on(csms: MockCsms, frame: str | bytes) -> None:
    async with bare_station(csms) as station:
        await station.send(frame)
        assert (await station.ask("Heartbeat", {}))[0] == 3
    assert len(csms.station("CS1").problems) == 1


async def test_a_pending_boot_and_what_may_be_sent_until_it_is_accepted(csms: MockCsms) -> None:
    csms.override("CS1", "BootNotification", {"status": "Pending", "interval": 5}, times=1)
    async with bare_station(csms) as station:
        answer = await station.told("BootNotification", BOOT)
        assert (answer["status"], answer["interval"]) == ("Pending", 5)
        assert "currentTime" in answer
        assert (await station.ask("Heartbeat", {}))[2] == "SecurityError"
        asking = asyncio.create_task(csms.call("CS1", "TriggerMessage", {"requestedMessage": "Heartbeat"}))
        await station.send([3, (await station.read())[1], {"status": "Accepted"}])
        await asking
        assert (await station.ask("Heartbeat", {}))[0] == 3
        assert (await station.told("BootNotification", BOOT))["status"] == "Accepted"
        assert (await station.ask("MeterValues", {"evseId": 1, "meterValue": []}))[2] != "SecurityError"
    assert csms.station("CS1").registration == "Accepted"


async def test_a_rejected_station_may_only_boot(csms: MockCsms) -> None:
    csms.override("CS1", "BootNotification", {"status": "Rejected"})
    async with bare_station(csms) as station:
        assert (await station.told("BootNotification", BOOT))["status"] == "Rejected"
        assert (await station.ask("Heartbeat", {}))[2] == "SecurityError"
    assert "registration is Rejected" in csms.station("CS1").problems[0]


async def test_an_error_can_be_ordered_and_taken_back(csms: MockCsms) -> None:
    csms.override("CS1", "Heartbeat", error=ErrorReply("InternalError", "broken", {"a": 1}))
    async with bare_station(csms) as station:
        assert (await station.ask("Heartbeat", {}))[2:] == ["InternalError", "broken", {"a": 1}]
        csms.reset_override("CS1", "Heartbeat")
        assert (await station.ask("Heartbeat", {}))[0] == 3


async def test_silence_can_be_ordered_for_one_request(csms: MockCsms) -> None:
    csms.override("CS1", "TransactionEvent", silent=True, times=1)
    async with bare_station(csms) as station:
        await station.send_call("TransactionEvent", event(0))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(20):
                await station.websocket.recv()
        assert await station.told("TransactionEvent", event(0)) == {}
    assert csms.transactions["tx-1"].resent == (0,)
    assert csms.station("CS1").problems == ()


async def test_an_answer_can_be_late_without_holding_up_others(csms: MockCsms) -> None:
    csms.override("CS1", "Heartbeat", delay_s=10)
    async with bare_station(csms) as station:
        late = await station.send_call("Heartbeat", {})
        in_time = await station.send_call(
            "NotifyReport", {"requestId": 1, "seqNo": 0, "generatedAt": "2026-01-01T00:00:00Z"}
        )
        assert (await station.read())[1] == in_time
        started = asyncio.get_running_loop().time()
        assert (await station.read())[1] == late
        assert asyncio.get_running_loop().time() - started > 9
    assert "sent before Heartbeat m-1 was answered" in csms.station("CS1").problems[0]


async def test_a_late_answer_is_given_up_when_the_station_leaves(csms: MockCsms) -> None:
    csms.override("CS1", "Heartbeat", delay_s=1e6)
    async with bare_station(csms) as station:
        await station.send_call("Heartbeat", {})
        await csms.station("CS1").wait_for("Heartbeat")
    started = asyncio.get_running_loop().time()
    await csms.station("CS1").wait_connected(connected=False)
    assert asyncio.get_running_loop().time() - started < 1


async def test_an_answer_that_breaks_the_schema_can_be_ordered(csms: MockCsms) -> None:
    csms.override("CS1", "Heartbeat", {"currentTime": None, "x": 1})
    async with bare_station(csms) as station:
        assert await station.told("Heartbeat", {}) == {"x": 1}
    assert [message.valid for message in csms.station("CS1").messages] == [True, False]


@pytest.mark.parametrize("action", ACTIONS)
async def test_everything_that_a_station_asks_is_answered(csms: MockCsms, action: str) -> None:
    async with bare_station(csms) as station:
        answer = await station.ask(action, {})
    assert answer[0] == 3 or answer[2] == "OccurrenceConstraintViolation"
