"""The CSMS knows the status of every connector, and is told nothing twice."""

import asyncio
import contextlib
from datetime import datetime

import pytest
from ocpp.v201.datatypes import EVSEType

from station.core.events import Authorized, AvailabilityChanged, Blocked, FaultRaised
from station.core.faults import Fault
from station.errors import LineSilentError
from station.ocpp.blocks.availability import LOOK_AGAIN_S, Availability
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.ocpp.csms import SILENCE, Refusal, talking
from tests.ocpp.yard import ANNA, Yard

STATUS = "StatusNotification"
TIMEOUT_S = 5.0


class Board:
    """A yard with its availability and session."""

    def __init__(self, yard):
        self.yard = yard
        self.session = RpcSession(Router(), timeout_s=lambda: TIMEOUT_S)
        self.minimum_s = 0.0
        self.availability = Availability(
            yard.evses,
            self.session,
            news=yard.news,
            now=yard.clock.now,
            minimum_duration_s=lambda: self.minimum_s,
        )

    @contextlib.asynccontextmanager
    async def connected(self):
        async with talking(self.session) as csms:
            running = asyncio.create_task(self.availability.run())
            try:
                yield csms
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def board(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        yield Board(yard)


def told(csms):
    return [(status["evseId"], status["connectorStatus"]) for status in csms.of(STATUS)]


@pytest.mark.ocpp("B01.FR.05", "G01.FR.01")
async def test_every_connector_is_told_at_first(board):
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        assert told(csms) == [(1, "Available"), (2, "Available")]
        first = csms.of(STATUS)[0]
        assert (first["connectorId"], first["timestamp"][:4]) == (1, "2026")


@pytest.mark.ocpp("G01.FR.03", "G01.FR.04", "E02.FR.05")
async def test_what_changes_is_told_when_it_changes_and_the_rest_is_not(board):
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        await board.yard.plug(2)
        await csms.hear(STATUS, 3)
        await board.yard.unplug(2)
        await csms.hear(STATUS, 4)
        await asyncio.sleep(2)
        assert told(csms)[2:] == [(2, "Occupied"), (2, "Available")]


async def test_a_fault_and_a_station_that_waits_to_restart_are_told(board):
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        board.yard.evses[1].post(FaultRaised(Fault.CONTACTOR))
        board.yard.evses[2].post(Blocked(on=True))
        await csms.hear(STATUS, 4)
        assert sorted(told(csms)[2:]) == [(1, "Faulted"), (2, "Unavailable")]


async def test_who_waits_until_everything_is_told_waits_for_the_answers(board):
    async with board.connected() as csms:
        csms.answer(STATUS, {}, SILENCE, {})
        waiting = asyncio.create_task(board.availability.wait_told())
        await csms.hear(STATUS, 2)
        await asyncio.sleep(TIMEOUT_S)
        assert not waiting.done()
        await csms.hear(STATUS, 3, within_s=LOOK_AGAIN_S + 1)
        await asyncio.wait_for(waiting, 1)
        await board.availability.wait_told()
        board.yard.evses[2].post(Blocked(on=True))
        await board.yard.until(lambda: board.yard.evses[2].session.blocked)
        await board.availability.wait_told()
        assert told(csms)[-1] == (2, "Unavailable")


@pytest.mark.ocpp("B04.FR.02")
async def test_over_the_next_connection_only_what_is_not_known_is_told(board):
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        await asyncio.sleep(0.1)
    await board.yard.plug(1)
    async with board.connected() as csms:
        await asyncio.sleep(2)
        assert told(csms) == [(1, "Occupied")]


@pytest.mark.ocpp("B04.FR.01")
async def test_what_is_to_be_forgotten_is_told_again(board):
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        await asyncio.sleep(0.1)
        board.availability.forget()
        await csms.hear(STATUS, 4)


async def test_a_status_that_nobody_answers_is_told_until_somebody_does(board):
    async with board.connected() as csms:
        csms.answer(STATUS, SILENCE, {})
        await csms.hear(STATUS, 3, within_s=TIMEOUT_S + LOOK_AGAIN_S + 1)
        await asyncio.sleep(2 * LOOK_AGAIN_S)
        assert told(csms) == [(1, "Available"), (2, "Available"), (1, "Available")]


async def test_a_status_that_is_lost_with_its_connection_is_told_over_the_next(board):
    async with board.connected() as csms:
        csms.answer(STATUS, SILENCE)
        await csms.hear(STATUS)
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        assert told(csms) == [(1, "Available"), (2, "Available")]


async def test_a_status_that_is_refused_is_not_told_again_and_again(board):
    async with board.connected() as csms:
        csms.answer(STATUS, Refusal())
        await asyncio.sleep(3 * LOOK_AGAIN_S)
        assert told(csms) == [(1, "Available"), (2, "Available")]


@pytest.mark.ocpp("B01.FR.05")
async def test_a_connector_whose_devices_answer_late_is_told_then_though_its_status_is_the_old_one(tmp_path):
    first = Yard(tmp_path)
    async with first.open():
        await first.charge()
    again = Yard(tmp_path)
    again.meters[1].hardware, again.controllers[1].hardware = first.meters[1].hardware, first.controllers[1].hardware
    again.meters[1].troubles.once("identify", LineSilentError("late"))
    async with again.open(awake=False):
        board = Board(again)
        async with board.connected() as csms:
            await asyncio.sleep(2)
            assert told(csms) == []
            await asyncio.wait_for(board.availability.wait_told(), 0.1)  # there is nothing to tell yet
            await csms.hear(STATUS, within_s=5 + LOOK_AGAIN_S)
            assert told(csms) == [(1, "Occupied")]


MINIMUM_S = 20.0


async def test_a_change_is_told_when_it_has_lasted_and_with_the_time_at_which_it_came(board):
    board.minimum_s = MINIMUM_S
    async with board.connected() as csms:
        await csms.hear(STATUS, 2, within_s=1)  # what is not known at all is told at once
        await board.yard.plug(2)
        changed = board.yard.clock.now()
        await asyncio.sleep(MINIMUM_S - 2)
        assert len(told(csms)) == 2
        await csms.hear(STATUS, 3, within_s=4)
        assert told(csms)[2] == (2, "Occupied")
        at = datetime.fromisoformat(csms.of(STATUS)[2]["timestamp"])
        assert abs((at - changed).total_seconds()) < 2


async def test_what_comes_and_goes_is_not_told_at_all(board):
    board.minimum_s = MINIMUM_S
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        for _ in range(5):
            await board.yard.plug(1)
            await asyncio.sleep(MINIMUM_S / 2)
            await board.yard.unplug(1)
            await asyncio.sleep(MINIMUM_S / 2)
        await asyncio.sleep(2 * MINIMUM_S)
        assert len(told(csms)) == 2


async def test_a_shorter_duration_counts_at_once(board):
    board.minimum_s = 3600.0
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        await board.yard.plug(1)
        await asyncio.sleep(30)
        board.minimum_s = 0.0
        board.yard.news.set()  # as the device model does when the CSMS sets the variable
        await csms.hear(STATUS, 3, within_s=1)


@pytest.mark.ocpp("B04.FR.01", "B04.FR.02")
async def test_what_changed_while_offline_is_told_at_once(board):
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        await asyncio.sleep(0.1)
    board.minimum_s = MINIMUM_S
    await board.yard.plug(1)
    async with board.connected() as csms:
        await csms.hear(STATUS, within_s=1)
        await asyncio.sleep(0.1)
        board.availability.forget()
        await csms.hear(STATUS, 3, within_s=1)


@pytest.mark.ocpp("F06.FR.09")
async def test_who_asks_is_told_what_has_not_lasted_yet_and_not_once_more(board):
    board.minimum_s = MINIMUM_S
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        await board.yard.plug(1)
        await board.availability.triggered(EVSEType(id=1, connector_id=1))()
        assert told(csms)[2:] == [(1, "Occupied")]
        await asyncio.sleep(2 * MINIMUM_S)
        assert len(told(csms)) == 3


@pytest.mark.ocpp("G01.FR.05")
async def test_who_unplugs_where_it_goes_out_of_service_leaves_it_unavailable(board):
    await board.yard.plug(1)
    async with board.connected() as csms:
        await csms.hear(STATUS, 2)
        board.yard.evses[1].post(Authorized(ANNA))
        await board.yard.until(lambda: board.yard.charging(1))
        board.yard.evses[1].post(AvailabilityChanged(operative=False))
        await board.yard.unplug(1)
        await csms.hear(STATUS, 3)
        await asyncio.sleep(2)
        assert told(csms)[2:] == [(1, "Unavailable")]
