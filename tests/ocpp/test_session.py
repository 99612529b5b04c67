"""The RPC over one connection at a time."""

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog
from ocpp import exceptions
from ocpp.v201 import call, call_result, enums
from structlog.testing import capture_logs

from station.ocpp.router import Reply, Router, on
from station.ocpp.session import (
    FINISH_S,
    MOST_WAITING_REQUESTS,
    CallRefused,
    CallTimeout,
    NotPermitted,
    Offline,
    ResponseInvalid,
    RpcSession,
    _Shown,
)
from tests.ocpp.fake_wire import FakeWire, serving, settle

TIMEOUT_S = 30.0
NOW = "2026-10-25T01:30:00Z"
ACCEPTED = call_result.Reset(status=enums.ResetStatusEnumType.accepted)
RESET = {"type": "Immediate"}


class Resets:
    """A block whose handler does what the test says."""

    def __init__(self, act: Callable[[], Awaitable[Any]] | None = None) -> None:
        self.act = act
        self.handled = 0

    @on("Reset")
    async def reset(self, request: call.Reset) -> Any:
        self.handled += 1
        return ACCEPTED if self.act is None else await self.act()


class Transfers:
    @on("DataTransfer")
    async def transfer(self, request: call.DataTransfer) -> call_result.DataTransfer:
        return call_result.DataTransfer(status=enums.DataTransferStatusEnumType.accepted, data=math.nan)


def a_session(*blocks: object, **hooks: Any) -> RpcSession:
    return RpcSession(Router(*(blocks or (Resets(),))), timeout_s=lambda: TIMEOUT_S, **hooks)


def heartbeat(session: RpcSession) -> asyncio.Task[Any]:
    return asyncio.create_task(session.call(call.Heartbeat()), name="heartbeat")


async def failure(task: asyncio.Task[Any]) -> BaseException:
    outcome = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(outcome[0], BaseException)
    return outcome[0]


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


@pytest.mark.ocpp("Part4-4.1.1")
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


async def test_a_refusal_is_told_with_code_description_and_details() -> None:
    session = a_session()
    async with serving(session) as wire:
        task = heartbeat(session)
        wire.say([4, (await wire.hear())[1], "InternalError", 'bad {"idToken":"SECRET"}', {"x": 1}])
        error = await failure(task)
        assert isinstance(error, CallRefused)
        assert not isinstance(error, ResponseInvalid)
        assert (error.code, error.description, error.details) == (
            "InternalError",
            'bad {"idToken":"SECRET"}',
            {"x": 1},
        )
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


@pytest.mark.ocpp("Part4-4.1.1")
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


def _refuse(action: str) -> str:
    raise exceptions.SecurityError(f"{action} refused")


@pytest.mark.ocpp("B03.FR.08")
@pytest.mark.parametrize("gate", [lambda _action: "SecurityError", _refuse])
async def test_the_incoming_gate_refuses_requests(gate: Callable[[str], str]) -> None:
    block = Resets()
    async with serving(a_session(block, incoming_gate=gate)) as wire:
        wire.say([2, "a", "Reset", RESET])
        assert (await wire.hear())[:3] == [4, "a", "SecurityError"]
        assert block.handled == 0


# Requests of the CSMS.


@pytest.mark.parametrize(
    ("frame", "message_id", "code", "invalid"),
    [
        ("[2,", "-1", "RpcFrameworkError", True),
        ([2, "x" * 37, "Reset", RESET], "-1", "RpcFrameworkError", True),
        ([2, "a", "Reset"], "a", "RpcFrameworkError", True),
        (b'[2,"a","Reset",{"type":"Immediate"}]', "-1", "RpcFrameworkError", True),
        ([7, "a", "Reset", RESET], "a", "MessageTypeNotSupported", True),
        ([2, "a", "ChangeConfiguration", {}], "a", "NotImplemented", False),
        ([2, "a", "ReserveNow", {}], "a", "NotSupported", False),
        ([2, "a", "Reset", None], "a", "FormatViolation", True),
        ([2, "a", "Reset", {}], "a", "OccurrenceConstraintViolation", True),
        ([2, "a", "Reset", {"type": 1}], "a", "TypeConstraintViolation", True),
        ([2, "a", "Reset", {"type": "Soft"}], "a", "PropertyConstraintViolation", True),
        ([2, "a", "Reset", {"type": "Immediate", "x": 1}], "a", "ProtocolError", True),
        ([2, "a", "DataTransfer", {"vendorId": "v"}], "a", "InternalError", False),
    ],
)
@pytest.mark.ocpp("Part4-4.2.3")
async def test_each_kind_of_bad_request_gets_its_callerror(
    frame: Any, message_id: str, code: str, invalid: bool
) -> None:
    told: list[str] = []
    async with serving(a_session(Resets(), Transfers(), on_invalid=told.append)) as wire:
        wire.say(frame)
        answer = await wire.hear()
        assert answer[:3] == [4, message_id, code]
        assert isinstance(answer[3], str)
        assert isinstance(answer[4], dict)
        assert len(told) == invalid
        wire.say([2, "b", "Reset", RESET])
        assert await wire.hear() == [3, "b", {"status": "Accepted"}]


