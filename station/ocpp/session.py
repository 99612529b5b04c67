"""The RPC of OCPP-J over one connection at a time: one CALL out, requests in order (Part 4 section 4.1)."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

import structlog
from ocpp.exceptions import OCPPError

from station.ocpp import codec, frames, validation
from station.ocpp.frames import Call, Error, ErrorCode, Malformed, Result
from station.ocpp.lenient import repair
from station.ocpp.redaction import Shown, hush, hushed
from station.ocpp.router import Answer, Router, refusal
from station.ocpp.rpc_errors import (
    CallRefused,
    CallTimeout,
    NotPermitted,
    Offline,
    RequestInvalid,
    ResponseInvalid,
    RpcError,
)
from station.ocpp.schemas import Kind

MOST_WAITING_REQUESTS = 32
"""A CSMS has one request open at a time; this many wait for their turn before more are refused."""
MOST_WAITING_BYTES = 2 * 1024 * 1024
"""And no more than this of them: read into memory, JSON takes many times its length."""
REMEMBERED_IDS = 256
"""So many ids of requests that were answered are known, to notice one that is played again."""
FINISH_S = 5.0
"""How long the request that is being handled when the connection ends may go on before it is cut off."""

log = structlog.get_logger("station.session")
wire = structlog.get_logger("station.wire")


class Connection(Protocol):
    """A WebSocket as the session needs it."""

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Yield each frame; end when the connection has ended, for whatever reason."""

    async def send(self, frame: str) -> None:
        """Write one frame; raise ConnectionError if the connection has ended."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection within a bounded time."""


@dataclass(eq=False, slots=True)
class _Order:
    """A request of ours on its way: the lane sends it and settles `outcome`."""

    id: str
    action: str
    frame: str
    timeout_s: float
    outcome: asyncio.Future[Result | Error | Malformed]
    on_sent: Callable[[], None]
    context: Context = field(default_factory=copy_context)
    """Of the task that calls: what it was asked to send may be permitted where other messages wait (B02.FR.02)."""

    def settle(self, answer: Result | Error | Malformed) -> None:
        if not self.outcome.done():
            self.outcome.set_result(answer)

    def fail(self, error: RpcError) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)


@dataclass(eq=False, slots=True)
class _Talk:
    """What lives as long as one connection."""

    connection: Connection
    orders: asyncio.Queue[_Order] = field(default_factory=asyncio.Queue)
    unsettled: set[_Order] = field(default_factory=set)
    awaited: tuple[str, asyncio.Future[Result | Error | Malformed]] | None = None
    """The id of the CALL that is out, and where its answer goes."""
    requests: asyncio.Queue[Call | None] = field(default_factory=asyncio.Queue)
    """In the order in which they came; None ends the worker."""
    unanswered: dict[str, int] = field(default_factory=dict)
    """Id -> length in bytes of the requests that are being handled or wait for it."""
    answered: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_IDS))
    repair_told: bool = False

    def is_full(self, request: Call) -> bool:
        """This request is one too many, or too large beside the others."""
        waiting = self.unanswered.values()
        return len(waiting) >= MOST_WAITING_REQUESTS or (
            bool(waiting) and sum(waiting) + request.size_bytes > MOST_WAITING_BYTES
        )

    def hang_up(self) -> None:
        """Settle what waits for an answer, forget what waits for its turn."""
        for order in tuple(self.unsettled):
            order.fail(Offline(f"the connection ended before {order.action} was answered"))
        while not self.requests.empty():
            self.requests.get_nowait()
        self.requests.put_nowait(None)


