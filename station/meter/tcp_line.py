"""Modbus TCP: the same devices as on a serial line (station.meter.bus), behind tcp://host:port.

Each request has a number that its answer repeats, so an answer is never taken for that to another request, however
late it comes. One request is under way at a time, because there are devices and gateways that know no more, and a
unit that owes an answer gets no other request until it came or `timeout_s + late_s` have passed: whoever is slow
would only fall behind. Others are served meanwhile.

The connection is made with the first request, and made anew when it is lost or mute: three timeouts in a row
without a byte. A host that cannot be reached is tried once a second as long as somebody asks for it.
"""

import asyncio
import errno
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import structlog

from station.errors import LineSilentError, PortError
from station.meter.bus import SharedLine
from station.meter.counters import NOBODY
from station.meter.exchange import CHECKSUM, Question, Timing
from station.meter.tcp_connection import HEADER, Connection, Pending

SCHEME: Final = "tcp"
CONNECT_S: Final = 3.0
"""A device on the same network answers within milliseconds."""
AGAIN_S: Final = 1.0
"""From one attempt to connect to the next."""
GATEWAY_EXCEPTIONS: Final = frozenset({10, 11})
"""Not the unit refuses: a gateway tells that nobody answers behind it."""
MUTE_AFTER: Final = 3
"""So many timeouts without a byte of anybody, and the connection is taken for dead."""
REMEDIES: Final = {
    errno.ECONNREFUSED: "refuses connections; is Modbus TCP switched on there, and the port right?",
    errno.EHOSTUNREACH: "cannot be reached; is the device on, and are both on the same network?",
    errno.ENETUNREACH: "cannot be reached; is this computer on that network?",
    errno.ETIMEDOUT: "does not answer; is the device on, and the address right?",
}

log = structlog.get_logger("station.meter")


@dataclass(frozen=True, slots=True)
class _Owed:
    """An answer that did not come in time; not waited for any more after `until` (loop time)."""

    pending: Pending
    until: float


class TcpLine(SharedLine):
    """A connection with Modbus devices behind it."""

    def __init__(self, port: str) -> None:
        """`port` is tcp://host:port; ValueError for what is none."""
        where = urlsplit(port)
        if where.scheme != SCHEME or not where.hostname or not where.port:
            raise ValueError(f"{port} is no address such as tcp://192.0.2.1:502")
        super().__init__(port)
        self._host, self._number = where.hostname, where.port
        self._connection: Connection | None = None
        self._again_at = 0.0
        self._owed: dict[int, _Owed] = {}
        """By unit."""
        self._mute = 0
        """Timeouts since the last byte."""

    def open(self) -> None:
        """Do nothing: the first request connects, and whoever it is meant for need not be there before."""

    def close(self) -> None:
        """End the connection; the next request makes another."""
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    async def exchange(self, question: Question, timing: Timing, *, repeated: bool = False) -> bytes:
        """Send one request once and return the answer's PDU; use the methods of Device instead."""
        unit, counted = question.unit, self._counted[question.unit]
        counted.retries += repeated
        frame = await self._exchanged(question, timing)
        code = frame[2] if question.answer.is_refusal(frame) else 0
        if code in GATEWAY_EXCEPTIONS:
            counted.timeouts += 1
            self._silences.missed(unit)
            raise LineSilentError(f"unit {unit} on {self.port}: silent, says the gateway (exception {code})")
        self._silences.heard(unit)
        if code:
            counted.refusals += 1
            raise question.refused(frame, self.port)
        return frame[1:]

    async def _exchanged(self, question: Question, timing: Timing) -> bytes:
        while True:
            async with self._turn.of(question.unit, urgent=timing.urgent):
                if not self._owes(question.unit):
                    connection = await self._connected()
                    await self._pause(timing.gap_s)
                    return self._checked(question, await self._ask(connection, question, timing))
            owed = self._owed[question.unit]
            await asyncio.wait([owed.pending], timeout=owed.until - asyncio.get_running_loop().time())

    def _owes(self, unit: int) -> bool:
        """Say whether an answer to an older request may still come; forget it if it cannot."""
        owed = self._owed.get(unit)
        if owed is None:
            return False
        if not owed.pending.done() and asyncio.get_running_loop().time() < owed.until:
            return True
        if owed.pending.done() and (frame := owed.pending.result()):
            self._silences.heard(unit)
            self._drained(HEADER.size + len(frame))
        elif self._connection is not None:
            self._connection.forget(owed.pending)
        del self._owed[unit]
        return False

    async def _connected(self) -> Connection:
        if self._connection is not None and not self._connection.is_lost:
            return self._connection
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._again_at - loop.time())
        self._again_at = loop.time() + AGAIN_S
        try:
            async with asyncio.timeout(CONNECT_S):
                _, self._connection = await loop.create_connection(self._new, self._host, self._number)
        except TimeoutError as error:
            raise PortError(f"{self.port} {REMEDIES[errno.ETIMEDOUT]}") from error
        except (socket.gaierror, UnicodeError) as error:
            raise PortError(f"{self.port}: the name of the host is unknown; is it spelt right?") from error
        except OSError as error:
            remedy = REMEDIES.get(error.errno or 0, f"cannot be connected: {error}")
            raise PortError(f"{self.port} {remedy}") from error
        self._mute = 0
        log.info("port_opened", port=self.port)
        return self._connection

    def _new(self) -> Connection:
        return Connection(self.port, heard=self._heard, drained=self._drained)

    async def _pause(self, gap_s: float) -> None:
        await asyncio.sleep(self._active_at + gap_s - asyncio.get_running_loop().time())

    async def _ask(self, connection: Connection, question: Question, timing: Timing) -> bytes:
        """Return unit and PDU of the answer."""
        loop, unit = asyncio.get_running_loop(), question.unit
        self._active_at = loop.time()
        counted = self._counted[unit]
        counted.frames += 1
        counted.bytes_out += HEADER.size + len(question.frame)
        rest_s = self._silences.rest_s(unit, timing.late_s)
        pending = connection.ask(question.frame)
        # Noted before anything can happen to who waits; only an answer or the time takes it back.
        self._owed[unit] = _Owed(pending, loop.time() + timing.timeout_s + rest_s)
        await asyncio.wait([pending], timeout=timing.timeout_s)
        if not pending.done():
            self._missed(unit)
            raise LineSilentError(f"unit {unit} on {self.port}: no answer within {timing.timeout_s:g} s")
        del self._owed[unit]
        if not pending.result():
            raise PortError(f"{self.port} ended the connection; did the device restart?")
        counted.bytes_in += HEADER.size + len(pending.result())
        return pending.result()

    def _missed(self, unit: int) -> None:
        self._counted[unit].timeouts += 1
        self._silences.missed(unit)
        self._mute += 1
        if self._mute == MUTE_AFTER:
            log.warning("line_mute", port=self.port)
            self.close()

    def _checked(self, question: Question, frame: bytes) -> bytes:
        answer = question.answer
        mismatch = answer.mismatch(frame)
        if mismatch is None and len(frame) != answer.size_of(frame) - CHECKSUM:
            mismatch = f"{len(frame)} bytes instead of {answer.size_of(frame) - CHECKSUM}"
        if mismatch is not None:
            self._counted[question.unit].wrong_answers += 1
            raise LineSilentError(f"unit {question.unit} on {self.port}: {mismatch}")
        return frame

    def _heard(self) -> None:
        self._mute = 0
        self._active_at = asyncio.get_running_loop().time()

    def _drained(self, size: int) -> None:
        self._counted[NOBODY].drained_bytes += size
        self._counted[NOBODY].bytes_in += size
