"""Lines behind TCP: Modbus TCP and RTU frames in a connection."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.bench import Bench
from simulators.bench.errors import BenchError
from simulators.bench.place import TcpPlace
from simulators.bench.port import Port
from simulators.bench.settings import plain
from simulators.bench.tcp_port import TcpEntrance
from tests.simulators.bench.places import SNAPSHOTS, names_in, shared, until
from tests.simulators.bench.sockets import TcpMaster, adu, host_port, rtu_over_tcp, tcp_master
from tests.simulators.bench.wire import NoAnswerError, RefusalError, checksum, master, pdu

FREE = TcpPlace("tcp", "127.0.0.1", 0)
FREE_RTU = TcpPlace("rtu+tcp", "127.0.0.1", 0)
READ_DA = pdu(3, 40068, 1)
DA = bytes.fromhex("0302002a")
ANSWER = b"\x2a" + DA
FRAME = ANSWER + checksum(ANSWER)


@asynccontextmanager
async def bench(folder: Path, place: TcpPlace, **meter: Any) -> AsyncIterator[Bench]:
    """One EVSE whose meter is found there."""
    settings = plain(folder, readers=0)
    row = settings.evses[0]
    meter_there = replace(row.meter, port=place, **meter)
    async with Bench(replace(settings, evses=(replace(row, meter=meter_there),))) as one:
        yield one


@asynccontextmanager
async def connected(folder: Path, **meter: Any) -> AsyncIterator[tuple[Bench, TcpMaster]]:
    async with bench(folder, FREE, **meter) as one, tcp_master(one.evse(1).meter.path) as client:
        yield one, client


def counted(one: Bench, line: int = 0) -> dict[str, int]:
    state = one.state()["lines"][line]
    return {key: state[key] for key in ("requests", "answers", "unclaimed", "broken", "lost")}


async def test_a_free_port_is_told_wherever_the_meter_is(tmp_path: Path) -> None:
    async with bench(tmp_path, FREE) as one:
        path = one.evse(1).meter.path
        host, port = host_port(path)
        assert (path, host) == (f"tcp://127.0.0.1:{port}", "127.0.0.1")
        state = one.state()
        assert state["evses"][0]["meter"]["path"] == state["lines"][0]["path"] == path
        assert state["evses"][0]["controller"]["path"] == str(tmp_path / "controller1")
        assert names_in(tmp_path) == {"controller1"}


async def test_transactions_are_echoed(tmp_path: Path) -> None:
    async with connected(tmp_path) as (_, client):
        for transaction in (0, 1, 0xFFFF):
            client.send(transaction, 42, READ_DA)
            assert await client.receive() == (transaction, 42, DA)


async def test_many_requests_may_be_under_way_in_pieces_of_any_size(tmp_path: Path) -> None:
    async with connected(tmp_path) as (_, client):
        stream = b"".join(adu(number, 42, pdu(3, 40000 + number, 1)) for number in range(50))
        for at in range(0, len(stream), 17):
            client.writer.write(stream[at : at + 17])
            await asyncio.sleep(0)
        words = [await client.receive() for _ in range(50)]
        assert [number for number, _, _ in words] == list(range(50))
        assert words[0][2] == b"\x03\x02Su"
        assert words[1][2] == b"\x03\x02nS"


async def test_every_connection_gets_its_own_answers(tmp_path: Path) -> None:
    async with connected(tmp_path) as (one, first), tcp_master(one.evse(1).meter.path) as second:
        one.evse(1).fault("meter_late", on=True, seconds=1)
        first.send(5, 42, pdu(3, 40000, 1))
        second.send(5, 42, pdu(3, 40001, 1))
        assert await second.receive() == (5, 42, b"\x03\x02nS")
        assert await first.receive() == (5, 42, b"\x03\x02Su")
        clients = one.state()["lines"][0]["clients"]
        assert [row["requests"] for row in clients] == [1, 1]
        ports = {client.writer.get_extra_info("sockname")[1] for client in (first, second)}
        assert {row["path"] for row in clients} == {f"127.0.0.1:{port}" for port in ports}


@pytest.mark.parametrize("unit", [0, 1, 43, 255])
async def test_another_unit_than_the_meters_has_no_answer(tmp_path: Path, unit: int) -> None:
    async with connected(tmp_path) as (one, client):
        client.send(1, unit, pdu(16, 40268, 1) + b"\x02\0\x01")
        with pytest.raises(NoAnswerError) as silent:
            await client.receive(patience_s=2)
        assert silent.value.data == b""
        assert not one.evse(1).contactor.demand
        assert counted(one)["unclaimed"] == 1
        assert await client.ask(42, READ_DA) == DA


async def test_the_address_of_the_meter_can_be_changed(tmp_path: Path) -> None:
    async with connected(tmp_path) as (_, client):
        await client.ask(42, pdu(16, 40068, 1) + b"\x02\0\x07")
        client.send(1, 42, READ_DA)
        assert await client.ask(7, READ_DA, transaction=2) == b"\x03\x02\0\x07"


async def test_a_function_that_is_not_known_is_refused_at_once(tmp_path: Path) -> None:
    async with connected(tmp_path) as (_, client):
        with pytest.raises(RefusalError) as refused:
            await client.ask(42, bytes.fromhex("2b0e0100"))
        assert refused.value.code == 1


@pytest.mark.parametrize("header", ["0001 0001 0006 2a", "0001 0000 0001 2a", "0001 0000 00ff 2a"])
async def test_a_header_that_is_none_ends_its_connection_and_no_other(tmp_path: Path, header: str) -> None:
    async with connected(tmp_path) as (one, first), tcp_master(one.evse(1).meter.path) as second:
        first.writer.write(bytes.fromhex(header))
        with pytest.raises(EOFError):
            await first.receive()
        assert await second.ask(42, READ_DA) == DA
        assert counted(one)["broken"] == 1
        assert len(one.state()["lines"][0]["clients"]) == 1


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("meter_crc", (9, 42, DA)),
        ("meter_wrong_unit", (9, 43, DA)),
        ("meter_truncated", (9, 42, DA[:1])),
        ("meter_garbage", (9, 42, bytes(byte ^ 0x5A for byte in DA))),
        ("meter_exception", (9, 42, b"\x83\x04")),
    ],
)
async def test_faults_act_on_modbus_tcp_as_far_as_it_has_what_they_damage(
    tmp_path: Path, fault: str, answer: tuple[int, int, bytes]
) -> None:
    async with connected(tmp_path) as (one, client):
        one.evse(1).fault(fault, on=True)
        client.send(9, 42, READ_DA)
        assert await client.receive() == answer
        one.evse(1).fault(fault, on=False)
        assert await client.ask(42, READ_DA) == DA


async def test_a_silent_and_a_late_meter_are_so_over_tcp_too(tmp_path: Path) -> None:
    async with connected(tmp_path) as (one, client):
        one.evse(1).fault("meter_silent", on=True)
        client.send(1, 42, READ_DA)
        with pytest.raises(NoAnswerError):
            await client.receive(patience_s=2)
        one.evse(1).fault("meter_silent", on=False)
        one.evse(1).fault("meter_late", on=True, seconds=5)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        assert await client.ask(42, READ_DA) == DA
        assert 5 <= loop.time() - began_s < 6


async def test_a_client_that_leaves_before_its_answer_does_no_harm(tmp_path: Path) -> None:
    async with connected(tmp_path) as (one, client):
        one.evse(1).fault("meter_late", on=True, seconds=2)
        async with tcp_master(one.evse(1).meter.path) as leaving:
            leaving.send(1, 42, pdu(16, 40068, 1) + b"\x02\0\x07")
            await until(lambda: counted(one)["requests"] == 1)
        await asyncio.sleep(3)
        assert len(one.state()["lines"][0]["clients"]) == 1
        assert await client.ask(7, READ_DA) == b"\x03\x02\0\x07"


async def test_the_speed_of_the_line_behind_tcp_is_kept(tmp_path: Path) -> None:
    async with connected(tmp_path, baud=1200, pacing=True) as (_, client):
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await client.ask(42, pdu(3, 40000, 100))
        # As RTU frames of 8 and 205 bytes on the line.
        assert loop.time() - began_s == pytest.approx((8 + 3.5 + 205) * 11 / 1200, abs=0.1)


async def test_devices_share_an_address_too(tmp_path: Path) -> None:
    async with Bench(shared(tmp_path, FREE)) as one, tcp_master(one.evse(2).controller.path) as client:
        one.evse(1).fault("meter_late", on=True, seconds=3)
        for transaction, unit in enumerate((42, 43, 1)):
            client.send(transaction, unit, READ_DA if unit > 2 else pdu(3, 22000, 1))
        answers = [await client.receive() for _ in range(3)]
        assert {number for number, _, _ in answers[:2]} == {1, 2}
        assert answers[2] == (0, 42, DA)
        assert len(one.state()["lines"]) == 1


async def test_free_ports_with_names_are_two(tmp_path: Path) -> None:
    settings = plain(tmp_path, evses=2)
    rows = [replace(row, meter=replace(row.meter, port=replace(FREE, name=f"m{row.id}"))) for row in settings.evses]
    async with Bench(replace(settings, evses=tuple(rows))) as one:
        paths = {one.evse(number).meter.path for number in (1, 2)}
        assert len(paths) == 2
        for path in paths:
            async with tcp_master(path) as client:
                assert await client.ask(42, READ_DA) == DA


async def test_at_the_end_every_connection_is_closed(tmp_path: Path) -> None:
    async with bench(tmp_path, FREE) as one:
        path = one.evse(1).meter.path
        reader, writer = await asyncio.open_connection(*host_port(path))
        one.evse(1).fault("meter_late", on=True, seconds=100)
        writer.write(adu(1, 42, READ_DA))
        await until(lambda: counted(one)["requests"] == 1)
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read(1) == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*host_port(path))


async def test_an_address_in_use_is_named_with_a_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BenchError, match=f"127.0.0.1:{port}: Address already in use: .*another port"):
            async with bench(tmp_path, replace(FREE, port=port)):
                pass
    assert names_in(tmp_path) == set()


async def test_from_a_client_that_takes_no_answers_no_requests_are_taken() -> None:
    entrance, asked = TcpEntrance(FREE), 0

    def came(port: Port) -> None:
        def received(data: bytes) -> None:
            nonlocal asked
            asked += len(data)
            port.write(bytes(len(data) * 100_000))

        port.open(received)

    await entrance.open(came, lambda _port: None)
    sent, got, quiet = 0, 0, 0
    with socket.create_connection(host_port(entrance.address)) as client:
        client.setblocking(False)
        while quiet < 20:
            before = asked
            client.send(b"?")
            sent += 1
            await asyncio.sleep(0.01)
            quiet = quiet + 1 if asked == before else 0
            assert sent < 1000
        assert asked < sent
        while got < sent * 100_000:
            try:
                got += len(client.recv(1_000_000))
            except BlockingIOError:
                await asyncio.sleep(0.01)
        assert asked == sent
    await entrance.close()


async def test_rtu_frames_are_spoken_over_tcp(tmp_path: Path) -> None:
    async with bench(tmp_path, FREE_RTU) as one:
        assert one.evse(1).meter.path.startswith("rtu+tcp://127.0.0.1:")
        async with rtu_over_tcp(one.evse(1).meter.path) as first, rtu_over_tcp(one.evse(1).meter.path) as second:
            assert await first.ask(READ_DA) == DA
            assert await second.ask(READ_DA) == DA
            second.unit = 0
            with pytest.raises(NoAnswerError):
                await second.ask(READ_DA, patience_s=2)
            assert await first.ask(READ_DA) == DA
            assert second.received == b""


async def test_half_a_frame_and_a_wrong_checksum_end_no_connection(tmp_path: Path) -> None:
    async with bench(tmp_path, FREE_RTU) as one, rtu_over_tcp(one.evse(1).meter.path) as line:
        line.send(b"\x2a\x03\x9c")
        await asyncio.sleep(1)
        line.send(b"\x2a" + READ_DA + b"\0\0")
        await asyncio.sleep(1)
        body = b"\x2a" + READ_DA
        line.send((body + checksum(body))[:5])
        await asyncio.sleep(0.01)
        assert line.received == b""
        line.send((body + checksum(body))[5:])
        await asyncio.sleep(1)
        assert line.received == FRAME
        assert counted(one) == {"requests": 1, "answers": 1, "unclaimed": 0, "broken": 2, "lost": 0}


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("meter_crc", FRAME[:-1] + bytes((FRAME[-1] ^ 0xFF,))),
        ("meter_wrong_unit", b"\x2b" + DA + checksum(b"\x2b" + DA)),
        ("meter_truncated", FRAME[:4]),
        ("meter_garbage", bytes(byte ^ 0x5A for byte in FRAME)),
    ],
)
async def test_faults_damage_rtu_frames_over_tcp_as_on_a_port(tmp_path: Path, fault: str, answer: bytes) -> None:
    async with bench(tmp_path, FREE_RTU) as one, rtu_over_tcp(one.evse(1).meter.path) as line:
        one.evse(1).fault(fault, on=True)
        body = b"\x2a" + READ_DA
        line.send(body + checksum(body))
        await asyncio.sleep(1)
        assert line.received == answer


async def test_the_speed_is_kept_over_a_connection_of_rtu_frames_and_changes_after_the_acknowledge(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, FREE_RTU, baud=1200, pacing=True) as one:
        loop = asyncio.get_running_loop()
        async with rtu_over_tcp(one.evse(1).meter.path) as line:
            began_s = loop.time()
            await line.write(40082, 0x000E, 0x1000)
            # 13 bytes and 8, both at the old speed.
            assert loop.time() - began_s == pytest.approx((13 + 3.5 + 8) * 11 / 1200, abs=0.1)
            began_s = loop.time()
            await line.read(40000, 100)
            assert loop.time() - began_s < 0.1


async def test_a_port_and_an_address_live_side_by_side(tmp_path: Path) -> None:
    async with connected(tmp_path) as (one, client), master(one.evse(1).controller.path, unit=1) as line:
        await client.ask(42, pdu(16, SNAPSHOTS["current"] + 1, 1) + b"\x02\0\x02")
        assert await line.read(22000) == [16]
        assert one.evse(1).meter.busy
