"""From a request of the CSMS to the block that handles it, and back to an answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog
from ocpp import exceptions

from station.ocpp import codec, schemas, validation
from station.ocpp.frames import Call, Error, ErrorCode, Result
from station.ocpp.lenient import repair
from station.ocpp.redaction import hush, hushed
from station.ocpp.schemas import Kind

log = structlog.get_logger("station.router")

Handler = Callable[[Any], Awaitable[Any]]
"""Takes a dataclass of `ocpp.v201.call`; returns one of `call_result`, or a Reply around one."""

After = Callable[[], Awaitable[None] | None]

H = TypeVar("H", bound=Callable[..., Awaitable[Any]])

_MARK = "handles_action"

# Names of OCPP 1.6 among the library's errors -> how 2.0.1 spells them.
_RESPELLED = {
    "FormationViolation": ErrorCode.FORMAT_VIOLATION,
    "OccurenceConstraintViolation": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with a consequence: `then` runs after the answer was written, and only if it was (F06.FR.04).

    The next request waits for it, so it is short: what takes longer is started by it, not done.
    """

    result: Any
    then: After


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send for a request, what to do after it, and how far the request is valid OCPP."""

    frame: Result | Error
    then: After | None = None
    invalid: str | None = None
    """Why it is not, if it is not."""
    repaired: frozenset[str] = frozenset()
    """What was written loosely in the request and repaired."""


def on(action: str) -> Callable[[H], H]:
    """Mark a method of a block as the handler of an action, `@on("Reset")`."""

    def mark(method: H) -> H:
        setattr(method, _MARK, action)
        return method

    return mark


class Router:
    """Finds the handlers of its blocks; answers what none of them handles."""

    def __init__(self, *blocks: object) -> None:
        self._handlers: dict[str, Handler] = {}
        self.add(*blocks)

    def add(self, *blocks: object) -> None:
        """Raise ValueError for a handler of an action that OCPP 2.0.1 lacks, and for two of one action."""
        for block in blocks:
            for action, handler in _handlers_of(block):
                if action not in schemas.actions():
                    raise ValueError(f"{type(block).__name__} handles {action}, which OCPP 2.0.1 lacks")
                if action in self._handlers:
                    raise ValueError(f"{type(block).__name__} handles {action}, which another block handles too")
                self._handlers[action] = handler

    @property
    def actions(self) -> frozenset[str]:
        """The actions that have a handler."""
        return frozenset(self._handlers)

    async def respond(self, request: Call, *, lenient: bool = False) -> Answer:
        """Let the block answer; never raises: every failure is an answer too (Part 4 section 4.2.3).

        `lenient`: a payload that is not valid is repaired, if it can be, and handled.
        """
        handler = self._handlers.get(request.action)
        if handler is None:
            return Answer(_no_handler(request))
        violation, repaired = validation.check(request.action, Kind.REQUEST, request.payload), frozenset[str]()
        if violation is not None and lenient:
            payload, repaired = repair(request.action, Kind.REQUEST, request.payload)
            request = replace(request, payload=payload)
            violation = validation.check(request.action, Kind.REQUEST, request.payload)
        if violation is not None:
            log.warning("request_invalid", action=request.action, code=violation.code, why=violation.description)
            frame = Error(request.id, violation.code, violation.description)
            return Answer(frame, invalid=f"{request.action}: {violation.description}")
        return replace(await _respond(handler, request), repaired=repaired)


def refusal(request: Call, error: exceptions.OCPPError) -> Error:
    """Return the CALLERROR that an error of the library stands for."""
    code = getattr(error, "code", ErrorCode.GENERIC_ERROR)
    return Error(request.id, _RESPELLED.get(code, code), str(error.description), error.details)


def _handlers_of(block: object) -> list[tuple[str, Handler]]:
    # The class is searched, not the object, so that no property is run.
    methods = ((name, getattr(type(block), name, None)) for name in dir(type(block)))
    return [(getattr(method, _MARK), getattr(block, name)) for name, method in methods if hasattr(method, _MARK)]


def _no_handler(request: Call) -> Error:
    if request.action in schemas.actions():
        return Error(request.id, ErrorCode.NOT_SUPPORTED, f"this station does not support {request.action}")
    return Error(request.id, ErrorCode.NOT_IMPLEMENTED, f"OCPP 2.0.1 has no action {request.action}")


async def _respond(handler: Handler, request: Call) -> Answer:
    """Let the handler answer a request that is valid."""
    try:
        return await _handle(handler, request)
    except exceptions.OCPPError as error:
        why = hushed(str(error.description), request.payload)
        log.info("request_refused", action=request.action, error=type(error).__name__, why=why)
        return Answer(refusal(request, error))
    except Exception as error:
        # One faulty handler must not stop the answers to everything else.
        hush(error, request.payload)
        log.exception("request_handler_crashed", action=request.action)
        return Answer(Error(request.id, ErrorCode.INTERNAL_ERROR, f"{request.action} failed in the station"))


async def _handle(handler: Handler, request: Call) -> Answer:
    reply = await handler(codec.decode_request(request.action, request.payload))
    result, then = (reply.result, reply.then) if isinstance(reply, Reply) else (reply, None)
    if codec.action_of(result) != request.action:
        raise TypeError(f"the handler of {request.action} answered {type(result).__name__}")
    payload = codec.encode(result)
    violation = validation.check(request.action, Kind.RESPONSE, payload)
    if violation is not None:
        raise ValueError(f"the handler of {request.action} answered amiss: {violation.description}")
    return Answer(Result(request.id, payload), then)
