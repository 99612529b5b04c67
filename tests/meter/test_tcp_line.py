"""Modbus TCP against a server that does everything wrong that a device or a gateway can."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from station.errors import LineRefusedError, LineSilentError, PortError
from station.meter.bus import Device
from station.meter.tcp_line import AGAIN_S, MUTE_AFTER, TcpLine
from tests.meter import tcp_peer
from tests.meter.tcp_peer import Fault, TcpPeer

WRONG = [
    tcp_peer.silent,
    tcp_peer.other_number,
    tcp_peer.other_unit,
    tcp_peer.other_function,
    tcp_peer.truncated,
    tcp_peer.too_long,
    tcp_peer.other_protocol,
    tcp_peer.no_modbus,
    tcp_peer.half_then_gone,
    tcp_peer.gone,
]


@pytest.fixture
async def peer() -> AsyncIterator[TcpPeer]:
    async with TcpPeer() as peer:
        yield peer


@pytest.fixture
async def line(peer: TcpPeer) -> AsyncIterator[TcpLine]:
    line = TcpLine(peer.port)
    yield line
    line.close()


@pytest.fixture
def device(line: TcpLine) -> Device:
    return line.device(42)


def expected(address: int, count: int) -> list[int]:
    return list(range(address, address + count))


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_every_function_asks_and_understands(device: Device, peer: TcpPeer) -> None:
    assert await device.read_registers(40000, 3) == [40000, 40001, 40002]
    assert await device.read_inputs(100, 125) == expected(100, 125)
    assert await device.read_coils(8, 10) == [False, True] * 5
    await device.write_registers(40778, [2])
    await device.write_coil(400, on=True)
    assert [request.frame.hex() for request in peer.requests] == [
        "2a039c400003", "2a040064007d", "2a010008000a", "2a109f4a0001020002", "2a050190ff00",
    ]  # fmt: skip
    assert peer.connections == 1


async def test_requests_are_numbered_anew_each_time(device: Device, peer: TcpPeer) -> None:
    for _ in range(5):
        await device.read_registers(100, 1)
    numbers = [request.number for request in peer.requests]
    assert all((after - before) % 0x10000 == 1 for before, after in pairwise(numbers))


@pytest.mark.parametrize("fault", WRONG, ids=lambda fault: fault.__name__)
async def test_a_fault_is_retried_and_no_later_answer_is_wrong(device: Device, peer: TcpPeer, fault: Fault) -> None:
    peer.faults = [fault, fault]
    for address in (100, 200, 300, 400):
        assert await device.read_registers(address, 5) == expected(address, 5)
    assert device.line.counters.retries == 2
    assert device.line.counters.frames == len(peer.requests) == 6


@pytest.mark.parametrize("fault", WRONG, ids=lambda fault: fault.__name__)
async def test_a_fault_that_stays_is_an_error_that_names_host_and_port(
    device: Device, peer: TcpPeer, fault: Fault
) -> None:
    peer.faults = [fault] * 3
    with pytest.raises((LineSilentError, PortError), match=peer.port):
        await device.read_registers(100, 5)
    assert len(peer.requests) == 3
    assert await device.read_registers(200, 5) == expected(200, 5)


@pytest.mark.parametrize("seconds", [0.9, 0.999, 1.0, 1.001, 1.05, 1.2, 1.8, 2.5, 3.0])
async def test_a_late_answer_is_never_taken_for_the_next_one(device: Device, peer: TcpPeer, seconds: float) -> None:
    peer.faults = [tcp_peer.late(seconds)] * 4
    for address in range(100, 1000, 100):
        try:
            await device.write_registers(address, [1])
            assert await device.read_registers(address, 5) == expected(address, 5)
        except LineSilentError:
            assert seconds > 0.95


async def test_a_unit_that_owes_an_answer_is_asked_again_as_soon_as_it_came(device: Device, peer: TcpPeer) -> None:
    peer.faults = [tcp_peer.late(1.2)]
    assert await device.read_registers(100, 5) == expected(100, 5)
    assert 1.2 <= peer.requests[1].at - peer.requests[0].at < 1.3
    assert device.line.counters.drained_bytes == 6 + 13


async def test_a_unit_that_owes_an_answer_is_left_alone_until_none_can_come(device: Device, peer: TcpPeer) -> None:
    peer.faults = [tcp_peer.silent]
    await device.read_registers(100, 5)
    assert peer.requests[1].at - peer.requests[0].at > 1.9


async def test_others_are_served_while_a_unit_owes_an_answer(line: TcpLine, peer: TcpPeer) -> None:
    peer.faults = [tcp_peer.late(1.9)]
    with pytest.raises(LineSilentError, match=r"unit 42 on tcp://127.0.0.1:[0-9]+: no answer within 1 s"):
        await line.device(42).read_registers(100, 5, retries=0)
    began = now()
    assert await line.device(43).read_registers(200, 5) == expected(200, 5)
    assert now() - began < 0.5
    assert await line.device(42).read_registers(300, 5) == expected(300, 5)
    assert line.counters_of(42).timeouts == 1


async def test_who_is_cancelled_leaves_no_answer_behind(device: Device, peer: TcpPeer) -> None:
    peer.faults = [tcp_peer.late(0.5)]
    asking = asyncio.create_task(device.read_registers(100, 5))
    await asyncio.sleep(0.2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await device.read_registers(200, 5) == expected(200, 5)
    assert peer.requests[1].at - peer.requests[0].at >= 0.5


async def test_urgent_requests_go_first(line: TcpLine, peer: TcpPeer) -> None:
    peer.faults = [tcp_peer.late(0.3)] * 4
    meters = [asyncio.create_task(line.device(unit).read_registers(100, 1)) for unit in (42, 43, 44)]
    await asyncio.sleep(0.1)
    await line.device(1, urgent=True).read_inputs(100, 1)
    await asyncio.gather(*meters)
    assert [request.frame[0] for request in peer.requests] == [42, 1, 43, 44]


async def test_a_device_gets_the_pause_that_it_needs(line: TcpLine, peer: TcpPeer) -> None:
    device = line.device(1, gap_s=0.1)
    for _ in range(3):
        await device.read_registers(1000, 3)
    assert all(after.at - before.at >= 0.1 for before, after in pairwise(peer.requests))


async def test_an_answer_in_pieces_is_put_together(device: Device, peer: TcpPeer) -> None:
    peer.faults = [tcp_peer.in_pieces]
    assert await device.read_registers(100, 20) == expected(100, 20)
    assert len(peer.requests) == 1


async def test_an_answer_that_comes_twice_is_taken_once(device: Device, peer: TcpPeer) -> None:
    peer.faults = [tcp_peer.twice] * 3
    for address in (100, 200, 300):
        assert await device.read_registers(address, 5) == expected(address, 5)
    await device.read_registers(100, 1)
    assert device.line.counters.drained_bytes == 3 * 19
    assert device.line.counters.retries == 0


async def test_a_refusal_is_not_asked_again(device: Device, peer: TcpPeer) -> None:
    peer.faults = [tcp_peer.refusing(2)]
    with pytest.raises(LineRefusedError, match="function 3 at 100 refused with exception 2") as caught:
        await device.read_registers(100, 5)
    assert caught.value.code == 2
    assert (len(peer.requests), device.line.counters.refusals) == (1, 1)


@pytest.mark.parametrize("code", [10, 11])
async def test_what_a_gateway_says_of_a_silent_unit_is_silence(device: Device, peer: TcpPeer, code: int) -> None:
    peer.faults = [tcp_peer.refusing(code)] * 3
    with pytest.raises(LineSilentError, match="silent, says the gateway"):
        await device.read_registers(100, 5)
    assert device.line.is_silent(42)
    assert await device.read_registers(100, 5) == expected(100, 5)
    assert not device.line.is_silent(42)


async def test_a_connection_that_ended_while_nobody_asked_costs_nothing(device: Device, peer: TcpPeer) -> None:
    await device.read_registers(100, 1)
    await peer.hang_up()
    await asyncio.sleep(5)
    assert await device.read_registers(200, 5, retries=0) == expected(200, 5)
    assert peer.connections == 2


async def test_a_device_that_restarts_is_connected_again(device: Device, peer: TcpPeer) -> None:
    await device.read_registers(100, 1)
    await peer.stop()
    with pytest.raises(PortError, match=rf"{peer.port} refuses connections; is Modbus TCP switched on there"):
        await device.read_registers(200, 1)
    await peer.start()
    assert await device.read_registers(300, 5) == expected(300, 5)


async def test_a_host_that_refuses_is_tried_once_a_second(device: Device, peer: TcpPeer) -> None:
    await peer.stop()
    began = now()
    for _ in range(3):
        with pytest.raises(PortError):
            await device.read_registers(100, 1)
    assert now() - began >= 8 * AGAIN_S


async def test_a_mute_connection_is_given_up(device: Device, peer: TcpPeer) -> None:
    """A router that forgot the connection lets nothing through and tells nobody."""
    peer.faults = [tcp_peer.silent] * MUTE_AFTER
    with pytest.raises(LineSilentError):
        await device.read_registers(100, 1)
    assert await device.read_registers(100, 5) == expected(100, 5)
    assert peer.connections == 2


async def test_a_silent_unit_does_not_end_the_connection_of_the_others(line: TcpLine, peer: TcpPeer) -> None:
    for _ in range(2 * MUTE_AFTER):
        peer.faults = [tcp_peer.silent]
        with pytest.raises(LineSilentError):
            await line.device(42, retries=0).read_registers(100, 1)
        await line.device(43).read_registers(100, 1)
    assert peer.connections == 1
    assert line.is_silent(42)
    assert not line.is_silent(43)


@pytest.mark.realtime  # a thread looks the name up
@pytest.mark.parametrize(("host", "why"), [("no..host", "unknown; is it spelt right"), ("127.0.0.1", "refuses")])
async def test_who_cannot_be_connected_is_named(host: str, why: str) -> None:
    line = TcpLine(f"tcp://{host}:1")
    with pytest.raises(PortError, match=f"tcp://{host}:1.* {why}"):
        await line.device(180, retries=0).read_inputs(100, 1)
    line.close()


@pytest.mark.parametrize("port", ["/dev/ttyMETER", "tcp://", "tcp://host", "udp://host:502", "tcp://host:70000"])
def test_what_is_no_address_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match=r"address|Port|port"):
        TcpLine(port)


async def test_bytes_are_counted_by_unit(line: TcpLine, peer: TcpPeer) -> None:
    await line.device(42).read_registers(100, 5)
    await line.device(43).write_coil(400, on=True)
    for unit, sent, came in ((42, 12, 19), (43, 12, 12)):
        counted = line.counters_of(unit)
        assert (counted.frames, counted.bytes_out, counted.bytes_in) == (1, sent, came)
    assert line.counters.frames == 2


async def test_a_line_that_is_closed_ends_the_question_and_opens_again(device: Device, peer: TcpPeer) -> None:
    peer.faults = [tcp_peer.silent]
    asking = asyncio.create_task(device.read_registers(100, 1, retries=0))
    await asyncio.sleep(0.5)
    device.line.close()
    with pytest.raises(PortError, match="ended the connection"):
        await asking
    assert await device.read_registers(100, 5) == expected(100, 5)


def test_a_unit_is_within_the_range_of_modbus() -> None:
    with pytest.raises(ValueError, match="tcp://h:502: unit 255, 1 to 247 expected"):
        TcpLine("tcp://h:502").device(255)
