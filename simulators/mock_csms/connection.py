"""Connection: one websocket of one station, spoken by the ChargePoint of the library `ocpp`.

The library reads the frames, routes them and composes its CALLERRORs. What it does not offer stands here: a record of
every frame, payloads passed on untouched, answers that are late, wrong or missing on purpose, and CALLERRORs that
reach the caller.
"""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from ocpp.exceptions import OCPPError
from ocpp.messages import Call, CallError, CallResult
from ocpp.v201 import ChargePoint
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from simulators.mock_csms import replies
from simulators.mock_csms.errors import CallFailedError, NotConnectedError
from simulators.mock_csms.frames import UNREADABLE_ID, Frame, Kind, read
from simulators.mock_csms.members import Payload
from simulators.mock_csms.messages import Direction, Message
from simulators.mock_csms.replies import Desk, Override
from simulators.mock_csms.schemas import ACTIONS, violation
from simulators.mock_csms.station import Station

Say = Callable[[str, Message | str], None]
"""Tells people about a message of a station, or in words what else befell it."""
FollowUp = Callable[[str, str, Payload, Payload], Coroutine[Any, Any, None] | None]
"""Says what is to be done after an answer was sent, if anything, from station, action, request and answer."""

_REPORTS: Final = frozenset({"GetBaseReport", "GetReport"})


class RefusedError(OCPPError):
    """Why a request gets a CALLERROR."""

    code = "GenericError"

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)  # type: ignore[no-untyped-call]
        self.code = code


class _NoLog:
    """Takes the place of the library's log, which would repeat every frame, id tokens included."""

    def info(self, *_: object) -> None:
        pass

    exception = error = warning = info


