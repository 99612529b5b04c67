"""One Modbus line: many devices on one serial port, one request at a time, no answer ever taken for another.

Modbus RTU numbers nothing: an answer that comes late looks exactly like the answer to the next request of the same
length. So every request stays "unanswered" until its answer has been seen or can no longer come, whatever happened
to the caller who sent it (timeout, damaged answer, cancellation). While a unit has an unanswered request, it gets
no other one: what is heard is thrown away, and the unit is asked again as soon as the missing answer was among it,
else when `timeout_s + late_s` have passed since the request. Other units are served meanwhile. A device that may
hold its answers back longer than that needs a longer `timeout_s`, not more retries.
A unit that says nothing at all gets no more of the line than the others can spare (station.meter.silence).

Requests of an urgent device, a charge controller, go before all that wait (station.meter.turn): however many meters
and watchers queue, it waits for the one exchange under way, the pause included. Of each two requests of the same
urgent device the second lets one of the others pass, so nobody waits for ever. What no order can mend is an answer
that is held back: a line has one pair of wires, whoever speaks while a meter still may answer spoils both answers,
so an exchange has the line until its answer or its timeout. A meter that answers no poll while it takes a snapshot
(METER.md section 5) therefore keeps the controller waiting for seconds. Two lines, one for the meters and one for
the controllers, are recommended.

Frame ends are found by length, since no operating system delivers bytes in time to see the pause of 3.5 characters;
the pauses in front of requests are kept. Source: METER.md section 8.
"""

import asyncio
import struct
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Final

import structlog
from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
)

from station.errors import LineSilentError, PortError
from station.meter.counters import NOBODY, Counters, total
from station.meter.exchange import CHECKSUM, Answer, ModbusLine, Question, Timing
from station.meter.serial_stream import Parity, SerialStream
from station.meter.shown import shown
from station.meter.silence import Silences
from station.meter.turn import Turn

CHARACTER_BITS: Final = 11
"""Start, eight data bits, parity or a second stop bit, stop."""
FIXED_GAP_S: Final = 0.00175
"""The pause between frames above 19200 Bd; 3.5 characters below."""
SILENCE_S: Final = 0.05
"""How long the line must be silent after anything odd: USB adapters deliver one frame in pieces 16 ms apart."""
BABBLE_S: Final = 2.0
"""A line that does not fall silent in this time never will."""
LOOK_S: Final = 0.1
"""How often to look whether a missing answer has come after all."""

log = structlog.get_logger("station.meter")
wire = structlog.get_logger("station.wire")


@dataclass(frozen=True, slots=True)
class _Unanswered:
    """A request whose answer was not seen; none may be expected after `until` (loop time)."""

    answer: Answer
    until: float


class SharedLine:
    """What all lines have in common: the devices on them, whose turn it is, who is silent, and what happened."""

    def __init__(self, port: str) -> None:
        self.port = port
        self._turn = Turn()
        self._counted: defaultdict[int, Counters] = defaultdict(Counters)
        """By unit."""
        self._silences = Silences()
        self._active_at = 0.0
        """When the last byte went or came (loop time)."""

    @property
    def counters(self) -> Counters:
        """What happened on this line so far, of all units together; a copy, to be kept and compared."""
        return total(self._counted.values())

    def counters_of(self, unit: int) -> Counters:
        """Return what happened with one unit so far; a copy."""
        return replace(self._counted[unit])

    def is_silent(self, unit: int) -> bool:
        """Say whether a unit has left one request after the other without a byte."""
        return unit in self._silences

    def device(
        self,
        unit: int,
        *,
        timeout_s: float = 1.0,
        retries: int = 2,
        late_s: float = 1.0,
        gap_s: float = 0.0,
        urgent: bool = False,
    ) -> "Device":
        """Return one unit of this line (1..247).

        `timeout_s`: how long it thinks at most, time on the wire not counted; `late_s`: how much later than that its
        answer may still come; `gap_s`: the pause it needs before a request, if that is more than 3.5 characters;
        `urgent`: its requests pass those of others that wait.
        """
        return Device(self, unit, timing=Timing(timeout_s, late_s, gap_s, urgent), retries=retries)

    async def exchange(self, question: Question, timing: Timing, *, repeated: bool = False) -> bytes:
        """Send one request once and return the answer's PDU; use the methods of Device instead."""
        raise NotImplementedError


