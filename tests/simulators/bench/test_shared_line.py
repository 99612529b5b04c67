"""Several devices on one pseudo terminal: who answers, and who keeps whom waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from tests.simulators.bench.places import SNAPSHOTS, names_in, shared
from tests.simulators.bench.wire import Master, NoAnswerError, RefusalError, checksum, master, pdu

READ_DA = pdu(3, 40068, 1)
READ_LIMIT = pdu(3, 22000, 1)


def frame(unit: int, data: bytes) -> bytes:
    body = bytes((unit,)) + data
    return body + checksum(body)


def answer(unit: int) -> bytes:
    """What a meter answers to READ_DA."""
    return frame(unit, bytes((3, 2, 0, unit)))


LIMIT = bytes((3, 2, 0, 16))
"""What a controller answers to READ_LIMIT."""


@asynccontextmanager
async def on_one_line(folder: Path, **settings: Any) -> AsyncIterator[tuple[Bench, Master]]:
    async with Bench(shared(folder, folder / "bus", **settings)) as bench, master(str(folder / "bus")) as line:
        yield bench, line


async def ask(line: Master, unit: int, data: bytes, *, patience_s: float = 60.0) -> bytes:
    line.unit = unit
    return await line.ask(data, patience_s=patience_s)


async def test_every_device_answers_for_its_own_unit(tmp_path: Path) -> None:
    async with on_one_line(tmp_path) as (bench, line):
        assert names_in(tmp_path) == {"bus", "reader1"}
        for unit in (42, 43, 42):
            assert await ask(line, unit, READ_DA) == bytes((3, 2, 0, unit))
        await ask(line, 2, pdu(6, 22000, 10))
        assert await ask(line, 1, READ_LIMIT) == LIMIT
        assert await ask(line, 2, READ_LIMIT) == bytes((3, 2, 0, 10))
        assert bench.evse(1).meter.path == bench.evse(2).controller.path == str(tmp_path / "bus")


async def test_eight_stations_share_the_lines_that_they_are_given(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path, evses=8, evses_per_line=4)) as bench:
        assert names_in(tmp_path) == {"meter1", "meter2", "controller1", "controller2", "reader1"}
        for number in (1, 2):
            async with master(str(tmp_path / f"meter{number}")) as line:
                for unit in range(42, 46):
                    assert await ask(line, unit, READ_DA) == answer(unit)[1:-2]
            async with master(str(tmp_path / f"controller{number}")) as line:
                for unit in range(1, 5):
                    assert await ask(line, unit, READ_LIMIT) == LIMIT
        assert len({bench.evse(number).meter.serial for number in range(1, 9)}) == 8
        devices = [[device["evse"] for device in line["devices"]] for line in bench.state()["lines"]]
        assert devices == [[1, 2, 3, 4]] * 2 + [[5, 6, 7, 8]] * 2


async def test_a_fault_acts_on_the_answers_of_its_own_device_alone(tmp_path: Path) -> None:
    async with on_one_line(tmp_path) as (bench, line):
        bench.evse(1).fault("meter_silent", on=True)
        bench.evse(2).fault("meter_crc", on=True)
        bench.evse(2).fault("controller_exception", on=True)
        with pytest.raises(NoAnswerError) as silent:
            await ask(line, 42, READ_DA, patience_s=2)
        assert silent.value.data == b""
        with pytest.raises(NoAnswerError) as broken:
            await ask(line, 43, READ_DA, patience_s=2)
        assert broken.value.data[:-1] == answer(43)[:-1]
        assert await ask(line, 1, READ_LIMIT) == LIMIT
        with pytest.raises(RefusalError):
            await ask(line, 2, READ_LIMIT)


async def test_a_device_that_answers_late_keeps_no_other_waiting(tmp_path: Path) -> None:
    async with on_one_line(tmp_path) as (bench, line):
        bench.evse(1).fault("meter_late", on=True, seconds=10)
        line.send(frame(42, READ_DA))
        await asyncio.sleep(1)
        assert await ask(line, 43, READ_DA) == bytes((3, 2, 0, 43))
        assert await ask(line, 1, READ_LIMIT) == LIMIT
        line.received = b""
        await asyncio.sleep(10)
        assert line.received == answer(42)


async def test_a_device_that_is_busy_keeps_no_other_waiting(tmp_path: Path) -> None:
    async with on_one_line(tmp_path, busy="hold") as (bench, line):
        line.unit = 42
        await line.write(SNAPSHOTS["current"] + 1, 2)
        line.send(frame(42, READ_DA))
        assert await ask(line, 43, READ_DA) == bytes((3, 2, 0, 43))
        assert bench.evse(1).meter.busy
        line.received = b""
        await asyncio.sleep(5)
        assert line.received == answer(42)


async def test_requests_to_one_device_are_answered_in_their_order(tmp_path: Path) -> None:
    async with on_one_line(tmp_path) as (bench, line):
        bench.evse(1).fault("meter_late", on=True, seconds=2)
        for address in (40000, 40001, 40068):
            line.send(frame(42, pdu(3, address, 1)))
        await asyncio.sleep(10)
        assert line.received == b"".join(frame(42, b"\x03\x02" + words) for words in (b"Su", b"nS", b"\0\x2a"))


async def test_an_address_is_changed_after_the_acknowledge(tmp_path: Path) -> None:
    async with on_one_line(tmp_path) as (_, line):
        line.unit = 42
        await line.write(40068, 50)
        with pytest.raises(NoAnswerError):
            await line.ask(READ_DA, patience_s=2)
        assert await ask(line, 50, READ_DA) == bytes((3, 2, 0, 50))
        assert await ask(line, 43, READ_DA) == bytes((3, 2, 0, 43))


async def test_what_waits_while_the_address_changes_is_for_nobody(tmp_path: Path) -> None:
    async with on_one_line(tmp_path) as (_, line):
        change = pdu(16, 40068, 1)
        line.send(frame(42, change + b"\x02\0\x32") + frame(42, READ_DA))
        await asyncio.sleep(2)
        assert line.received == frame(42, change)


async def test_two_devices_that_were_given_the_same_address_both_answer(tmp_path: Path) -> None:
    async with on_one_line(tmp_path) as (_, line):
        line.unit = 43
        await line.write(40068, 42)
        line.received = b""
        line.send(frame(42, READ_DA))
        await asyncio.sleep(2)
        assert line.received == 2 * answer(42)


async def test_a_broadcast_is_answered_and_obeyed_by_nobody(tmp_path: Path) -> None:
    async with on_one_line(tmp_path) as (bench, line):
        line.send(frame(0, pdu(16, 40268, 1) + b"\x02\0\x01"))
        await asyncio.sleep(2)
        assert line.received == b""
        assert not any(bench.evse(number).contactor.demand for number in (1, 2))


async def test_a_paced_line_carries_one_frame_at_a_time(tmp_path: Path) -> None:
    # A busy machine can only add to a time, so the shortest of three is the line's own.
    times = [await _two_exchanges(tmp_path) for _ in range(3)]
    first_s, both_s = min(first for first, _ in times), min(both for _, both in times)
    # Two requests of 8 bytes, two answers of 205, gaps of 3.5 characters between them.
    assert first_s == pytest.approx((8 + 3.5 + 8 + 3.5 + 205) * 11 / 1200, abs=0.1)
    assert both_s == pytest.approx((8 + 3.5 + 8 + 3.5 + 205 + 3.5 + 205) * 11 / 1200, abs=0.1)


async def _two_exchanges(folder: Path) -> tuple[float, float]:
    """Return when the first and when both of two answers were there, in seconds after the requests."""
    async with on_one_line(folder, pacing=True, baud=1200) as (_, line):
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        line.send(frame(42, pdu(3, 40000, 100)) + frame(43, pdu(3, 40000, 100)))
        while len(line.received) < 205:
            await asyncio.sleep(0.01)
        first_s = loop.time() - began_s
        while len(line.received) < 410:
            await asyncio.sleep(0.01)
        return first_s, loop.time() - began_s


async def test_on_a_paced_line_a_request_acts_when_it_is_completely_there(tmp_path: Path) -> None:
    async with on_one_line(tmp_path, pacing=True, baud=1200) as (bench, line):
        # DO and ten registers that cannot be written: 31 bytes, 0.28 s.
        line.send(frame(42, pdu(16, 40268, 11) + b"\x16" + b"\0\x01" * 11))
        await asyncio.sleep(0.15)
        assert not bench.evse(1).contactor.demand
        await asyncio.sleep(0.2)
        assert bench.evse(1).contactor.demand


async def test_what_is_late_needs_the_wire_besides(tmp_path: Path) -> None:
    async with on_one_line(tmp_path, pacing=True, baud=1200) as (bench, line):
        bench.evse(1).fault("meter_late", on=True, seconds=3)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await ask(line, 42, pdu(3, 40000, 100))
        assert loop.time() - began_s == pytest.approx(3 + (8 + 3.5 + 205) * 11 / 1200, abs=0.15)


async def test_each_device_keeps_its_own_speed(tmp_path: Path) -> None:
    async with on_one_line(tmp_path, pacing=True, baud=1200) as (_, line):
        loop = asyncio.get_running_loop()
        took_s = {}
        line.unit = 42
        await line.write(40082, 0x0001, 0xC200)
        for unit in (42, 43):
            began_s = loop.time()
            await ask(line, unit, pdu(3, 40000, 100))
            took_s[unit] = loop.time() - began_s
    assert took_s[42] < 0.2
    assert took_s[43] == pytest.approx((8 + 3.5 + 205) * 11 / 1200, abs=0.1)


async def test_the_counters_tell_who_is_asked_and_who_asks(tmp_path: Path) -> None:
    async with on_one_line(tmp_path) as (bench, line):
        for unit in (42, 42, 1):
            await ask(line, unit, pdu(3, 22000 if unit == 1 else 40000, 1))
        bench.evse(2).fault("meter_silent", on=True)
        for unit, data in ((43, READ_DA), (0, READ_DA), (99, READ_DA)):
            line.send(frame(unit, data))
        await asyncio.sleep(1)
        line.send(b"\x2a\x03\0")
        await asyncio.sleep(1)
        (state,) = bench.state()["lines"]
        counted = {
            row["unit"]: (row["evse"], row["device"], row["requests"], row["answers"]) for row in state["devices"]
        }
    assert counted == {
        42: (1, "meter", 2, 2),
        1: (1, "controller", 1, 1),
        43: (2, "meter", 1, 0),
        2: (2, "controller", 0, 0),
    }
    numbers = {key: state[key] for key in ("requests", "answers", "unclaimed", "broken", "lost")}
    assert numbers == {"requests": 6, "answers": 3, "unclaimed": 2, "broken": 1, "lost": 0}
    assert state["path"] == str(tmp_path / "bus")
    assert state["clients"] == [{"path": str(tmp_path / "bus"), "requests": 6}]
