"""The other end of a session, in memory: what a CSMS writes and reads, and a connection that can be lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from station.ocpp.session import RpcSession


class FakeWire:
    """A `Connection` whose frames are seen; `send` fails once it is lost, as a socket's does."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._written: asyncio.Queue[str] = asyncio.Queue()
        self._arriving: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._lost = False
        self.longest: int | None = None
        self._room = asyncio.Event()
        self._room.set()

    # The station's end.

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while (frame := await self._arriving.get()) is not None:
            yield frame

    async def send(self, frame: str) -> None:
        if self._lost:
            raise ConnectionError("the wire was cut")
        if self.longest is not None and len(frame) > self.longest:
            raise ValueError("too long a frame")
        self.sent.append(frame)
        self._written.put_nowait(frame)
        await self._room.wait()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.lose()

    # The CSMS's end.

    def say(self, frame: Any) -> None:
        """Let a frame arrive; what is no text or bytes is written as JSON."""
        self._arriving.put_nowait(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def hear(self) -> Any:
        """Return the next frame that the station wrote."""
        return json.loads(await self._written.get())

    def heard_all(self) -> bool:
        return self._written.empty()

    async def refuse(self, code: str = "InternalError") -> None:
        """Answer the next request with a CALLERROR."""
        self.say([4, (await self.hear())[1], code, "", {}])

    def lose(self) -> None:
        """Cut the wire: no more frames either way."""
        self._lost = True
        self._room.set()
        self._arriving.put_nowait(None)

    def jam(self) -> None:
        """Let every write hang, as with a peer that no longer reads."""
        self._room.clear()


@asynccontextmanager
async def serving(session: RpcSession) -> AsyncIterator[FakeWire]:
    """Serve one connection for the length of the block."""
    wire = FakeWire()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(session.serve(wire), name="serve")
        await asyncio.sleep(0)
        try:
            yield wire
        finally:
            wire.lose()


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(20):
        await asyncio.sleep(0)