class Line(SharedLine):
    """A serial port with Modbus RTU devices on it; takes the port when it is first needed.

    If the port vanishes, requests raise PortError until it can be opened again.
    """

    def __init__(self, port: str, *, baud: int = 19200, parity: Parity = "E") -> None:
        super().__init__(port)
        self._serial = SerialStream(port, baud=baud, parity=parity)
        self._character_s = CHARACTER_BITS / baud
        self._gap_s = 3.5 * self._character_s if baud <= 19200 else FIXED_GAP_S
        self._silence_s = max(self._gap_s, SILENCE_S)
        self._unanswered: dict[int, _Unanswered] = {}
        self._heard = b""
        """Everything since the last request was sent."""
        self._odd = False
        """Bytes may come that nobody waits for."""

    def open(self) -> None:
        """Take the port now, to learn early if it cannot be had; PortError says why."""
        self._serial.open()

    def close(self) -> None:
        """Give the port back; the next request takes it again."""
        self._serial.close()

    async def exchange(self, question: Question, timing: Timing, *, repeated: bool = False) -> bytes:
        """Send one request once and return the answer's PDU; use the methods of Device instead."""
        counted = self._counted[question.unit]
        counted.retries += repeated
        frame = await self._exchanged(question, timing)
        if question.answer.is_refusal(frame):
            counted.refusals += 1
            raise question.refused(frame, self.port)
        return frame[1:-CHECKSUM]

    async def _exchanged(self, question: Question, timing: Timing) -> bytes:
        while True:
            async with self._turn.of(question.unit, urgent=timing.urgent):
                self._serial.open()
                await self._settle(timing.gap_s)
                if question.unit not in self._unanswered:
                    self._send(question, timing)
                    return await self._receive(question.answer, timing.timeout_s)
            await self._outwait(question.unit)

    async def _outwait(self, unit: int) -> None:
        """Wait until a request to this unit cannot meet an older answer; others have the line meanwhile."""
        now = asyncio.get_running_loop().time
        while unit in self._unanswered:
            await asyncio.sleep(min(LOOK_S, self._unanswered[unit].until - now()))
            if not self._turn.taken:  # else the one who has it listens
                self._take_unasked(self._serial.read_available())
            self._forget_answered(now())

    async def _settle(self, gap_s: float) -> None:
        """Wait until nothing is heard that was said before, and until the pause is long enough."""
        now = asyncio.get_running_loop().time
        noisy_since = now()
        chunk = b""
        while True:
            # Looked for last of all: what came while this process had to wait must not look like the next answer.
            chunk = chunk or self._serial.read_available()
            if now() - self._active_at > self._silence_s:
                noisy_since = now()
            elif now() - noisy_since > BABBLE_S:
                raise LineSilentError(f"{self.port}: the line does not fall silent: wrong baud rate, other master?")
            self._take_unasked(chunk)
            self._forget_answered(now())
            resume_at = self._active_at + max(self._silence_s if self._odd else self._gap_s, gap_s)
            if resume_at <= now():
                return
            chunk = await self._listen(resume_at - now())

    def _take_unasked(self, chunk: bytes) -> None:
        if not chunk:
            return
        self._odd = True
        self._heard += chunk
        self._active_at = asyncio.get_running_loop().time()
        self._counted[NOBODY].drained_bytes += len(chunk)
        self._counted[NOBODY].bytes_in += len(chunk)

    def _forget_answered(self, now: float) -> None:
        for unit, missing in list(self._unanswered.items()):
            came = missing.answer.is_in(self._heard, _crc_fits)
            if came:
                self._silences.heard(unit)
            if came or missing.until <= now:
                del self._unanswered[unit]

    def _send(self, question: Question, timing: Timing) -> None:
        unit, answer = question.unit, question.answer
        frame = question.frame + FramerRTU.compute_CRC(question.frame).to_bytes(CHECKSUM, "big")
        sent_at = asyncio.get_running_loop().time() + len(frame) * self._character_s
        rest_s = self._silences.rest_s(unit, timing.late_s)
        patience = timing.timeout_s + rest_s + answer.size * self._character_s
        # Noted before anything can go wrong; only an answer or the time takes it back.
        self._unanswered[unit] = _Unanswered(answer, sent_at + patience)
        self._odd = True
        self._heard = b""
        self._active_at = sent_at
        if self._serial.write(frame) != len(frame):
            self._serial.discard_output()
            raise LineSilentError(f"{self.port}: takes no bytes")
        counted = self._counted[unit]
        counted.frames += 1
        counted.bytes_out += len(frame)
        wire.debug("frame_sent", port=self.port, frame=shown(frame))

    async def _receive(self, answer: Answer, timeout_s: float) -> bytes:
        """Return the whole answer, checked; LineSilentError says what came instead."""
        loop = asyncio.get_running_loop()
        deadline = self._active_at + timeout_s + answer.size * self._character_s
        where = f"unit {answer.head[0]} on {self.port}"
        counted = self._counted[answer.head[0]]
        while len(self._heard) < answer.size_of(self._heard):
            chunk = await self._listen(deadline - loop.time())
            if not chunk:
                counted.timeouts += 1
                self._silences.missed(answer.head[0])
                came = f"only {len(self._heard)} of {answer.size} bytes" if self._heard else "no answer"
                raise LineSilentError(f"{where}: {came} within {timeout_s:g} s")
            self._heard += chunk
            self._active_at = loop.time()
            self._silences.heard(answer.head[0])
            counted.bytes_in += len(chunk)
            mismatch = answer.mismatch(self._heard)
            if mismatch:
                counted.wrong_answers += 1
                raise LineSilentError(f"{where}: {mismatch}")
        return self._checked(answer, where)

    def _checked(self, answer: Answer, where: str) -> bytes:
        frame, counted = self._heard, self._counted[answer.head[0]]
        wire.debug("frame_received", port=self.port, frame=shown(frame))
        if len(frame) > answer.size_of(frame):
            counted.wrong_answers += 1
            raise LineSilentError(f"{where}: bytes behind the answer")
        # Whole, if perhaps damaged: no other answer to this request will come.
        self._unanswered.pop(answer.head[0], None)
        if not _crc_fits(frame):
            counted.crc_errors += 1
            raise LineSilentError(f"{where}: damaged answer (checksum)")
        self._odd = False
        return frame

    async def _listen(self, duration_s: float) -> bytes:
        """Return the next bytes, or none after the time."""
        try:
            async with asyncio.timeout(duration_s):
                return await self._serial.read()
        except TimeoutError:
            return b""


