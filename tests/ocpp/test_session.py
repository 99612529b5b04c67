"""The RPC over one connection at a time."""

import asyncio
import math
from typing import Any

import pytest
from ocpp import exceptions
from ocpp.v201 import call, call_result, enums
from structlog.testing import capture_logs

from station.ocpp.router import Router
from station.ocpp.rpc_errors import CallRefused, CallTimeout, NotPermitted, Offline, RequestInvalid, ResponseInvalid
from station.ocpp.session import RpcSession
from tests.ocpp.fake_wire import serving, settle
from tests.ocpp.rpc import NOW, RESET, TIMEOUT_S, Resets, a_session, failure, heartbeat

# Calls of ours.


async def test_a_call_is_answered() -> None:
    session = a_session()
    async with serving(session) as wire:
        task = heartbeat(session)
        kind, message_id, action, payload = await wire.hear()
        assert (kind, action, payload) == (2, "Heartbeat", {})
        assert len(message_id) <= 36
        wire.say([3, message_id, {"currentTime": NOW}])
        assert await task == call_result.Heartbeat(current_time=NOW)


async def test_a_payload_that_is_encoded_already_is_sent_as_it_is() -> None:
    session = a_session()
    payload = {"idToken": {"idToken": "0A", "type": "Central", "customData": {"vendorId": "v", "a_b": 1}}}
    async with serving(session) as wire:
        task = asyncio.create_task(session.call_payload("Authorize", payload))
        _, message_id, action, sent = await wire.hear()
        assert (action, sent) == ("Authorize", payload)
        wire.say([3, message_id, {"idTokenInfo": {"status": "Blocked"}}])
        assert (await task).id_token_info.status is enums.AuthorizationStatusEnumType.blocked


@pytest.mark.ocpp("FR.01")
async def test_only_one_call_is_out_and_the_others_follow_in_their_order() -> None:
    session = a_session()
    async with serving(session) as wire:
        tasks = [
            asyncio.create_task(session.call(call.SecurityEventNotification(type=f"e{n}", timestamp=NOW)))
            for n in range(4)
        ]
        ids = set()
        for n in range(4):
            _, message_id, _, payload = await wire.hear()
            await settle()
            assert wire.heard_all()
            assert payload["type"] == f"e{n}"
            ids.add(message_id)
            wire.say([3, message_id, {}])
        await asyncio.gather(*tasks)
        assert len(ids) == 4


async def test_without_a_connection_a_call_is_offline() -> None:
    with pytest.raises(Offline):
        await a_session().call(call.Heartbeat())


async def test_a_lost_connection_ends_the_call_that_waits_and_those_behind_it() -> None:
    session = a_session()
    async with serving(session) as wire:
        tasks = [heartbeat(session) for _ in range(3)]
        await wire.hear()
        wire.lose()
        for task in tasks:
            assert isinstance(await failure(task), Offline)
        assert not session.connected
        assert len(wire.sent) == 1


async def test_a_connection_that_is_lost_while_writing_ends_the_call() -> None:
    session = a_session()
    async with serving(session) as wire:
        wire._lost = True
        assert isinstance(await failure(heartbeat(session)), Offline)


@pytest.mark.ocpp("FR.01")
async def test_no_answer_in_time_is_a_timeout_and_the_next_call_is_sent() -> None:
    session = a_session()
    async with serving(session) as wire:
        loop = asyncio.get_running_loop()
        first, second = heartbeat(session), heartbeat(session)
        begun = loop.time()
        await wire.hear()
        assert isinstance(await failure(first), CallTimeout)
        assert TIMEOUT_S <= loop.time() - begun < TIMEOUT_S + 1
        wire.say([3, (await wire.hear())[1], {"currentTime": NOW}])
        await second


async def test_a_call_can_have_its_own_timeout() -> None:
    session = a_session()
    async with serving(session):
        begun = asyncio.get_running_loop().time()
        with pytest.raises(CallTimeout, match="within 5 s"):
            await session.call(call.Heartbeat(), timeout_s=5)
        assert asyncio.get_running_loop().time() - begun < 6


async def test_a_peer_that_does_not_read_is_a_timeout_too() -> None:
    session = a_session()
    async with serving(session) as wire:
        wire.jam()
        assert isinstance(await failure(heartbeat(session)), CallTimeout)


async def test_a_changed_timeout_serves_the_next_call() -> None:
    timeouts = iter([3.0, 7.0])
    session = RpcSession(Router(), timeout_s=lambda: next(timeouts))
    async with serving(session):
        for limit in ("3", "7"):
            with pytest.raises(CallTimeout, match=f"within {limit} s"):
                await session.call(call.Heartbeat())


