"""One device on a line: what is meant for it, answered one after the other, and what can go wrong with that."""

import asyncio
from dataclasses import dataclass
from typing import Final

from simulators.bench.conversation import Conversation
from simulators.bench.faults import Faults
from simulators.bench.framing import Inquiry
from simulators.bench.pdu import Device, ModbusRefusal, parse, refusal_answer
from simulators.bench.rtu import AROUND_PDU
from simulators.bench.speed import Wire
from simulators.bench.timing import until

MOST_WAITING: Final = 100
"""Requests that may wait for one device; what comes on top is lost."""


@dataclass(frozen=True, slots=True)
class _Call:
    inquiry: Inquiry
    client: Conversation
    heard_s: float
    """The loop time at which the request is completely there."""


class Tap:
    """Answers for one device in the order of the requests; `name` is the prefix of the faults of its line."""

    def __init__(self, device: Device, *, evse: int, name: str, faults: Faults, wire: Wire) -> None:
        self.device = device
        self.evse = evse
        self.name = name
        self.requests = 0
        """What was meant for it."""
        self.answers = 0
        """What it answered, to whoever was still there to hear it."""
        self.lost = 0
        """What came while too much was waiting."""
        self._faults = faults
        self._wire = wire
        self._calls: asyncio.Queue[_Call] = asyncio.Queue(MOST_WAITING)

    def take(self, inquiry: Inquiry, client: Conversation, *, heard_s: float) -> None:
        """Answer a request that is completely there at `heard_s`, once `run` comes to it."""
        self.requests += 1
        try:
            self._calls.put_nowait(_Call(inquiry, client, heard_s))
        except asyncio.QueueFull:
            self.lost += 1

    async def run(self) -> None:
        """Answer requests until cancelled."""
        while True:
            await self._serve(await self._calls.get())

    async def _serve(self, call: _Call) -> None:
        # Instants are followed as they ought to be, lest the loop's lateness add up to a slower line.
        began_s = await until(call.heard_s)
        if call.inquiry.unit != self.device.unit or self._has("silent"):
            return
        loop = asyncio.get_running_loop()
        woke_s = loop.time()
        pdu = await self._answer(call.inquiry.pdu)
        if pdu is None:
            return
        if self._has("late"):
            await asyncio.sleep(self._faults.seconds(f"{self.name}_late"))
        ready_s = began_s + loop.time() - woke_s
        await until(self._wire.carry(len(pdu) + AROUND_PDU, baud=self.device.baud, from_s=ready_s))
        call.client.answer(call.inquiry, pdu, damaged=self._has)
        self.answers += 1
        self.device.answered()

    async def _answer(self, pdu: bytes) -> bytes | None:
        try:
            if self._has("exception"):
                raise ModbusRefusal(self._faults.code(f"{self.name}_exception"))
            return await self.device.execute(parse(pdu))
        except ModbusRefusal as refusal:
            return refusal_answer(pdu[0], refusal.code)

    def _has(self, fault: str) -> bool:
        return f"{self.name}_{fault}" in self._faults