class Device:
    """One unit on a line; retries what was not answered, never what was refused.

    Errors: LineSilentError, LineRefusedError, PortError. `timeout_s` and `retries` of a call replace the device's
    own: for a request that takes long, or one that must not be sent twice. What is sent to a silent unit is sent
    once, unless the call says otherwise.
    """

    def __init__(self, line: ModbusLine, unit: int, *, timing: Timing, retries: int) -> None:
        """Errors name the line's port and `unit` (1..247)."""
        if not 1 <= unit <= 247:
            raise ValueError(f"{line.port}: unit {unit}, 1 to 247 expected")
        self.line = line
        self.unit = unit
        self._timing = timing
        self._retries = retries
        self._decoder = DecodePDU(is_server=False)

    async def read_registers(
        self, address: int, count: int, *, timeout_s: float | None = None, retries: int | None = None
    ) -> list[int]:
        """Function 3; up to 125 registers."""
        request = ReadHoldingRegistersRequest(address=address, count=count, dev_id=self.unit)
        return list((await self._ask(request, self._data(3, 2 * count), timeout_s, retries)).registers)

    async def read_inputs(
        self, address: int, count: int, *, timeout_s: float | None = None, retries: int | None = None
    ) -> list[int]:
        """Function 4; up to 125 registers."""
        request = ReadInputRegistersRequest(address=address, count=count, dev_id=self.unit)
        return list((await self._ask(request, self._data(4, 2 * count), timeout_s, retries)).registers)

    async def read_coils(
        self, address: int, count: int, *, timeout_s: float | None = None, retries: int | None = None
    ) -> list[bool]:
        """Function 1."""
        request = ReadCoilsRequest(address=address, count=count, dev_id=self.unit)
        answer = self._data(1, (count + 7) // 8)
        return list((await self._ask(request, answer, timeout_s, retries)).bits[:count])

    async def write_registers(
        self, address: int, values: list[int], *, timeout_s: float | None = None, retries: int | None = None
    ) -> None:
        """Function 16; up to 123 registers."""
        request = WriteMultipleRegistersRequest(address=address, registers=values, dev_id=self.unit)
        await self._ask(request, self._echo(16, address, len(values)), timeout_s, retries)

    async def write_coil(
        self, address: int, on: bool, *, timeout_s: float | None = None, retries: int | None = None
    ) -> None:
        """Function 5."""
        request = WriteSingleCoilRequest(address=address, bits=[on], dev_id=self.unit)
        await self._ask(request, self._echo(5, address, 0xFF00 if on else 0), timeout_s, retries)

    async def _ask(
        self, request: ModbusPDU, answer: Answer, timeout_s: float | None, retries: int | None
    ) -> ModbusPDU:
        timing = self._timing if timeout_s is None else replace(self._timing, timeout_s=timeout_s)
        question = Question(self.unit, bytes([request.function_code]) + request.encode(), answer)
        left = self._retries if retries is None else retries
        repeated = False
        while True:
            try:
                return self._decoded(await self.line.exchange(question, timing, repeated=repeated))
            except (LineSilentError, PortError) as error:
                if left == 0 or (retries is None and self.line.is_silent(self.unit)):
                    raise
                log.debug("request_repeated", port=self.line.port, unit=self.unit, reason=str(error))
            left -= 1
            repeated = True

    def _decoded(self, pdu: bytes) -> ModbusPDU:
        response = self._decoder.decode(pdu)
        if response is None:
            raise LineSilentError(f"unit {self.unit} on {self.line.port}: an answer without sense: {pdu.hex()}")
        return response

    def _data(self, function: int, size: int) -> Answer:
        return Answer(bytes([self.unit, function, size & 0xFF]), 3 + size + 2)

    def _echo(self, function: int, address: int, value: int) -> Answer:
        return Answer(bytes([self.unit, function]) + struct.pack(">HH", address, value), 8)


def _crc_fits(frame: bytes) -> bool:
    return FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))
