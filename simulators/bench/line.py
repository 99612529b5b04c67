"""One line with its devices and its clients: every request is heard by all, the unit that is meant answers."""

import asyncio
from collections.abc import Iterable

import structlog

from simulators.bench.conversation import Conversation
from simulators.bench.faults import Faults
from simulators.bench.framing import Inquiry, MakeFraming
from simulators.bench.pdu import Device
from simulators.bench.port import Entrance, Port
from simulators.bench.rtu import AROUND_PDU
from simulators.bench.speed import Wire
from simulators.bench.tap import Tap
from simulators.bench.timing import Tasks

log = structlog.get_logger("bench")


class Line:
    """Devices side by side. Each answers its own requests in the order they came and waits for no other."""

    def __init__(self, entrance: Entrance, *, number: int, framing: MakeFraming, pacing: bool) -> None:
        self.id = number
        self.is_cut = False
        """Nothing that a client sends arrives."""
        self.requests = 0
        """Whole requests, whoever was meant."""
        self.unclaimed = 0
        """Those of them whose unit no device has."""
        self.broken = 0
        """Frames that were none."""
        self.taps: list[Tap] = []
        self._entrance = entrance
        self._framing = framing
        self._wire = Wire(pacing=pacing)
        self._conversations: dict[Port, Conversation] = {}

    @property
    def address(self) -> str:
        """What a client has to open."""
        return self._entrance.address

    @property
    def conversations(self) -> Iterable[Conversation]:
        """The clients that are there."""
        return self._conversations.values()

    def attach(self, device: Device, *, evse: int, name: str, faults: Faults) -> None:
        """Put a device on the line, before it opens."""
        self.taps.append(Tap(device, evse=evse, name=name, faults=faults, wire=self._wire))

    def cut(self, on: bool) -> None:
        """Cut the wires between the clients and all devices, or mend them."""
        self.is_cut = on
        log.info("line_changed", line=self.id, is_cut=on)

    async def open(self, tasks: Tasks) -> None:
        """Let clients in and answer them in `tasks`; BenchError if the port cannot be had."""
        await self._entrance.open(self._came, self._gone)
        for tap in self.taps:
            tasks.start(tap.run(), name=f"evse-{tap.evse}-{tap.name}")

    async def close(self) -> None:
        """End every conversation and remove the port."""
        for conversation in self._conversations.values():
            conversation.close()
        await self._entrance.close()

    def _came(self, port: Port) -> None:
        conversation = Conversation(port, self._framing(self._broke), self._hear)
        self._conversations[port] = conversation
        conversation.open()

    def _gone(self, port: Port) -> None:
        self._conversations.pop(port).close()

    def _broke(self) -> None:
        self.broken += 1

    def _hear(self, client: Conversation, inquiry: Inquiry) -> None:
        if self.is_cut:
            return
        self.requests += 1
        meant = [tap for tap in self.taps if tap.device.unit == inquiry.unit]
        if not meant:
            self.unclaimed += 1
            return
        heard_s = self._wire.carry(
            len(inquiry.pdu) + AROUND_PDU, baud=meant[0].device.baud, from_s=asyncio.get_running_loop().time()
        )
        for tap in meant:
            tap.take(inquiry, client, heard_s=heard_s)
