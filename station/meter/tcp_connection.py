"""One connection of Modbus TCP: numbered requests out, and each answer to whoever waits for its number."""

import asyncio
import struct
from collections.abc import Callable
from typing import Final, cast

import structlog

from station.meter.shown import shown

HEADER: Final = struct.Struct(">HHH")
"""Number of the transaction, protocol, bytes that follow: unit and PDU."""
MODBUS: Final = 0
SIZES: Final = range(2, 255)
"""Unit and a PDU of 1 to 253 bytes."""
NUMBERS: Final = 0x10000

Pending = asyncio.Future[bytes]
"""Unit and PDU of an answer; empty if the connection ended before it came."""

log = structlog.get_logger("station.meter")
wire = structlog.get_logger("station.wire")


class Connection(asyncio.Protocol):
    """Usable from `connection_made` until `is_lost`; numbers are not used again as long as answers may come."""

    _transport: asyncio.Transport

    def __init__(self, port: str, *, heard: Callable[[], None], drained: Callable[[int], None]) -> None:
        """`heard` is called whenever bytes came; `drained` is told how many of them belong to nobody any more."""
        self.is_lost = False
        self._port = port
        self._told_heard, self._told_drained = heard, drained
        self._heard = b""
        self._number = 0
        self._pending: dict[int, Pending] = {}

    def ask(self, frame: bytes) -> Pending:
        """Send unit and PDU; what is returned gets the answer, be it late, until it is forgotten."""
        self._number = (self._number + 1) % NUMBERS
        pending: Pending = asyncio.get_running_loop().create_future()
        self._pending[self._number] = pending
        request = HEADER.pack(self._number, MODBUS, len(frame)) + frame
        self._transport.write(request)
        wire.debug("frame_sent", port=self._port, frame=shown(request))
        return pending

    def forget(self, pending: Pending) -> None:
        """Wait no more: an answer that still comes belongs to nobody."""
        for number in [number for number, other in self._pending.items() if other is pending]:
            del self._pending[number]

    def abort(self) -> None:
        """End it at once; who waits gets nothing."""
        self.is_lost = True
        self._transport.abort()
        self._give_up()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and hand on what is whole."""
        self._told_heard()
        data, at = self._heard + data, 0
        while not self.is_lost and len(data) - at >= HEADER.size:
            number, protocol, size = HEADER.unpack_from(data, at)
            if protocol != MODBUS or size not in SIZES:
                # Nobody can tell where the next answer begins.
                log.warning("line_out_of_step", port=self._port, heard=shown(data[at : at + HEADER.size]))
                self.abort()
                return
            end = at + HEADER.size + size
            if end > len(data):
                break
            self._hand_on(number, data[at:end])
            at = end
        self._heard = data[at:]

    def connection_lost(self, error: Exception | None) -> None:
        """The other end is gone."""
        if not self.is_lost:
            log.warning("port_lost", port=self._port, reason=str(error or "closed by the other end"))
        self.is_lost = True
        self._give_up()

    def _hand_on(self, number: int, frame: bytes) -> None:
        wire.debug("frame_received", port=self._port, frame=shown(frame))
        pending = self._pending.pop(number, None)
        if pending is None:
            self._told_drained(len(frame))
        else:
            pending.set_result(frame[HEADER.size :])

    def _give_up(self) -> None:
        for pending in self._pending.values():
            pending.set_result(b"")
        self._pending.clear()
