"""From a request to its handler, and back."""

import io
from typing import Any

import pytest
from ocpp import exceptions
from ocpp.v201 import call, call_result, enums

from station import logs
from station.ocpp.frames import Call, Error, Result
from station.ocpp.router import Reply, Router, on

ACCEPTED = call_result.Reset(status=enums.ResetStatusEnumType.accepted)


class Resets:
    """A block with one handler that does what the test says."""

    def __init__(self, outcome: Any = ACCEPTED) -> None:
        self.outcome = outcome
        self.seen: list[call.Reset] = []

    @property
    def broken(self) -> str:
        raise RuntimeError("a property of a block is none of the router's business")

    @on("Reset")
    async def reset(self, request: call.Reset) -> Any:
        self.seen.append(request)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Caches:
    @on("ClearCache")
    async def clear(self, request: call.ClearCache) -> call_result.ClearCache:
        return call_result.ClearCache(status=enums.ClearCacheStatusEnumType.accepted)


class OldResets(Resets):
    async def reset(self, request: call.Reset) -> Any:
        """Overrides without a mark: handles nothing."""


def request(action: str = "Reset", payload: Any = None) -> Call:
    return Call("id-1", action, {"type": "Immediate"} if payload is None else payload)


@pytest.mark.ocpp("FR.02")
async def test_the_handler_gets_the_dataclass_and_its_answer_is_sent() -> None:
    block = Resets()
    answer = await Router(block, Caches()).respond(request())
    assert block.seen == [call.Reset(type=enums.ResetEnumType.immediate)]
    assert (answer.frame, answer.then, answer.invalid) == (Result("id-1", {"status": "Accepted"}), None, None)


async def test_a_reply_carries_what_comes_after_the_answer() -> None:
    def then() -> None: ...

    answer = await Router(Resets(Reply(ACCEPTED, then))).respond(request())
    assert answer.frame == Result("id-1", {"status": "Accepted"})
    assert answer.then is then


def test_a_router_knows_what_its_blocks_handle() -> None:
    assert Router(Resets(), Caches()).actions == {"Reset", "ClearCache"}
    assert Router(OldResets()).actions == frozenset()


def test_two_handlers_of_one_action_are_an_error() -> None:
    with pytest.raises(ValueError, match="Resets handles Reset, which another"):
        Router(Resets(), Resets())


def test_a_handler_of_an_unknown_action_is_an_error() -> None:
    class Wrong:
        @on("ChangeConfiguration")
        async def change(self, request: Any) -> Any: ...

    with pytest.raises(ValueError, match="ChangeConfiguration"):
        Router(Wrong())


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("ChangeConfiguration", {}, "NotImplemented"),
        ("reset", {"type": "Immediate"}, "NotImplemented"),
        ("Reset-Signed", {"type": "Immediate"}, "NotImplemented"),
        ("ResetRequest", {"type": "Immediate"}, "NotImplemented"),
        ("", {}, "NotImplemented"),
        ("BootNotification", {}, "NotSupported"),
        ("ReserveNow", "not looked at", "NotSupported"),
        ("Reset", [], "FormatViolation"),
        ("Reset", {}, "OccurrenceConstraintViolation"),
        ("Reset", {"type": 1}, "TypeConstraintViolation"),
        ("Reset", {"type": "Soft"}, "PropertyConstraintViolation"),
        ("Reset", {"type": "Immediate", "x": 1}, "ProtocolError"),
    ],
)
@pytest.mark.ocpp("FR.03")
async def test_what_cannot_be_handled_is_refused_with_its_code(action: str, payload: Any, code: str) -> None:
    block = Resets()
    answer = await Router(block).respond(request(action, payload))
    assert isinstance(answer.frame, Error)
    assert (answer.frame.id, answer.frame.code) == ("id-1", code)
    assert answer.frame.description
    assert block.seen == []
    assert (answer.invalid is not None) == (not code.startswith("Not"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exceptions.SecurityError("no", {"a": 1}), "SecurityError"),
        (exceptions.NotSupportedError("no", {"a": 1}), "NotSupported"),
        (exceptions.OccurenceConstraintViolationError("no", {"a": 1}), "OccurrenceConstraintViolation"),
        (exceptions.FormationViolationError("no", {"a": 1}), "FormatViolation"),
        (exceptions.OCPPError("no", {"a": 1}), "GenericError"),
    ],
)
async def test_an_error_of_the_library_becomes_the_refusal(error: Exception, code: str) -> None:
    answer = await Router(Resets(error)).respond(request())
    assert answer.frame == Error("id-1", code, "no", {"a": 1})
    assert answer.invalid is None


@pytest.mark.parametrize(
    "outcome",
    [
        ZeroDivisionError("a bug"),
        None,
        {"status": "Accepted"},
        call_result.ClearCache(status=enums.ClearCacheStatusEnumType.accepted),
        call_result.Reset(status="Perhaps"),  # type: ignore[arg-type]
        call_result.Reset(status=None),  # type: ignore[arg-type]
    ],
)
async def test_a_bug_of_ours_is_an_internal_error_that_tells_nothing(outcome: Any) -> None:
    answer = await Router(Resets(outcome)).respond(request())
    assert answer.frame == Error("id-1", "InternalError", "Reset failed in the station")
    assert answer.invalid is None


async def test_a_request_is_not_an_answer() -> None:
    block = Resets(call.Reset(type=enums.ResetEnumType.immediate))
    answer = await Router(block).respond(request())
    assert isinstance(answer.frame, Error)


@pytest.mark.parametrize(
    "error", [exceptions.SecurityError("no 04a2b3c4", {}), ValueError("04A2B3C4 is odd"), KeyError("04A2B3C4")]
)
async def test_an_error_that_names_a_token_is_logged_without_it(error: Exception) -> None:
    class Starts:
        @on("RequestStopTransaction")
        async def stop(self, request: call.RequestStopTransaction) -> Any:
            raise error

    payload = {"transactionId": "t", "customData": {"vendorId": "v", "idToken": "04A2B3C4"}}
    stream = io.StringIO()
    logs.configure("debug", stream=stream)
    await Router(Starts()).respond(request("RequestStopTransaction", payload))
    assert "RequestStopTransaction" in stream.getvalue()
    assert "04a2b3c4" not in stream.getvalue().lower()


async def test_a_loose_request_is_handled_if_that_is_wanted_and_refused_else() -> None:
    block = Resets()
    loose = request(payload={"type": "Immediate", "evseId": None})
    answer = await Router(block).respond(loose)
    assert isinstance(answer.frame, Error)
    assert (answer.frame.code, answer.frame.description) == (
        "TypeConstraintViolation",
        "evseId must be integer, not null",
    )
    answer = await Router(block).respond(loose, lenient=True)
    assert answer.frame == Result("id-1", {"status": "Accepted"})
    assert (answer.invalid, answer.repaired) == (None, {"evseId is null"})
    assert block.seen == [call.Reset(type=enums.ResetEnumType.immediate)]


async def test_what_cannot_be_repaired_is_refused_in_lenient_mode_too() -> None:
    answer = await Router(Resets()).respond(request(payload={"type": None, "evseId": None}), lenient=True)
    assert isinstance(answer.frame, Error)
    assert (answer.frame.code, answer.frame.description) == ("OccurrenceConstraintViolation", "type missing")
    assert answer.repaired == frozenset()
