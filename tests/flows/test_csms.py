"""A CSMS that hesitates, refuses, restarts the station or talks nonsense."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from station.app import Outcome
from tests.flows.house import House, is_whole, until


async def answer_to(house: House, text: str) -> Any:
    """Send a frame as it is; return what the station answers, or None if it keeps silent for a minute."""
    sent = await house.csms.send_text(house.seen.id, text)
    try:
        message = await house.seen.wait_for_message(
            lambda message: message.direction == "in" and json.loads(message.text)[0] != 2, after=sent, timeout_s=60
        )
    except TimeoutError:
        return None
    return json.loads(message.text)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("hello", [4, "-1", "RpcFrameworkError"]),
        ("[]", [4, "-1", "RpcFrameworkError"]),
        ('{"a":1}', [4, "-1", "RpcFrameworkError"]),
        ("[" * 10_000, [4, "-1", "RpcFrameworkError"]),
        ('[9,"id-1","Reset",{}]', [4, "id-1", "MessageTypeNotSupported"]),
        ('[2,"id-2","Tea",{}]', [4, "id-2", "NotImplemented"]),
        ('[2,"id-3","SetChargingProfile",{}]', [4, "id-3", "NotSupported"]),
        ('[2,"id-4","Reset",{}]', [4, "id-4", "OccurrenceConstraintViolation"]),
        ('[2,"id-5","Reset",{"type":7}]', [4, "id-5", "TypeConstraintViolation"]),
        ('[2,"id-6","Reset",{"type":"Perhaps"}]', [4, "id-6", "PropertyConstraintViolation"]),
        ('[2,"id-7","Reset",[]]', [4, "id-7", "FormatViolation"]),
        ('[3,"nobody-asked",{}]', None),
        ('[4,"nobody-asked","GenericError","",{}]', None),
    ],
)
async def test_nonsense_is_answered_as_the_standard_says(tmp_path: Path, frame: str, expected: Any) -> None:
    async with House(tmp_path) as house:
        answer = await answer_to(house, frame)
        assert (answer and answer[:3]) == expected
        # And the next message works.
        refused = await house.call("RequestStopTransaction", transactionId="none")
        assert refused["status"] == "Rejected"
        assert house.seen.connections == 1


@pytest.mark.ocpp("B02.FR.01")
async def test_pending_and_then_accepted(tmp_path: Path) -> None:
    async with House(tmp_path, wait=False) as house:
        house.csms.override("STATION-1", "BootNotification", {"status": "Pending", "interval": 30}, times=1)
        await until(lambda: house.seen.registration == "Pending", "Pending")
        house.plug()
        house.swipe()
        rejected = await house.call(
            "RequestStartTransaction", idToken={"idToken": "APP", "type": "Central"}, remoteStartId=1, evseId=1
        )
        assert rejected["status"] == "Rejected"
        assert not house.contactor_closed
        await until(lambda: house.seen.registration == "Accepted", "Accepted")
        await house.status("Occupied")
        boots = house.seen.received("BootNotification")
        assert len(boots) == 2
        assert house.seen.problems == ()


@pytest.mark.ocpp("B03.FR.08")
async def test_while_rejected_requests_get_a_security_error(tmp_path: Path) -> None:
    async with House(tmp_path, wait=False) as house:
        house.csms.override("STATION-1", "BootNotification", {"status": "Rejected", "interval": 3600})
        await until(lambda: house.seen.registration == "Rejected", "Rejected")
        answer = await answer_to(house, '[2,"x","RequestStopTransaction",{"transactionId":"t"}]')
        assert answer[:3] == [4, "x", "SecurityError"]
        await asyncio.sleep(600)
        assert [m.action for m in house.seen.messages if m.direction == "in" and m.action][:1] == ["BootNotification"]
        assert house.seen.received("StatusNotification") == ()
        assert house.seen.received("SecurityEventNotification") == ()


@pytest.mark.ocpp("E13.FR.02")
async def test_an_event_that_is_refused_is_tried_again(tmp_path: Path) -> None:
    retry = '"OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]" = 5'
    async with House(tmp_path, variables=retry) as house:
        from simulators.mock_csms.replies import ErrorReply

        house.csms.override(house.seen.id, "TransactionEvent", error=ErrorReply("InternalError"), times=2)
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))


async def test_an_event_that_is_never_answered_becomes_a_dead_letter(tmp_path: Path) -> None:
    retry = '"OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]" = 1\n'
    retry += '"OCPPCommCtrlr.MessageAttempts[TransactionEvent]" = 2'
    async with House(tmp_path, variables=retry) as house:
        from simulators.mock_csms.replies import ErrorReply
        from station.storage.outbox import Outbox

        house.csms.override(house.seen.id, "TransactionEvent", error=ErrorReply("InternalError"), times=2)
        house.plug()
        house.swipe()
        assert house._database is not None
        outbox = Outbox(house._database)
        await until(lambda: len(outbox.dead_letters()) == 1, "the dead letter")
        assert outbox.dead_letters()[0].message.seq_no == 0
        await house.event(lambda e: e["seqNo"] > 0)


@pytest.mark.ocpp("B12.FR.04")
async def test_an_immediate_reset_ends_the_session_first(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        answer = await house.call("Reset", type="Immediate")
        assert answer["status"] == "Accepted"
        assert await house.ended() is Outcome.RESTART
        assert house.station is not None
        assert house.station.restart_reason == "RemoteReset"
        await house.start(reason=house.station.restart_reason, wait=False)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "ImmediateReset"
        assert transaction.events[-1].payload["triggerReason"] == "ResetCommand"
        await until(lambda: len(house.seen.received("BootNotification")) == 2, "the second boot")
        assert house.seen.received("BootNotification")[-1]["reason"] == "RemoteReset"


@pytest.mark.ocpp("B12.FR.01")
async def test_a_reset_on_idle_waits_for_the_session(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        answer = await house.call("Reset", type="OnIdle")
        assert answer["status"] == "Scheduled"
        await asyncio.sleep(60)
        assert house.contactor_closed
        house.swipe()
        assert await house.ended() is Outcome.RESTART
        await house.start(wait=False)
        assert is_whole(await house.finished(transaction_id))


async def test_a_stop_signal_ends_the_session_in_good_order(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        assert await house.stop() is Outcome.STOPPED
        assert not house.contactor_closed
        assert not house.bench.evse(1).controller.pwm_on
        await house.start(wait=False)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "Reboot"


async def test_the_security_event_of_the_start_arrives_after_acceptance(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        event = await house.seen.wait_for("SecurityEventNotification")
        assert event["type"] == "StartupOfTheDevice"


async def test_a_stop_signal_counts_more_than_a_reset_that_waits(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await house.charge()
        await house.call("Reset", type="OnIdle")
        house.bench.evse(1).fault("meter_busy_forever", True)
        assert await house.stop() is Outcome.STOPPED
        assert not house.bench.evse(1).controller.pwm_on