async def test_requests_are_handled_one_after_the_other_in_their_order() -> None:
    gates = {"first": asyncio.Event(), "second": asyncio.Event()}
    waiting = iter(gates.values())

    async def act() -> Any:
        await next(waiting).wait()
        return ACCEPTED

    block = Resets(act)
    async with serving(a_session(block)) as wire:
        wire.say([2, "a", "Reset", RESET])
        wire.say([2, "b", "Reset", RESET])
        gates["second"].set()
        await settle()
        assert block.handled == 1
        assert wire.sent == []
        gates["first"].set()
        assert [(await wire.hear())[1] for _ in range(2)] == ["a", "b"]


async def test_requests_and_calls_may_cross() -> None:
    session = a_session()
    async with serving(session) as wire:
        task = heartbeat(session)
        message_id = (await wire.hear())[1]
        wire.say([2, "a", "Reset", RESET])
        assert (await wire.hear())[:2] == [3, "a"]
        assert not task.done()
        wire.say([3, message_id, {"currentTime": NOW}])
        await task


async def test_the_same_id_may_be_used_by_both_sides() -> None:
    session = a_session()
    async with serving(session) as wire:
        task = heartbeat(session)
        message_id = (await wire.hear())[1]
        wire.say([2, message_id, "Reset", RESET])
        assert await wire.hear() == [3, message_id, {"status": "Accepted"}]
        wire.say([3, message_id, {"currentTime": NOW}])
        await task


async def test_a_handler_may_call_out_itself() -> None:
    async def act() -> Any:
        await session.call(call.Heartbeat())
        return ACCEPTED

    session = a_session(Resets(act))
    async with serving(session) as wire:
        wire.say([2, "a", "Reset", RESET])
        wire.say([2, "b", "Reset", RESET])
        for expected in ("a", "b"):
            kind, message_id, *_ = await wire.hear()
            assert kind == 2
            wire.say([3, message_id, {"currentTime": NOW}])
            assert (await wire.hear())[:2] == [3, expected]


async def test_a_handler_that_crashes_blocks_nothing_and_is_logged() -> None:
    async def act() -> Any:
        raise ZeroDivisionError

    with capture_logs() as logs:
        async with serving(a_session(Resets(act))) as wire:
            for message_id in ("a", "b"):
                wire.say([2, message_id, "Reset", RESET])
                assert (await wire.hear())[:3] == [4, message_id, "InternalError"]
    crashes = [entry for entry in logs if entry["event"] == "request_handler_crashed"]
    assert len(crashes) == 2
    assert crashes[0]["exc_info"]


@pytest.mark.ocpp("F06.FR.04")
async def test_what_follows_an_answer_runs_after_the_answer_was_written() -> None:
    async def then() -> None:
        await session.call(call.Heartbeat())

    async def act() -> Any:
        return Reply(ACCEPTED, then)

    session = a_session(Resets(act))
    async with serving(session) as wire:
        wire.say([2, "a", "Reset", RESET])
        assert (await wire.hear())[:2] == [3, "a"]
        kind, message_id, action, _ = await wire.hear()
        assert (kind, action) == (2, "Heartbeat")
        wire.say([3, message_id, {"currentTime": NOW}])


async def test_what_follows_may_be_a_plain_function() -> None:
    written: list[int] = []

    async def act() -> Any:
        return Reply(ACCEPTED, lambda: written.append(len(wire.sent)))

    async with serving(a_session(Resets(act))) as wire:
        wire.say([2, "a", "Reset", RESET])
        await wire.hear()
        await settle()
        assert written == [1]


@pytest.mark.parametrize("error", [ZeroDivisionError(), Offline("x"), CallRefused("GenericError")])
async def test_what_follows_may_fail_without_harm(error: Exception) -> None:
    async def then() -> None:
        raise error

    async def act() -> Any:
        return Reply(ACCEPTED, then)

    with capture_logs() as logs:
        async with serving(a_session(Resets(act))) as wire:
            for message_id in ("a", "b"):
                wire.say([2, message_id, "Reset", RESET])
                assert (await wire.hear())[:2] == [3, message_id]
    bug = isinstance(error, ZeroDivisionError)
    assert [entry["log_level"] for entry in logs if entry["event"].startswith("consequence")] == (
        ["error" if bug else "info"] * 2
    )


async def test_nothing_follows_an_answer_that_could_not_be_written() -> None:
    followed: list[str] = []
    ready = asyncio.Event()

    async def act() -> Any:
        await ready.wait()
        return Reply(ACCEPTED, lambda: followed.append("then"))

    async with serving(a_session(Resets(act))) as wire:
        wire.say([2, "a", "Reset", RESET])
        await settle()
        wire.lose()
        ready.set()
    assert followed == []


