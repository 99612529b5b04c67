"""A meter's line from the master's end: who is answered, how fast, and what each line fault does."""

import asyncio
from pathlib import Path

import pytest

from simulators.bench.errors import BenchError
from tests.simulators.bench.places import SNAPSHOTS, names_in, on_bench
from tests.simulators.bench.wire import NoAnswerError, RefusalError, checksum, master, pdu

READ_DA = pdu(3, 40068, 1)
ANSWER = bytes.fromhex("2a0302002a")


async def test_another_unit_is_not_answered(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        for unit in (0, 1, 43):
            line.unit = unit
            with pytest.raises(NoAnswerError) as silent:
                await line.ask(READ_DA, patience_s=2)
            assert silent.value.data == b""
        line.unit = 42
        assert await line.ask(READ_DA) == ANSWER[1:]


async def test_a_wrong_checksum_is_not_answered_and_does_no_harm(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        body = b"\x2a" + READ_DA
        with pytest.raises(NoAnswerError) as silent:
            await line.exchange(body + b"\0\0", patience_s=2)
        assert silent.value.data == b""
        assert await line.ask(READ_DA) == ANSWER[1:]


async def test_half_a_request_is_forgotten_after_a_silence(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        line.send(b"\x2a\x03\x9c")
        await asyncio.sleep(1)
        assert await line.ask(READ_DA) == ANSWER[1:]


async def test_a_request_in_pieces_is_put_together(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (_, line):
        frame = b"\x2a" + READ_DA + checksum(b"\x2a" + READ_DA)
        line.send(frame[:4])
        await asyncio.sleep(0)
        line.send(frame[4:])
        await asyncio.sleep(0.5)
        assert line.received == ANSWER + checksum(ANSWER)


async def test_the_line_outlives_a_client_that_closes_it(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        assert await line.ask(READ_DA) == ANSWER[1:]
        # From here on it only holds the port open; two that read would take each other's bytes.
        asyncio.get_running_loop().remove_reader(line._fd)
        for _ in range(3):
            async with master(evse.meter.path) as another:
                assert await another.ask(READ_DA) == ANSWER[1:]


async def test_ports_are_links_that_vanish_at_the_end(tmp_path: Path) -> None:
    names = {"meter1", "controller1", "reader1"}
    async with on_bench(tmp_path):
        assert names_in(tmp_path) == names
        assert all((tmp_path / name).is_symlink() for name in names)
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize(("baud", "words", "expected_ms"), [(19200, 1, 10.6), (9600, 1, 21.2), (19200, 125, 152.7)])
async def test_a_paced_line_is_as_slow_as_the_wire(tmp_path: Path, baud: int, words: int, expected_ms: float) -> None:
    async with on_bench(tmp_path, baud=baud, pacing=True) as (_, line):
        await line.read(40004, words)
        loop = asyncio.get_running_loop()
        fastest = float("inf")
        for _ in range(5):
            began = loop.time()
            await line.read(40004, words)
            fastest = min(fastest, loop.time() - began)
    assert expected_ms <= 1000 * fastest <= expected_ms + 100


async def test_another_speed_is_paced_after_the_acknowledge(tmp_path: Path) -> None:
    async with on_bench(tmp_path, baud=1200, pacing=True) as (_, line):
        loop = asyncio.get_running_loop()
        await line.write(40082, 0x0001, 0xC200)
        began = loop.time()
        await line.read(40004, 60)
        assert loop.time() - began < 0.5


async def test_a_silent_meter_takes_nothing_either(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.fault("meter_silent", on=True)
        with pytest.raises(NoAnswerError):
            await line.ask(pdu(16, SNAPSHOTS["current"] + 1, 1) + b"\x02\0\x02", patience_s=2)
        evse.fault("meter_silent", on=False)
        assert await line.read(SNAPSHOTS["current"] + 1) == [1]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("meter_crc", ANSWER + bytes((checksum(ANSWER)[0], checksum(ANSWER)[1] ^ 0xFF))),
        ("meter_wrong_unit", b"\x2b" + ANSWER[1:] + checksum(b"\x2b" + ANSWER[1:])),
        ("meter_truncated", ANSWER[:4]),
    ],
)
async def test_each_line_fault_damages_the_answer_in_its_way(tmp_path: Path, fault: str, answer: bytes) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.fault(fault, on=True)
        with pytest.raises(NoAnswerError) as damaged:
            await line.ask(READ_DA, patience_s=2)
        assert damaged.value.data == answer
        evse.fault(fault, on=False)
        assert await line.ask(READ_DA) == ANSWER[1:]


async def test_garbage_has_the_right_length_and_nothing_else(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.fault("meter_garbage", on=True)
        with pytest.raises((NoAnswerError, RefusalError)):
            await line.ask(READ_DA, patience_s=2)
        assert len(line.received) == 7
        assert line.received != ANSWER + checksum(ANSWER)


@pytest.mark.parametrize(("how", "code"), [({}, 4), ({"code": 6}, 6)])
async def test_an_exception_is_the_answer_to_everything(tmp_path: Path, how: dict[str, int], code: int) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.fault("meter_exception", on=True, **how)
        for request in (READ_DA, pdu(16, 40268, 1) + b"\x02\0\x01"):
            with pytest.raises(RefusalError) as refused:
                await line.ask(request)
            assert refused.value.code == code
        evse.fault("meter_exception", on=False)
        assert await line.read(40268) == [0]


async def test_a_late_answer_comes_after_so_many_seconds(tmp_path: Path) -> None:
    async with on_bench(tmp_path) as (evse, line):
        evse.fault("meter_late", on=True, seconds=7)
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await line.ask(READ_DA) == ANSWER[1:]
        assert 7 <= loop.time() - began < 9


async def test_a_port_that_is_a_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "meter1").write_text("mine", "utf-8")
    with pytest.raises(BenchError, match="meter1 exists and is no link"):
        async with on_bench(tmp_path):
            pass
    assert (tmp_path / "meter1").read_text("utf-8") == "mine"
    assert names_in(tmp_path) == {"meter1"}


async def test_a_link_left_behind_by_a_crash_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "meter1").symlink_to("/dev/pts/none")
    async with on_bench(tmp_path) as (_, line):
        assert await line.ask(READ_DA) == ANSWER[1:]
