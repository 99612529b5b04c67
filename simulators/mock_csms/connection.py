"""Connection: one websocket of one station, spoken by the ChargePoint of the library `ocpp`.

The library reads the frames, routes them and composes its CALLERRORs. What it does not offer stands here: a record of
every frame, payloads passed on untouched, answers that are late, wrong or missing on purpose, and CALLERRORs that
reach the caller.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ocpp import exceptions
from ocpp.messages import Call, CallError, CallResult
from ocpp.v201 import ChargePoint
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from simulators.mock_csms import replies
from simulators.mock_csms.errors import CallFailedError, NotConnectedError
from simulators.mock_csms.frames import UNREADABLE_ID, Frame, Kind, read
from simulators.mock_csms.messages import Direction, Message
from simulators.mock_csms.replies import Desk, Override
from simulators.mock_csms.schemas import ACTIONS, violation
from simulators.mock_csms.station import Station

Payload = Mapping[str, Any]

BEFORE_ACCEPTED: Final = "sent before the registration was accepted"

_ERRORS: Final = {
    getattr(kind, "code", ""): kind for kind in vars(exceptions).values() if isinstance(kind, type)
}
_REPORT_REQUESTS: Final = frozenset({"GetBaseReport", "GetReport"})


class Connection(ChargePoint):
    """Talks to one station over one websocket; `run` reads until the socket is closed."""

    def __init__(
        self,
        station: Station,
        websocket: ServerConnection,
        *,
        desk: Desk,
        now: Callable[[], datetime],
        say: Callable[[Station, Message], None],
    ) -> None:
        # The library's own log would repeat every frame, id tokens included.
        super().__init__(station.id, websocket, logger=_silent())  # type: ignore[no-untyped-call]
        self._station = station
        self._websocket = websocket
        self._desk = desk
        self._now = now
        self._say = say
        self._open: dict[str, tuple[str, asyncio.Future[Any]]] = {}
        self._raw: dict[str, str] = {}
        self._due: set[str] = set()
        self._asked: set[str] = set()

    async def run(self) -> None:
        """Read and answer until the connection is closed."""
        try:
            async with asyncio.TaskGroup() as self._late:
                answers: list[asyncio.Task[None]] = []
                self._answers = answers
                try:
                    await self.start()  # type: ignore[no-untyped-call]
                except ConnectionClosed:
                    pass
                finally:
                    for answer in answers:
                        answer.cancel()
        finally:
            for _, waiting in self._open.values():
                if not waiting.done():
                    waiting.set_exception(NotConnectedError(f"station {self.id} went away before it answered"))