async def test_an_id_that_is_being_handled_is_refused_and_free_again_afterwards() -> None:
    ready = asyncio.Event()

    async def act() -> Any:
        await ready.wait()
        return ACCEPTED

    block = Resets(act)
    async with serving(a_session(block)) as wire:
        wire.say([2, "a", "Reset", RESET])
        wire.say([2, "a", "Reset", RESET])
        assert (await wire.hear())[:3] == [4, "a", "RpcFrameworkError"]
        ready.set()
        assert (await wire.hear())[:2] == [3, "a"]
        wire.say([2, "a", "Reset", RESET])
        assert (await wire.hear())[:2] == [3, "a"]
        assert block.handled == 2


async def test_a_flood_of_requests_is_bounded_and_answers_still_arrive() -> None:
    ready = asyncio.Event()

    async def act() -> Any:
        await ready.wait()
        return ACCEPTED

    session = a_session(Resets(act))
    async with serving(session) as wire:
        task = heartbeat(session)
        message_id = (await wire.hear())[1]
        for n in range(MOST_WAITING_REQUESTS + 100):
            wire.say([2, f"r{n}", "Reset", RESET])
        wire.say([3, message_id, {"currentTime": NOW}])
        await task
        refused = [await wire.hear() for _ in range(100)]
        assert {answer[2] for answer in refused} == {"GenericError"}
        ready.set()
        handled = [await wire.hear() for _ in range(MOST_WAITING_REQUESTS)]
        assert [answer[1] for answer in handled] == [f"r{n}" for n in range(MOST_WAITING_REQUESTS)]


# From connection to connection.


async def test_a_session_serves_one_connection_after_the_other() -> None:
    session = a_session()
    for _ in range(3):
        assert not session.connected
        async with serving(session) as wire:
            assert session.connected
            task = heartbeat(session)
            wire.say([2, "a", "Reset", RESET])
            frames = sorted([await wire.hear(), await wire.hear()])
            wire.say([3, frames[0][1], {"currentTime": NOW}])
            assert frames[1][:2] == [3, "a"]
            await task


async def test_an_answer_over_the_next_connection_does_not_settle_the_old_call() -> None:
    session = a_session()
    async with serving(session) as wire:
        old = heartbeat(session)
        old_id = (await wire.hear())[1]
    assert isinstance(await failure(old), Offline)
    async with serving(session) as wire:
        new = heartbeat(session)
        new_id = (await wire.hear())[1]
        wire.say([4, old_id, "GenericError", "", {}])
        wire.say([3, new_id, {"currentTime": NOW}])
        await new


async def test_two_connections_at_once_are_an_error() -> None:
    session = a_session()
    async with serving(session):
        with pytest.raises(RuntimeError, match="another connection"):
            await session.serve(FakeWire())


async def test_a_request_in_hand_is_finished_when_the_connection_ends_and_the_queue_forgotten() -> None:
    finished: list[str] = []

    async def act() -> Any:
        await asyncio.sleep(FINISH_S / 2)
        finished.append("done")
        return ACCEPTED

    block = Resets(act)
    async with serving(a_session(block)) as wire:
        wire.say([2, "a", "Reset", RESET])
        wire.say([2, "b", "Reset", RESET])
        await settle()
    assert finished == ["done"]
    assert block.handled == 1


async def test_a_handler_that_never_ends_cannot_keep_the_station_offline() -> None:
    async def act() -> Any:
        await asyncio.Event().wait()

    begun = asyncio.get_running_loop().time()
    async with serving(a_session(Resets(act))) as wire:
        wire.say([2, "a", "Reset", RESET])
        await settle()
    assert FINISH_S <= asyncio.get_running_loop().time() - begun < FINISH_S + 1


async def test_a_handler_that_calls_out_learns_that_the_connection_ended() -> None:
    seen: list[BaseException] = []

    async def act() -> Any:
        try:
            await session.call(call.Heartbeat())
        except Offline as error:
            seen.append(error)
        return ACCEPTED

    session = a_session(Resets(act))
    async with serving(session) as wire:
        wire.say([2, "a", "Reset", RESET])
        await wire.hear()
    assert len(seen) == 1


async def test_cancelling_the_service_ends_it_and_the_calls() -> None:
    session = a_session()
    wire = FakeWire()
    service = asyncio.create_task(session.serve(wire))
    await settle()
    task = heartbeat(session)
    await wire.hear()
    service.cancel()
    assert isinstance(await failure(service), asyncio.CancelledError)
    assert isinstance(await failure(task), Offline)
    assert not session.connected


async def test_frames_are_logged_on_the_wires_own_logger_without_secrets() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    session = a_session()
    payload = {"idToken": {"idToken": "SECRET", "type": "Central"}}
    with capture_logs() as logs:
        async with serving(session) as wire:
            task = asyncio.create_task(session.call_payload("Authorize", payload))
            wire.say([4, (await wire.hear())[1], "GenericError", json.dumps(payload), {}])
            await failure(task)
            wire.say(b"\x00")
            await wire.hear()
    shown = [repr(entry["frame"]) for entry in logs if entry["event"].startswith("frame_") and "frame" in entry]
    assert len(shown) == 4
    assert "SECRET" not in str(logs) + "".join(shown)
    assert {entry["log_level"] for entry in logs if "frame" in entry} == {"debug"}
    assert repr(_Shown(b"\x00")) == "1 bytes"
