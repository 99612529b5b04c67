"""A unit that says nothing is asked on, but its neighbours do not pay for it."""

import asyncio
import itertools
from contextlib import suppress

import pytest

from station.errors import LineSilentError
from station.meter.bus import Line
from station.meter.silence import REST_S, SILENT_AFTER, Silences
from tests.meter import line_peer
from tests.meter.line_peer import Peer

DEAD, ALIVE = 42, 7


def silent_but(unit: int) -> line_peer.Fault:
    """Only this unit has power."""
    return lambda request: line_peer.good(request) if request[0] == unit else []


async def fall_silent(line: Line, unit: int = DEAD) -> None:
    with pytest.raises(LineSilentError):
        await line.device(unit).read_registers(100, 1)
    assert line.is_silent(unit)


def test_only_requests_in_a_row_make_a_unit_silent() -> None:
    silences = Silences()
    for _ in range(SILENT_AFTER - 1):
        silences.missed(DEAD)
    silences.heard(DEAD)
    for _ in range(SILENT_AFTER - 1):
        silences.missed(DEAD)
    assert DEAD not in silences
    silences.missed(DEAD)
    assert DEAD in silences
    assert ALIVE not in silences


async def test_a_silent_unit_is_asked_once_at_a_time_and_seldom(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.silent] * 6
    await fall_silent(line)
    for _ in range(3):
        with pytest.raises(LineSilentError):
            await line.device(DEAD).read_registers(100, 1)
    asked = [request.at for request in peer.requests]
    assert len(asked) == SILENT_AFTER + 3
    pauses = [after - before for before, after in itertools.pairwise(asked)]
    assert all(2.0 <= pause < 3.0 for pause in pauses[:SILENT_AFTER])
    assert all(1.0 + REST_S <= pause < 2.0 + REST_S for pause in pauses[SILENT_AFTER:])


async def test_a_call_that_says_how_often_it_must_be_tried_is_tried_so_often(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.silent] * 4
    await fall_silent(line)
    assert await line.device(DEAD).read_registers(100, 1, retries=1) == [100]
    assert len(peer.requests) == SILENT_AFTER + 2


async def test_a_unit_that_comes_back_is_a_unit_like_any_other(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.silent] * SILENT_AFTER
    await fall_silent(line)
    assert await line.device(DEAD).read_registers(100, 1) == [100]
    assert not line.is_silent(DEAD)
    peer.faults = [line_peer.silent] * 2
    assert await line.device(DEAD).read_registers(200, 1) == [200]


async def test_an_answer_that_comes_too_late_is_a_sign_of_life(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.silent] * SILENT_AFTER + [line_peer.late(1.5)]
    await fall_silent(line)
    with pytest.raises(LineSilentError):
        await line.device(DEAD).read_registers(100, 1)
    late_at = peer.requests[-1].at + 1.5
    assert await line.device(DEAD).read_registers(200, 1) == [200]
    assert peer.requests[-1].at - late_at < 1.0


async def test_a_unit_whose_answers_all_come_too_late_is_not_silent(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.late(1.5)] * 2 * SILENT_AFTER
    for _ in range(2):
        with pytest.raises(LineSilentError):
            await line.device(DEAD).read_registers(100, 1)
        assert not line.is_silent(DEAD)
    assert len(peer.requests) == 2 * SILENT_AFTER


@pytest.mark.parametrize("fault", [line_peer.truncated, line_peer.damaged], ids=lambda fault: fault.__name__)
async def test_a_unit_that_is_hardly_understood_is_not_silent(line: Line, peer: Peer, fault: line_peer.Fault) -> None:
    peer.faults = [fault] * SILENT_AFTER
    with pytest.raises(LineSilentError):
        await line.device(DEAD).read_registers(100, 1)
    assert not line.is_silent(DEAD)


async def test_two_dead_controllers_leave_the_third_as_quick_as_before(line: Line, peer: Peer) -> None:
    peer.faults = [silent_but(ALIVE)] * 1000

    async def watch(unit: int) -> None:
        while True:
            with suppress(LineSilentError):
                await line.device(unit, urgent=True).read_inputs(24000, 2)
            await asyncio.sleep(0.25)

    async with asyncio.TaskGroup() as tasks:
        watchers = [tasks.create_task(watch(unit), name="watch") for unit in (1, 2, ALIVE)]
        await asyncio.sleep(20)  # until both are known to be dead
        heard = len(peer.requests)
        await asyncio.sleep(60)
        for watcher in watchers:
            watcher.cancel()
    asked = [request.frame[0] for request in peer.requests[heard:]]
    assert 2 <= asked.count(1) <= 13
    assert 2 <= asked.count(2) <= 13
    assert asked.count(ALIVE) > 120