async def test_a_late_answer_to_an_older_call_is_ignored() -> None:
    session = a_session()
    async with serving(session) as wire:
        first = heartbeat(session)
        late_id = (await wire.hear())[1]
        assert isinstance(await failure(first), CallTimeout)
        second = heartbeat(session)
        message_id = (await wire.hear())[1]
        wire.say([3, late_id, {"currentTime": "2000-01-01T00:00:00Z"}])
        wire.say([4, late_id, "GenericError", "", {}])
        wire.say([3, message_id, {"currentTime": NOW}])
        assert (await second).current_time == NOW


@pytest.mark.parametrize("stray", [[3, "foreign", {}], [4, "-1", "RpcFrameworkError", "", {}], [3], [4, "foreign"]])
async def test_a_foreign_answer_is_ignored_and_not_answered(stray: list[Any]) -> None:
    session = a_session()
    async with serving(session) as wire:
        wire.say(stray)
        task = heartbeat(session)
        message_id = (await wire.hear())[1]
        wire.say(stray)
        wire.say([3, message_id, {"currentTime": NOW}])
        await task
        wire.say([3, message_id, {"currentTime": NOW}])
        wire.say(stray)
        await settle()
        assert len(wire.sent) == 1


async def test_a_second_answer_to_one_call_is_ignored() -> None:
    session = a_session()
    async with serving(session) as wire:
        first, second = heartbeat(session), heartbeat(session)
        message_id = (await wire.hear())[1]
        wire.say([3, message_id, {"currentTime": NOW}])
        wire.say([4, message_id, "GenericError", "", {}])
        wire.say([3, message_id, {"currentTime": NOW}])
        assert (await first).current_time == NOW
        wire.say([3, (await wire.hear())[1], {"currentTime": NOW}])
        await second


async def test_a_refusal_is_told_with_code_and_description() -> None:
    session = a_session()
    async with serving(session) as wire:
        task = heartbeat(session)
        wire.say([4, (await wire.hear())[1], "InternalError", 'bad {"idToken":"SECRET"}', {"x": 1}])
        error = await failure(task)
        assert isinstance(error, CallRefused)
        assert not isinstance(error, ResponseInvalid)
        assert (error.code, error.description) == ("InternalError", 'bad {"idToken":"***"}')
        assert "SECRET" not in str(error)


@pytest.mark.parametrize(
    "tail", [[{}], [{"currentTime": "now"}], [{"currentTime": NOW, "x": 1}], [None], [], [{}, 1]]
)
async def test_an_invalid_answer_is_a_refusal_and_told_as_invalid(tail: list[Any]) -> None:
    invalid: list[str] = []
    session = a_session(on_invalid=invalid.append)
    async with serving(session) as wire:
        task = heartbeat(session)
        wire.say([3, (await wire.hear())[1], *tail])
        error = await failure(task)
        assert isinstance(error, ResponseInvalid)
        assert isinstance(error, CallRefused)
        assert len(invalid) == 1
        assert len(wire.sent) == 1


async def test_a_malformed_refusal_does_not_keep_the_lane_until_the_timeout() -> None:
    session = a_session()
    async with serving(session) as wire:
        begun = asyncio.get_running_loop().time()
        task = heartbeat(session)
        wire.say([4, (await wire.hear())[1]])
        assert isinstance(await failure(task), ResponseInvalid)
        assert asyncio.get_running_loop().time() - begun < TIMEOUT_S / 2


@pytest.mark.ocpp("FR.01")
async def test_a_call_that_nobody_waits_for_any_more_still_holds_the_lane() -> None:
    session = a_session()
    async with serving(session) as wire:
        first, second = heartbeat(session), heartbeat(session)
        message_id = (await wire.hear())[1]
        first.cancel()
        await settle()
        assert first.cancelled()
        assert wire.heard_all()
        wire.say([3, message_id, {"currentTime": NOW}])
        wire.say([3, (await wire.hear())[1], {"currentTime": NOW}])
        await second


async def test_a_call_cancelled_before_its_turn_is_never_sent() -> None:
    session = a_session()
    async with serving(session) as wire:
        first, second = heartbeat(session), heartbeat(session)
        message_id = (await wire.hear())[1]
        second.cancel()
        wire.say([3, message_id, {"currentTime": NOW}])
        await first
        await settle()
        assert len(wire.sent) == 1


