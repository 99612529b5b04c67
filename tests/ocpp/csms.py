"""A CSMS at the other end of a fake wire: it answers as the test says, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from station.ocpp.session import RpcSession
from tests.ocpp.fake_wire import FakeWire, serving

NOW = "2026-12-01T12:00:00Z"
SILENCE = "silence"
"""Instead of an answer: none."""


@dataclass(frozen=True)
class Refusal:
    """Instead of an answer: a CALLERROR."""

    code: str = "InternalError"


ANSWERS: dict[str, Any] = {
    "BootNotification": {"currentTime": NOW, "interval": 300, "status": "Accepted"},
    "Heartbeat": {"currentTime": NOW},
    "Authorize": {"idTokenInfo": {"status": "Accepted"}},
}
"""What it answers unless it is told otherwise; {} to everything else."""


class Csms:
    def __init__(self, wire: FakeWire) -> None:
        self.wire = wire
        self.asked: list[tuple[str, Any]] = []
        self._answers: dict[str, list[Any]] = {}
        self._news = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    def answer(self, action: str, *answers: Any) -> None:
        """Give these answers, one after the other; the last one stays."""
        self._answers[action] = list(answers)

    def of(self, action: str) -> list[Any]:
        """Return the payloads of all requests of this action."""
        return [payload for asked, payload in self.asked if asked == action]

    @property
    def actions(self) -> list[str]:
        return [action for action, _ in self.asked]

    async def hear(self, action: str, times: int = 1, *, within_s: float = 300.0) -> Any:
        """Return the payload of the request number `times` of this action."""
        async with asyncio.timeout(within_s):
            while len(self.of(action)) < times:
                self._news.clear()
                await self._news.wait()
        return self.of(action)[times - 1]

    async def call(self, action: str, **payload: Any) -> Any:
        """Send a request and return the frame that answers it."""
        message_id = f"csms-{len(self._waiting)}"
        self._waiting[message_id] = asyncio.get_running_loop().create_future()
        self.wire.say([2, message_id, action, payload])
        return await self._waiting[message_id]

    async def run(self) -> None:
        while True:
            frame = await self.wire.hear()
            if frame[0] != 2:
                if waiting := self._waiting.get(frame[1]):
                    waiting.set_result(frame)
                continue
            _, message_id, action, payload = frame
            self.asked.append((action, payload))
            self._news.set()
            self._reply(message_id, self._answer_to(action))

    def _answer_to(self, action: str) -> Any:
        answers = self._answers.get(action) or [ANSWERS.get(action, {})]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _reply(self, message_id: str, answer: Any) -> None:
        if isinstance(answer, Refusal):
            self.wire.say([4, message_id, answer.code, "", {}])
        elif answer is not SILENCE:
            self.wire.say([3, message_id, answer])


@asynccontextmanager
async def talking(session: RpcSession) -> AsyncIterator[Csms]:
    """Serve one connection to a CSMS for the length of the block."""
    async with serving(session) as wire:
        csms = Csms(wire)
        task = asyncio.create_task(csms.run(), name="csms")
        try:
            yield csms
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
