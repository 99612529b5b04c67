"""One serial line with one device: bytes in, requests to the device, answers out, and what can go wrong between."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from simulators.bench.faults import Faults
from simulators.bench.pdu import DEVICE_FAILURE, Device, ModbusRefusal, parse, refusal_answer
from simulators.bench.pty_port import PtyPort
from simulators.bench.rtu import SILENCE_S, Framer, crc, frame, reply_delay_s
from simulators.bench.timing import Timer

_DAMAGES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "crc": lambda reply: reply[:-1] + bytes((reply[-1] ^ 0xFF,)),
    "wrong_unit": lambda reply: frame(reply[0] % 247 + 1, reply[1:-2]),
    "truncated": lambda reply: reply[: max(1, len(reply) - 3)],
    "garbage": lambda reply: (crc(reply) * len(reply))[: len(reply)],
}
"""Line faults that change the bytes of an answer."""


class Line:
    """Serves one device on one port. Requests are answered one after the other, in the order they came."""

    def __init__(self, port: PtyPort, device: Device, *, name: str, faults: Faults, pacing: bool) -> None:
        self._port = port
        self._device = device
        self._name = name
        """`meter` or `controller`: the prefix of this line's faults."""
        self._faults = faults
        self._pacing = pacing
        self._framer = Framer()
        self._requests: asyncio.Queue[bytes] = asyncio.Queue()
        self._silence = Timer(self._gave_up)

    def open(self) -> None:
        """Create the port; requests are answered once `run` runs."""
        self._port.open(self._received)

    async def run(self) -> None:
        """Answer requests until cancelled."""
        while True:
            await self._serve(await self._requests.get())

    def close(self) -> None:
        """Remove the port."""
        self._silence.stop()
        self._port.close()

    def _received(self, data: bytes) -> None:
        self._silence.stop()
        for request in self._framer.feed(data):
            self._requests.put_nowait(request)
        if self._framer.waiting:
            self._silence.start(SILENCE_S)

    def _gave_up(self) -> None:
        for request in self._framer.silence():
            self._requests.put_nowait(request)

    async def _serve(self, request: bytes) -> None:
        if request[0] != self._device.unit or self._has("silent"):
            return
        pdu = await self._answer(request[1:-2])
        if pdu is None:
            return
        reply = frame(request[0], pdu)
        if self._pacing:
            await asyncio.sleep(reply_delay_s(request, reply, self._device.baud))
        if self._has("late"):
            await asyncio.sleep(self._faults.seconds(f"{self._name}_late"))
        for name, damage in _DAMAGES.items():
            if self._has(name):
                reply = damage(reply)
        self._port.write(reply)
        self._device.answered()

    async def _answer(self, pdu: bytes) -> bytes | None:
        try:
            if self._has("exception"):
                raise ModbusRefusal(DEVICE_FAILURE)
            return await self._device.execute(parse(pdu))
        except ModbusRefusal as refusal:
            return refusal_answer(pdu[0], refusal.code)

    def _has(self, fault: str) -> bool:
        return f"{self._name}_{fault}" in self._faults