class RpcSession:
    """Calls the CSMS and answers it, over whatever connection `serve` is given."""

    def __init__(
        self,
        router: Router,
        *,
        timeout_s: Callable[[], float],
        outgoing_gate: Callable[[str], None] = lambda _action: None,
        incoming_gate: Callable[[str], None] = lambda _action: None,
        on_invalid: Callable[[str], None] = lambda _why: None,
        on_replayed: Callable[[str], None] = lambda _why: None,
        lenient: bool = False,
        on_frame: Callable[[bool, Shown], None] = lambda _sent, _shown: None,
    ) -> None:
        """`timeout_s`: how long a request that is sent waits for its answer (messageTimeout of the network profile).

        `outgoing_gate` raises NotPermitted for an action that must wait. `incoming_gate` raises an OCPPError, which
        becomes the CALLERROR, for one that is not to be handled. `on_invalid` is told whatever the
        CSMS sends that is no valid OCPP, `on_replayed` each request whose id came over this connection before.
        `lenient`: what CSMSs write loosely is repaired (station.ocpp.lenient). `on_frame` is shown all that is sent
        (True) and received (False).
        """
        self._router = router
        self._timeout_s = timeout_s
        self._outgoing_gate = outgoing_gate
        self._incoming_gate = incoming_gate
        self._on_invalid = on_invalid
        self._on_replayed = on_replayed
        self._lenient = lenient
        self._on_frame = on_frame
        self._talk: _Talk | None = None

    @property
    def connected(self) -> bool:
        """A connection is being served."""
        return self._talk is not None

    async def call(
        self, request: object, *, timeout_s: float | None = None, on_sent: Callable[[], None] = lambda: None
    ) -> Any:
        """Send a dataclass of `ocpp.v201.call`; return the answer, the dataclass of that name in `call_result`.

        Raises Offline, NotPermitted, CallTimeout, CallRefused or ResponseInvalid; RequestInvalid, TypeError or
        ValueError for a request that must not or cannot be written. Requests are sent one after the other, in the
        order of these calls; `timeout_s` runs from the sending.
        """
        payload = codec.encode(request)
        return await self.call_payload(codec.action_of(request), payload, timeout_s=timeout_s, on_sent=on_sent)

    async def call_payload(
        self,
        action: str,
        payload: dict[str, Any],
        *,
        timeout_s: float | None = None,
        on_sent: Callable[[], None] = lambda: None,
    ) -> Any:
        """Send a request that is encoded already; see `call`."""
        talk = self._talk
        if talk is None:
            raise Offline(f"{action} not sent: there is no connection")
        self._outgoing_gate(action)
        _refuse_invalid(action, payload)
        request = Call(str(uuid4()), action, payload)
        order = _Order(
            request.id,
            action,
            frame=frames.to_text(request),
            timeout_s=self._timeout_s() if timeout_s is None else timeout_s,
            outcome=asyncio.get_running_loop().create_future(),
            on_sent=on_sent,
        )
        talk.unsettled.add(order)
        talk.orders.put_nowait(order)
        try:
            answer = await order.outcome
        finally:
            talk.unsettled.discard(order)
        return self._read_answer(talk, request, answer)

    async def serve(self, connection: Connection) -> None:
        """Talk over this connection until it ends. Raises RuntimeError while another one is served."""
        if self._talk is not None:
            raise RuntimeError("the session serves another connection already")
        talk = self._talk = _Talk(connection)
        async with asyncio.TaskGroup() as tasks:
            lane = tasks.create_task(self._send_orders(talk), name="ocpp-calls")
            worker = tasks.create_task(self._work_off(talk), name="ocpp-requests")
            try:
                async for frame in connection:
                    await self._receive(talk, frame)
            finally:
                self._talk = None
                talk.hang_up()
            lane.cancel()
            await _finish(worker)

    async def _send_orders(self, talk: _Talk) -> None:
        """The lane: at most one CALL of ours is out, however many wait (Part 4 section 4.1.1)."""
        while True:
            order = await talk.orders.get()
            if order.outcome.done():
                continue
            try:
                # Again, for the CSMS may have changed its mind while the request waited.
                order.context.run(self._outgoing_gate, order.action)
            except NotPermitted as error:
                order.fail(error)
            else:
                await self._exchange(talk, order)

    async def _exchange(self, talk: _Talk, order: _Order) -> None:
        """Send a request and wait for its answer, even if nobody cares any more: until then the lane is taken."""
        action = order.action
        answer: asyncio.Future[Result | Error | Malformed] = asyncio.get_running_loop().create_future()
        talk.awaited = (order.id, answer)
        try:
            async with asyncio.timeout(order.timeout_s):
                await self._write(talk, order.frame)
                order.on_sent()
                order.settle(await answer)
        except TimeoutError:
            log.warning("call_timed_out", action=action, id=order.id, timeout_s=order.timeout_s)
            order.fail(CallTimeout(f"no answer to {action} within {order.timeout_s:g} s"))
        except ConnectionError as error:
            order.fail(Offline(f"{action} not sent: {error}"))
        except ValueError as error:  # longer than a frame may be
            order.fail(RequestInvalid(f"{action} not sent: {error}"))
        finally:
            talk.awaited = None

    def _read_answer(self, talk: _Talk, request: Call, answer: Result | Error | Malformed) -> Any:
        match answer:
            case Error(_, code, description):
                raise CallRefused(code, hushed(description[: frames.MAX_DESCRIPTION_LENGTH], request.payload))
            case Malformed():
                raise ResponseInvalid(ErrorCode.RPC_FRAMEWORK_ERROR, answer.why)
            case Result(_, payload):
                return self._read_result(talk, request.action, payload)

    def _read_result(self, talk: _Talk, action: str, payload: Any) -> Any:
        violation = validation.check(action, Kind.RESPONSE, payload)
        if violation is not None and self._lenient:
            payload, repaired = repair(action, Kind.RESPONSE, payload)
            violation = validation.check(action, Kind.RESPONSE, payload)
            if violation is None:
                _tell_repair(talk, f"{action}Response", repaired)
        if violation is None:
            return codec.decode_response(action, payload)
        log.warning("response_invalid", action=action, code=violation.code, why=violation.description)
        self._on_invalid(f"{action}Response: {violation.description}")
        raise ResponseInvalid(violation.code, violation.description)

    async def _receive(self, talk: _Talk, frame: str | bytes) -> None:
        shown = Shown(frame)
        wire.debug("frame_received", frame=shown)
        self._on_frame(False, shown)
        match frames.parse(frame):
            case Call() as request:
                await self._queue(talk, request)
            case Result() | Error() as answer:
                self._take_answer(talk, answer, to=answer.id)
            case Malformed() as malformed:
                log.warning("frame_malformed", why=malformed.why)
                self._on_invalid(malformed.why)
                if malformed.answer_to is not None:
                    self._take_answer(talk, malformed, to=malformed.answer_to)
                elif malformed.reply is not None:
                    await self._reply(talk, malformed.reply)

    def _take_answer(self, talk: _Talk, answer: Result | Error | Malformed, *, to: str) -> None:
        awaited_id, outcome = talk.awaited or (None, None)
        if outcome is None or awaited_id != to or outcome.done():
            # Late, twice, or not to us; Part 4 section 4.1.4 has ids that never come again.
            log.info("answer_ignored", id=to, error=answer.code if isinstance(answer, Error) else None)
        else:
            outcome.set_result(answer)

    async def _queue(self, talk: _Talk, request: Call) -> None:
        if request.id in talk.unanswered:
            why = "a request with this id is being handled"
            self._on_invalid(why)
            await self._reply(talk, Error(request.id, ErrorCode.RPC_FRAMEWORK_ERROR, why))
        elif talk.is_full(request):
            log.warning("request_flood", waiting=len(talk.unanswered))
            await self._reply(talk, Error(request.id, ErrorCode.GENERIC_ERROR, "too many requests at once"))
        else:
            if request.id in talk.answered:
                # Told, and handled all the same: who repeats a request may use its id again (Part 4, 4.1.4).
                self._on_replayed(f"{request.action} with the id of an earlier request")
            talk.unanswered[request.id] = request.size_bytes
            talk.requests.put_nowait(request)

    async def _work_off(self, talk: _Talk) -> None:
        """Answer one request after the other; in its own task, so that answers to our calls still arrive."""
        while (request := await talk.requests.get()) is not None:
            answer = await self._answer(request)
            if answer.invalid is not None:
                self._on_invalid(answer.invalid)
            if answer.repaired:
                _tell_repair(talk, request.action, answer.repaired)
            written = await self._reply(talk, answer.frame)
            talk.unanswered.pop(request.id, None)
            talk.answered.append(request.id)
            if written:
                await _follow(answer, request)

    async def _answer(self, request: Call) -> Answer:
        try:
            self._incoming_gate(request.action)
        except OCPPError as error:
            return Answer(refusal(request, error))
        return await self._router.respond(request, lenient=self._lenient)

    async def _reply(self, talk: _Talk, answer: Result | Error) -> bool:
        """Write an answer; return whether it could be written."""
        try:
            await self._write(talk, frames.to_text(answer))
        except ConnectionError as error:
            log.info("answer_not_delivered", id=answer.id, why=str(error))
            return False
        except (TypeError, ValueError, RecursionError):
            log.exception("answer_unwritable", id=answer.id)
            await self._reply(talk, Error(answer.id, ErrorCode.INTERNAL_ERROR, "the answer cannot be written"))
            return False
        return True

    async def _write(self, talk: _Talk, frame: str) -> None:
        shown = Shown(frame)
        wire.debug("frame_sent", frame=shown)
        self._on_frame(True, shown)
        await talk.connection.send(frame)