async def test_a_request_that_cannot_be_written_hurts_its_sender_only() -> None:
    session = a_session()
    async with serving(session) as wire:
        with pytest.raises(ValueError, match=r"JSON|float"):
            await session.call(call.CostUpdated(total_cost=math.nan, transaction_id="x"))
        task = heartbeat(session)
        wire.say([3, (await wire.hear())[1], {"currentTime": NOW}])
        await task


# Registration gates.


@pytest.mark.ocpp("B01.FR.08")
async def test_the_outgoing_gate_holds_back_calls() -> None:
    def gate(action: str) -> None:
        if action != "BootNotification":
            raise NotPermitted(action)

    session = a_session(outgoing_gate=gate)
    async with serving(session) as wire:
        with pytest.raises(NotPermitted):
            await session.call(call.Heartbeat())
        await settle()
        assert wire.sent == []


async def test_the_gate_is_asked_again_when_it_is_a_calls_turn() -> None:
    closed = False

    def gate(action: str) -> None:
        if closed:
            raise NotPermitted(action)

    session = a_session(outgoing_gate=gate)
    async with serving(session) as wire:
        first, second = heartbeat(session), heartbeat(session)
        message_id = (await wire.hear())[1]
        closed = True
        wire.say([3, message_id, {"currentTime": NOW}])
        await first
        assert isinstance(await failure(second), NotPermitted)
        assert len(wire.sent) == 1


def _refuse(action: str) -> None:
    raise exceptions.SecurityError(f"{action} refused")


@pytest.mark.ocpp("B03.FR.08")
async def test_the_incoming_gate_refuses_requests() -> None:
    block = Resets()
    async with serving(a_session(block, incoming_gate=_refuse)) as wire:
        wire.say([2, "a", "Reset", RESET])
        assert (await wire.hear())[:3] == [4, "a", "SecurityError"]
        assert block.handled == 0


# What must not leave the station, and what is taken loosely.


async def test_a_request_that_ocpp_does_not_allow_is_not_sent() -> None:
    session = a_session()
    async with serving(session) as wire:
        too_long = call.SecurityEventNotification(type="x" * 51, timestamp=NOW)
        with pytest.raises(RequestInvalid, match="type must be shorter"):
            await session.call(too_long)
        task = heartbeat(session)
        wire.say([3, (await wire.hear())[1], {"currentTime": NOW}])
        await task
        assert len(wire.sent) == 1


async def test_a_request_that_is_longer_than_a_frame_may_be_fails_alone() -> None:
    session = a_session()
    async with serving(session) as wire:
        wire.longest = 10
        assert isinstance(await failure(heartbeat(session)), RequestInvalid)
        wire.longest = None
        task = heartbeat(session)
        wire.say([3, (await wire.hear())[1], {"currentTime": NOW}])
        await task


async def test_an_id_that_comes_again_is_told_and_the_request_is_handled() -> None:
    replayed: list[str] = []
    block = Resets()
    async with serving(a_session(block, on_replayed=replayed.append)) as wire:
        for message_id in ("a", "b", "a"):
            wire.say([2, message_id, "Reset", RESET])
            assert (await wire.hear())[:2] == [3, message_id]
    assert replayed == ["Reset with the id of an earlier request"]
    assert block.handled == 3


@pytest.mark.parametrize("lenient", [True, False])
async def test_loose_messages_are_taken_if_that_is_wanted_and_told_once_a_connection(lenient: bool) -> None:
    session = a_session(lenient=lenient)
    told = []
    with capture_logs() as logs:
        for _ in range(2):
            async with serving(session) as wire:
                for message_id in "ab":
                    wire.say([2, message_id, "Reset", {"type": "Immediate", "evseId": None}])
                    assert (await wire.hear())[0] == (3 if lenient else 4)
                task = heartbeat(session)
                wire.say([3, (await wire.hear())[1], {"currentTime": NOW, "customData": None}])
                await asyncio.gather(task, return_exceptions=True)
                told.append(isinstance(task.exception(), ResponseInvalid))
    assert told == [not lenient] * 2
    repairs = [entry["what"] for entry in logs if entry["event"] == "loose_message_repaired"]
    assert repairs == (["evseId is null"] * 2 if lenient else [])


async def test_a_refusal_that_repeats_a_token_in_plain_words_does_not_tell_it() -> None:
    session = a_session()
    async with serving(session) as wire:
        payload = {"idToken": {"idToken": "04A2B3C4", "type": "ISO14443"}}
        task = asyncio.create_task(session.call_payload("Authorize", payload))
        wire.say([4, (await wire.hear())[1], "GenericError", "who is 04a2b3c4?", {}])
        assert str(await failure(task)) == "GenericError: who is ***?"
