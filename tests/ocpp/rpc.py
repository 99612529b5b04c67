"""A session under test, and a block whose handler does what the test says."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from ocpp.v201 import call, call_result, enums

from station.ocpp.router import Router, on
from station.ocpp.session import RpcSession

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
