"""A line under a long load: nothing is left behind, whatever was sent."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from simulators.bench.faults import Faults
from simulators.bench.framing import MakeFraming
from simulators.bench.line import Line
from simulators.bench.mbap import MbapFraming
from simulators.bench.pdu import Request, registers_answer
from simulators.bench.port import PortCallback
from simulators.bench.rtu import LONGEST, RtuFraming, frame
from simulators.bench.tap import MOST_WAITING
from simulators.bench.timing import Tasks
from tests.simulators.bench.sockets import adu
from tests.simulators.bench.wire import pdu

BURST = 50
READ = pdu(3, 1, 1)


class Memory:
    """A port and its entrance in one, without anything of the kernel."""

    address = "memory"

    def __init__(self) -> None:
        self.answers = 0
        self.closed = 0
        self.received: Callable[[bytes], None] = lambda _data: None
        self._gone: PortCallback = lambda _port: None

    async def open(self, came: PortCallback, gone: PortCallback) -> None:
        self._came, self._gone = came, gone
        self.join()

    def join(self) -> None:
        self._came(_Client(self))

    def leave(self, port: "_Client") -> None:
        self._gone(port)

    async def close(self) -> None:
        pass


class _Client:
    address = "memory"

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def open(self, received: Callable[[bytes], None]) -> None:
        self._memory.received = received

    def write(self, data: bytes) -> None:
        self._memory.answers += 1

    def close(self) -> None:
        self._memory.closed += 1
        self._memory.leave(self)


class Device:
    """Answers with the address; waits while `hold` is unset."""

    baud = 19200

    def __init__(self, unit: int) -> None:
        self.unit = unit
        self.go = asyncio.Event()
        self.go.set()

    async def execute(self, request: Request) -> bytes:
        await self.go.wait()
        return registers_answer(request, [request.address])

    def answered(self) -> None:
        pass


@asynccontextmanager
async def loaded(framing: MakeFraming, *, pacing: bool = False) -> AsyncIterator[tuple[Line, Memory, list[Device]]]:
    memory, tasks, devices = Memory(), Tasks(), [Device(42), Device(43)]
    line = Line(memory, number=1, framing=framing, pacing=pacing)
    for at, device in enumerate(devices):
        line.attach(device, evse=at, name="meter", faults=Faults(lambda: None))
    await line.open(tasks)
    yield line, memory, devices
    await line.close()
    await tasks.close()


async def served(line: Line) -> None:
    """Return when nothing waits any more."""
    while any(tap._calls.qsize() for tap in line.taps):
        await asyncio.sleep(0.1 if line._wire._pacing else 0)
    await asyncio.sleep(1 if line._wire._pacing else 0)


def kept() -> tuple[int, int]:
    """Objects and tasks that are there."""
    gc.collect()
    return len(gc.get_objects()), len(asyncio.all_tasks())


@pytest.mark.parametrize(
    ("spoken", "count", "pacing"), [("rtu", 20_000, False), ("tcp", 20_000, False), ("rtu", 1_000, True)]
)
async def test_many_requests_leave_nothing_behind(spoken: str, count: int, pacing: bool) -> None:
    framing: MakeFraming = RtuFraming if spoken == "rtu" else MbapFraming

    def request(number: int) -> bytes:
        unit = 42 + number % 3
        return frame(unit, READ) if spoken == "rtu" else adu(number & 0xFFFF, unit, READ)

    async with loaded(framing, pacing=pacing) as (line, memory, _):

        async def send(count: int) -> None:
            for burst in range(0, count, BURST):
                memory.received(b"".join(request(number) for number in range(burst, burst + BURST)))
                await served(line)

        await send(count // 4)
        before = kept()
        await send(3 * count // 4)
        after = kept()
        assert line.requests == count
        assert line.broken == sum(tap.lost for tap in line.taps) == 0
        assert memory.answers == sum(tap.requests for tap in line.taps) == line.requests - line.unclaimed
        assert after[1] == before[1]
        assert after[0] - before[0] < 200


@pytest.mark.parametrize(
    "junk",
    [
        bytes.fromhex("2a039c840001ffff"),
        bytes.fromhex("2a03"),
        bytes.fromhex("2a2b"),
        b"\x2a\x10" + bytes(4) + b"\xff",
        bytes(1000),
        b"\xff" * 4096,
    ],
    ids=lambda junk: junk[:8].hex(),
)
async def test_broken_and_half_frames_do_not_fill_a_line_of_rtu_frames(junk: bytes) -> None:
    async with loaded(RtuFraming) as (line, memory, _):
        before = kept()
        (conversation,) = line.conversations
        for _ in range(2_000):
            memory.received(junk)
            assert len(conversation._framing._unfinished) <= LONGEST  # type: ignore[attr-defined]
        await asyncio.sleep(1)
        after = kept()
        assert line.broken > 0
        assert not conversation._framing.waiting
        assert after[0] - before[0] < 200
        memory.received(frame(42, READ))
        await served(line)
        assert memory.answers == 1


async def test_half_a_request_over_tcp_stays_one_and_clients_that_come_and_go_leave_nothing() -> None:
    async with loaded(MbapFraming) as (line, memory, _):
        memory.received(b"\0\1\0\0\0\2")
        before = kept()
        for _ in range(2_000):
            memory.join()
            memory.received(adu(1, 42, READ) + b"\0\1\0\1\0\6\x2a")
            await served(line)
        after = kept()
        assert (memory.closed, memory.answers, line.broken) == (2_000, 0, 2_000)
        assert len(list(line.conversations)) == 1
        assert after[0] - before[0] < 200


async def test_a_device_that_holds_its_answers_loses_what_is_too_much() -> None:
    async with loaded(RtuFraming) as (line, memory, devices):
        devices[0].go.clear()
        memory.received(frame(42, READ))
        await served(line)
        for _ in range(MOST_WAITING + 7):
            memory.received(frame(42, READ))
        memory.received(frame(43, READ))
        await asyncio.sleep(1)
        assert memory.answers == 1
        devices[0].go.set()
        await served(line)
        await asyncio.sleep(1)
        assert [tap.lost for tap in line.taps] == [7, 0]
        assert memory.answers == 1 + 1 + MOST_WAITING
