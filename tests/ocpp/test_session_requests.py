"""Requests of the CSMS, and what a connection's end does to them."""

import asyncio
import json
import logging
from typing import Any

import pytest
import structlog
from ocpp.v201 import call
from structlog.testing import capture_logs

from station.ocpp.router import Reply
from station.ocpp.rpc_errors import CallRefused, Offline
from station.ocpp.session import FINISH_S, MOST_WAITING_BYTES, MOST_WAITING_REQUESTS
from tests.ocpp.fake_wire import FakeWire, serving, settle
from tests.ocpp.rpc import ACCEPTED, NOW, RESET, Resets, Transfers, a_session, failure, heartbeat

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
@pytest.mark.ocpp("FR.03")
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


@pytest.mark.ocpp("FR.05", "F06.FR.04")
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


async def test_large_requests_that_wait_are_bounded_and_one_is_always_taken() -> None:
    ready = asyncio.Event()

    async def act() -> Any:
        await ready.wait()
        return ACCEPTED

    def of(size: int) -> dict[str, Any]:
        return {"type": "Immediate", "customData": {"vendorId": "v", "x": "y" * size}}

    async with serving(a_session(Resets(act))) as wire:
        wire.say([2, "a", "Reset", of(MOST_WAITING_BYTES // 2)])
        wire.say([2, "b", "Reset", of(MOST_WAITING_BYTES // 2)])
        assert (await wire.hear())[:3] == [4, "b", "GenericError"]
        ready.set()
        assert (await wire.hear())[:2] == [3, "a"]
        wire.say([2, "c", "Reset", of(MOST_WAITING_BYTES)])
        assert (await wire.hear())[:2] == [3, "c"]
        wire.say([2, "b", "Reset", RESET])
        assert (await wire.hear())[:2] == [3, "b"]


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
