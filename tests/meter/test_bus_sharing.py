"""Several devices and tasks on one line: who goes first, and who waits for whom."""

import asyncio
from contextlib import suppress

import pytest

from station.errors import LineSilentError
from station.meter.bus import Line
from tests.meter import line_peer
from tests.meter.line_peer import Fault, Peer


def expected(address: int, count: int) -> list[int]:
    return list(range(address, address + count))


async def test_another_unit_does_not_wait_for_a_silent_one(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.silent]
    with pytest.raises(LineSilentError):
        await line.device(42).read_registers(100, 5, retries=0)
    asked = asyncio.get_running_loop().time()
    assert await line.device(7).read_registers(200, 5) == expected(200, 5)
    assert peer.requests[1].at - asked < 0.1


@pytest.mark.parametrize("fault", [line_peer.silent, line_peer.truncated], ids=lambda fault: fault.__name__)
async def test_another_unit_is_served_while_a_missing_answer_is_waited_for(
    line: Line, peer: Peer, fault: Fault
) -> None:
    peer.faults = [fault]
    async with asyncio.TaskGroup() as tasks:
        retried = tasks.create_task(line.device(42).read_registers(100, 5), name="retried")
        await asyncio.sleep(1.1)
        asked = asyncio.get_running_loop().time()
        assert await line.device(7).read_registers(200, 5) == expected(200, 5)
        assert peer.requests[1].at - asked < 0.1
        assert not retried.done()
    assert retried.result() == expected(100, 5)
    assert [request.frame[0] for request in peer.requests] == [42, 7, 42]


async def test_waiting_for_a_missing_answer_takes_no_byte_of_others_away(line: Line, peer: Peer) -> None:
    silent = range(41, 47)
    peer.faults = [line_peer.silent] * len(silent) + [line_peer.byte_by_byte] * 5
    for unit in silent:
        with suppress(LineSilentError):
            await line.device(unit, late_s=20).read_registers(100, 1, timeout_s=0.1, retries=0)
    async with asyncio.TaskGroup() as tasks:
        patient = [tasks.create_task(line.device(unit).read_registers(100, 1), name="patient") for unit in silent]
        for address in range(100, 600, 100):
            assert await line.device(7).read_registers(address, 125) == expected(address, 125)
        for task in patient:
            task.cancel()
    assert line.counters.drained_bytes == 0


async def test_another_unit_is_served_although_a_patient_request_was_cancelled(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.silent]
    meter = line.device(42)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await meter.read_registers(100, 1, timeout_s=11.0)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(meter.read_registers(200, 1), name="next")
        for _ in range(5):
            asked = asyncio.get_running_loop().time()
            assert await line.device(7).read_registers(300, 1) == [300]
            assert peer.requests[-1].at - asked < 0.1
            await asyncio.sleep(1)
    assert peer.requests[-1].at - peer.requests[0].at > 11.9


async def test_a_late_answer_of_one_unit_does_not_spoil_another(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.late(1.3), line_peer.late(0.5)]
    with pytest.raises(LineSilentError):
        await line.device(42).read_registers(100, 5, retries=0)
    assert await line.device(7).read_registers(200, 5) == expected(200, 5)
    assert await line.device(42).read_registers(300, 5) == expected(300, 5)


async def test_requests_of_many_tasks_take_turns(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.late(0.2)] * 12
    devices = [line.device(unit) for unit in (1, 2, 3, 4)]
    async with asyncio.TaskGroup() as group:
        reads = [
            group.create_task(device.read_registers(100 * device.unit, 3), name="read")
            for _ in range(3)
            for device in devices
        ]
    for read, device in zip(reads, devices * 3, strict=True):
        assert read.result() == expected(100 * device.unit, 3)
    assert [request.frame[0] for request in peer.requests] == [1, 2, 3, 4] * 3
    assert line.counters.retries == 0


async def test_a_second_request_to_the_same_unit_follows_the_first_at_once(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.late(0.5)]
    async with asyncio.TaskGroup() as tasks:
        for address in (100, 200):
            tasks.create_task(line.device(42).read_registers(address, 1), name="read")
    assert 0.5 <= peer.requests[1].at - peer.requests[0].at < 0.55


async def test_an_urgent_request_goes_before_all_that_wait(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.late(0.2)] * 8
    meters = [line.device(unit) for unit in (41, 42, 43)]
    controller = line.device(1, urgent=True)
    async with asyncio.TaskGroup() as tasks:
        for meter in meters * 2:
            tasks.create_task(meter.read_registers(100, 1), name="read")
        await asyncio.sleep(0.1)
        await controller.read_inputs(24000, 2)
    assert [request.frame[0] for request in peer.requests] == [41, 1, 42, 43, 41, 42, 43]


async def test_an_urgent_poll_waits_for_one_exchange_however_many_ask_without_end(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.late(0.15)] * 1000
    controller = line.device(1, urgent=True)

    async def watch(unit: int) -> None:
        while True:
            await line.device(unit).read_registers(100, 1)

    let_through = []
    async with asyncio.TaskGroup() as tasks:
        watchers = [tasks.create_task(watch(unit), name="watch") for unit in (41, 42, 43, 44)]
        for _ in range(20):
            await asyncio.sleep(0.37)
            heard = len(peer.requests)
            await controller.read_inputs(24000, 2)
            let_through.append([request.frame[0] for request in peer.requests[heard:]].index(1))
        for watcher in watchers:
            watcher.cancel()
    assert max(let_through) <= 1  # the one that was on its way already
    assert {request.frame[0] for request in peer.requests[-12:]} == {1, 41, 42, 43, 44}


async def test_a_chatty_urgent_device_leaves_the_others_every_second_exchange(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.late(0.1)] * 20
    controller = line.device(1, urgent=True)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(4):
            tasks.create_task(controller.read_inputs(24000, 2), name="poll")
        for unit in (41, 42):
            tasks.create_task(line.device(unit).read_registers(100, 1), name="read")
    assert [request.frame[0] for request in peer.requests] == [1, 41, 1, 42, 1, 1]


async def test_a_held_back_answer_keeps_even_the_urgent_waiting(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.late(4.0)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(line.device(42).read_registers(100, 1, timeout_s=11.0), name="hold")
        await asyncio.sleep(0.1)
        assert await line.device(1, urgent=True).read_inputs(24000, 2) == [24000, 24001]
    assert [request.frame[0] for request in peer.requests] == [42, 1]
    assert peer.requests[1].at - peer.requests[0].at >= 4.0
    assert line.counters.retries == 0


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_a_cancelled_request_takes_nobodys_turn_along(line: Line, peer: Peer, gone: int) -> None:
    """Cancelled is the request under way, the next one or the last."""
    peer.faults = [line_peer.late(0.2)] * 4
    async with asyncio.TaskGroup() as tasks:
        reads = [tasks.create_task(line.device(unit).read_registers(100, 1), name="read") for unit in (41, 42, 43)]
        await asyncio.sleep(0.1)
        reads[gone].cancel()
        assert await line.device(44).read_registers(100, 1) == [100]
    assert [read.cancelled() for read in reads] == [at == gone for at in range(3)]