class Connection(ChargePoint):
    """Talks to one station over one websocket; `run` reads until the socket is closed."""

    def __init__(
        self,
        station: Station,
        websocket: ServerConnection,
        *,
        desk: Desk,
        now: Callable[[], datetime],
        say: Say,
        follow_up: FollowUp = lambda *_: None,
    ) -> None:
        super().__init__(station.id, websocket, logger=_NoLog())  # type: ignore[no-untyped-call]
        self._station = station
        self._websocket = websocket
        self._desk = desk
        self._now = now
        self._say = say
        self._follow_up = follow_up
        self._unanswered: dict[str, str] = {}
        """Action by id of the station's requests that are still to be answered."""
        self._open: dict[str, asyncio.Future[Frame]] = {}
        """Own requests that wait for their answers, by id."""
        self._expected: dict[str, str | None] = {}
        """Action by id of what the station may answer to; frames that were sent as they are included."""
        self._asked: set[str] = set()
        """What a station that is not accepted yet was asked to send (B02.FR.02)."""
        self._later: set[asyncio.Task[None]] = set()
        """Late answers and follow-ups."""

    async def run(self) -> None:
        """Read and answer until the connection is closed."""
        try:
            async with asyncio.TaskGroup() as self._group:
                try:
                    with suppress(ConnectionClosed):
                        await self.start()  # type: ignore[no-untyped-call]
                finally:
                    for task in self._later:
                        task.cancel()
        finally:
            for waiting in self._open.values():
                if not waiting.done():
                    waiting.set_exception(NotConnectedError(f"station {self.id} went away before it answered"))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the websocket in good order."""
        await self._websocket.close(code, reason)

    def cut(self) -> None:
        """Drop the TCP connection without a word, as a broken network does."""
        self._websocket.transport.abort()

    async def request(self, action: str, payload: Payload, *, timeout_s: float) -> Any:
        """Send a CALL with this very payload and return the payload of its answer; one at a time.

        Raises CallFailedError for a CALLERROR, NotConnectedError, TimeoutError.
        """
        async with self._call_lock:
            message_id = str(uuid.uuid4())
            waiting = self._open[message_id] = asyncio.get_running_loop().create_future()
            self._expected[message_id] = action
            self._note_asked(action, payload)
            try:
                async with asyncio.timeout(timeout_s):
                    await self._send(Call(message_id, action, payload).to_json())  # type: ignore[no-untyped-call]
                    answer = await waiting
            except TimeoutError as error:
                raise TimeoutError(f"station {self.id} did not answer {action} within {timeout_s} s") from error
            except ConnectionClosed as error:
                raise NotConnectedError(f"station {self.id} is not connected any more") from error
            finally:
                del self._open[message_id], self._expected[message_id]
        if answer.kind is Kind.CALLERROR:
            raise CallFailedError(**answer.payload)
        return answer.payload

    async def send_text(self, text: str) -> int:
        """Send a frame as it is, garbage or not; returns the number of its message."""
        frame = read(text)
        self._expected[UNREADABLE_ID] = None
        if frame.kind is Kind.CALL:
            self._expected[frame.id] = frame.action
        number = self._station.messages.next
        try:
            await self._send(text)
        except ConnectionClosed as error:
            raise NotConnectedError(f"station {self.id} is not connected any more") from error
        return number

    async def route_message(self, raw_msg: str | bytes) -> None:
        """Record a frame, then let the library route it, or hand an answer to whoever waits for it."""
        frame = read(raw_msg)
        self._record_received(frame, raw_msg)
        if frame.kind is Kind.CALL:
            # A station that goes away does not wait for the answer; what else it sent before is still to be read.
            with suppress(ConnectionClosed):
                await super().route_message(raw_msg)  # type: ignore[no-untyped-call]
        elif frame.kind is not None and (waiting := self._open.get(frame.id)) and not waiting.done():
            waiting.set_result(frame)

    async def _handle_call(self, msg: Call) -> None:
        """Answer a request; the library turns a raised RefusedError into a CALLERROR."""
        self._unanswered[msg.unique_id] = msg.action
        if refusal := self._refusal(msg.action, msg.payload):
            raise refusal
        override = self._station.overrides.take(msg.action, msg.payload) or Override()
        if not override.delay_s:
            await self._answer(msg, override)
            return
        self._do_later("late-answer", self._answer_late(msg, override))

    def _do_later(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        task = self._group.create_task(work, name=f"{what}-{self.id}")
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _answer_late(self, msg: Call, override: Override) -> None:
        await asyncio.sleep(override.delay_s)
        with suppress(ConnectionClosed):
            await self._answer(msg, override)

    async def _answer(self, msg: Call, override: Override) -> None:
        if override.silent:
            del self._unanswered[msg.unique_id]
            return
        if error := override.error:
            refusal = CallError(msg.unique_id, error.code, error.description, error.details)  # type: ignore[no-untyped-call]
            await self._send(refusal.to_json())  # type: ignore[no-untyped-call]
            return
        now = self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        payload = override.over(replies.default(msg.action, msg.payload, desk=self._desk, now=now))
        if msg.action == "BootNotification":
            self._station.registration = payload.get("status")
        await self._send(CallResult(msg.unique_id, payload).to_json())  # type: ignore[no-untyped-call]
        if work := self._follow_up(self.id, msg.action, msg.payload, payload):
            self._do_later("follow-up", work)

    async def _send(self, message: str) -> None:
        frame = read(message)
        action = frame.action if frame.kind is Kind.CALL else self._unanswered.pop(frame.id, None)
        self._record("out", message, frame, action=action, problems=_schema_problems(frame, action))
        await self._websocket.send(message)

    def _refusal(self, action: str, payload: object) -> RefusedError | None:
        if action not in replies.ACTIONS and action not in self._station.overrides:
            if action in ACTIONS:
                return RefusedError("NotSupported", f"{action} is no request of a station")
            return RefusedError("NotImplemented", f"{action[:50]} is no action of OCPP 2.0.1")
        if broken := violation(Kind.CALL, action, payload):
            return RefusedError(broken.code, broken.text)
        if self._too_early(action):
            # B02.FR.09, B03.FR.07
            return RefusedError(
                "SecurityError", f"registration is {self._station.registration}: {action} has to wait"
            )
        return None

    def _too_early(self, action: str) -> bool:
        if action == "BootNotification" or self._station.registration in (None, "Accepted"):
            return False
        return self._station.registration == "Rejected" or action not in self._asked

    def _note_asked(self, action: str, payload: Payload) -> None:
        if action in _REPORTS:
            self._asked.add("NotifyReport")
        elif action == "TriggerMessage":
            wanted = str(payload.get("requestedMessage"))
            self._asked.add("SignCertificate" if wanted.startswith("Sign") else wanted)

    def _record_received(self, frame: Frame, raw: str | bytes) -> None:
        problems = [frame.problem] if frame.problem else []
        notes: tuple[str, ...] = ()
        action = frame.action
        if frame.kind is Kind.CALL and action is not None:
            problems += [f"sent before {other} {first} was answered" for first, other in self._unanswered.items()]
            if refusal := self._refusal(action, frame.payload):
                problems.append(f"{refusal.code}: {refusal.description}")
            else:
                notes = self._station.observe(action, frame.payload, at=self._now())
        elif frame.kind is not None:
            action = self._expected.get(frame.id)
            if frame.id not in self._expected:
                problems.append("answers no open request: its id is unknown, or it comes too late")
            problems += _schema_problems(frame, action)
        text = raw if isinstance(raw, str) else raw.decode("utf-8", "backslashreplace")
        self._record("in", text, frame, action=action, problems=problems, notes=notes)

    def _record(
        self,
        direction: Direction,
        text: str,
        frame: Frame,
        *,
        action: str | None,
        problems: list[str],
        notes: tuple[str, ...] = (),
    ) -> None:
        message = Message(
            number=self._station.messages.next,
            at=self._now(),
            direction=direction,
            text=text,
            kind=frame.kind,
            id=frame.id,
            action=action,
            payload=frame.payload,
            problems=tuple(problems),
            notes=notes,
        )
        self._station.messages.add(message)
        self._say(self._station.id, message)


def _schema_problems(frame: Frame, action: str | None) -> list[str]:
    if frame.problem and frame.kind is None:
        return [frame.problem]
    broken = violation(frame.kind, action, frame.payload) if frame.kind and action else None
    return [f"{broken.code}: {broken.text}"] if broken else []