def _refuse_invalid(action: str, payload: dict[str, Any]) -> None:
    """Nothing invalid leaves the station."""
    violation = validation.check(action, Kind.REQUEST, payload)
    if violation is not None:
        log.error("own_request_invalid", action=action, why=violation.description)
        raise RequestInvalid(f"{action} is not valid OCPP 2.0.1: {violation.description}")


def _tell_repair(talk: _Talk, message: str, repaired: frozenset[str]) -> None:
    """Once a connection: who writes loosely does so all the time."""
    if not talk.repair_told:
        talk.repair_told = True
        log.warning("loose_message_repaired", message=message, what="; ".join(sorted(repaired)))


async def _follow(answer: Answer, request: Call) -> None:
    """Do what comes after an answer; its failure is no reason to stop answering."""
    if answer.then is None:
        return
    try:
        work = answer.then()
        if work is not None:
            await work
    except RpcError as error:
        log.info("consequence_not_told", action=request.action, why=str(error))
    except Exception as error:
        hush(error, request.payload)
        log.exception("consequence_crashed", action=request.action)


async def _finish(worker: asyncio.Task[None]) -> None:
    """Let the request that is being handled come to its end: half a change is worse than none."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FINISH_S):
            await asyncio.shield(worker)
    if not worker.done():
        log.error("request_handler_cut_off", after_s=FINISH_S)
        worker.cancel()
