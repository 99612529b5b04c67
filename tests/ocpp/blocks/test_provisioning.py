"""The connection and the clock are kept alive, and a reset loses nothing."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from ocpp.v201.enums import BootReasonEnumType, ReasonEnumType, TriggerReasonEnumType

from station.core.events import Authorized, StopCause, StopRequested
from station.core.session import refusal
from station.ocpp.blocks.provisioning import END_TIMEOUT_S, TELL_TIMEOUT_S, Provisioning
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.fakes import reports_in
from tests.ocpp.csms import NOW, SILENCE, Refusal, talking
from tests.ocpp.yard import ANNA, Yard

HEARTBEAT_S = 60.0


class Office:
    """A yard with its provisioning and session; `restarts` is what the station was told to do."""

    def __init__(self, yard):
        self.yard = yard
        self.times, self.restarts = [], []
        self.tasks = set()
        self.told = asyncio.Event()
        self.told.set()
        router = Router()
        self.session = RpcSession(router, timeout_s=lambda: 30.0)
        self.provisioning = Provisioning(
            yard.evses,
            self.session,
            heartbeat_interval_s=lambda: HEARTBEAT_S,
            set_time=self.times.append,
            all_told=self.told.wait,
            restart=self.restarts.append,
            spawn=self._spawn,
        )
        router.add(self.provisioning)

    def _spawn(self, name, work):
        self.tasks.add(asyncio.create_task(work, name=name))

    async def reset(self, csms, **payload):
        """Return the status that answers Reset, or the whole answer if it has an info."""
        kind, _, answer = await csms.call("Reset", **payload)
        assert kind == 3
        return answer["status"] if set(answer) == {"status"} else answer

    @contextlib.asynccontextmanager
    async def beating(self):
        async with talking(self.session) as csms:
            beats = asyncio.create_task(self.provisioning.beat())
            try:
                yield csms
            finally:
                beats.cancel()
                await asyncio.gather(beats, return_exceptions=True)


@pytest.fixture
async def office(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        office = Office(yard)
        yield office
        for task in office.tasks:
            task.cancel()
        await asyncio.gather(*office.tasks, return_exceptions=True)


@pytest.fixture
def idle_office(tmp_path):
    """One whose EVSEs do not run, so that a long time passes quickly."""
    yard = Yard(tmp_path)
    yield Office(yard)
    yard.database.close()


@pytest.mark.ocpp("G02.FR.02", "G02.FR.06")
async def test_heartbeats_follow_each_other_and_bring_the_time(idle_office):
    async with idle_office.beating() as csms:
        began = asyncio.get_running_loop().time()
        await csms.hear("Heartbeat", 3)
        assert asyncio.get_running_loop().time() - began == pytest.approx(3 * HEARTBEAT_S, abs=1)
        assert csms.of("Heartbeat")[0] == {}
    assert idle_office.times[0] == datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("answer", [SILENCE, Refusal(), {"currentTime": 7}, {"currentTime": "2027-02-30T00:00:00Z"}])
async def test_a_heartbeat_that_is_answered_amiss_does_not_stop_the_next(idle_office, answer):
    async with idle_office.beating() as csms:
        csms.answer("Heartbeat", answer, {"currentTime": NOW})
        await csms.hear("Heartbeat", 2)
        await asyncio.sleep(1)
    assert idle_office.times == [datetime(2026, 12, 1, 12, tzinfo=UTC)]


@pytest.mark.ocpp("B11.FR.01", "B11.FR.03")
@pytest.mark.parametrize("kind", ["Immediate", "OnIdle"])
async def test_an_idle_station_accepts_a_reset_and_restarts_after_the_answer(office, kind):
    async with talking(office.session) as csms:
        assert await office.reset(csms, type=kind) == "Accepted"
        await asyncio.sleep(0.1)
    # TC_B_23: nothing was scheduled, so it is no ScheduledReset.
    assert office.restarts == [BootReasonEnumType.remote_reset]


@pytest.mark.ocpp("B12.FR.02", "B12.FR.04")
async def test_an_immediate_reset_ends_and_signs_what_runs_first(office):
    transaction_id = await office.yard.charge(2)
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="Immediate") == "Accepted"
        await asyncio.sleep(1)
        assert office.restarts == []
        await office.yard.until(lambda: office.restarts)
    assert office.restarts == [BootReasonEnumType.remote_reset]
    ended = reports_in(office.yard.database)[-1]
    assert (ended.transaction_id, ended.event) == (transaction_id, "Ended")
    assert ended.trigger is TriggerReasonEnumType.reset_command
    assert ended.stopped_reason is ReasonEnumType.immediate_reset
    assert len(ended.samples) == 2


@pytest.mark.ocpp("B12.FR.01", "B12.FR.03")
async def test_a_reset_on_idle_waits_for_the_driver_and_lets_no_other_begin(office):
    await office.yard.charge(1)
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="OnIdle") == "Scheduled"
        await asyncio.sleep(5)
        assert office.yard.charging(1)
        assert refusal(office.yard.evses[2].session) == "the station waits to restart"
        office.yard.evses[1].post(StopRequested(StopCause.CARD))
        await office.yard.until(lambda: office.restarts)
    assert office.restarts == [BootReasonEnumType.scheduled_reset]
    assert reports_in(office.yard.database)[-1].stopped_reason is ReasonEnumType.local


@pytest.mark.ocpp("B12.FR.01")
async def test_a_driver_who_is_authorized_and_has_not_plugged_in_yet_is_waited_for(office):
    office.yard.evses[1].post(Authorized(ANNA))
    await office.yard.until(lambda: office.yard.evses[1].session.authorization)
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="OnIdle") == "Scheduled"
        await asyncio.sleep(1)
        assert office.restarts == []


async def test_an_immediate_reset_overtakes_one_that_waits(office):
    await office.yard.charge(1)
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="OnIdle") == "Scheduled"
        assert await office.reset(csms, type="Immediate") == "Accepted"
        await office.yard.until(lambda: len(office.restarts) == 2)
    assert office.restarts[-1] is BootReasonEnumType.remote_reset
    assert reports_in(office.yard.database)[-1].stopped_reason is ReasonEnumType.immediate_reset


@pytest.mark.ocpp("B11.FR.09", "B12.FR.09")
@pytest.mark.parametrize("kind", ["Immediate", "OnIdle"])
async def test_a_single_evse_cannot_be_reset(office, kind):
    await office.yard.charge(1)
    async with talking(office.session) as csms:
        answer = await office.reset(csms, type=kind, evseId=1)
        assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}}
        await asyncio.sleep(1)
    assert office.yard.charging(1)
    assert office.restarts == []


@pytest.mark.ocpp("B12.FR.04", "B12.FR.05")
async def test_the_restart_waits_until_the_csms_was_told_but_not_for_ever(office):
    office.told.clear()
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="Immediate") == "Accepted"
        await asyncio.sleep(TELL_TIMEOUT_S / 2)
        assert office.restarts == []
        office.told.set()
        await asyncio.sleep(0.1)
        assert len(office.restarts) == 1
        office.told.clear()
        await office.reset(csms, type="Immediate")
        await asyncio.sleep(TELL_TIMEOUT_S + 1)
        assert len(office.restarts) == 2


async def test_an_immediate_reset_does_not_wait_for_ever_for_a_meter(office):
    await office.yard.charge(1)
    office.yard.meters[1].signing_s = 10 * END_TIMEOUT_S
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="Immediate") == "Accepted"
        await office.yard.until(lambda: office.restarts, within_s=END_TIMEOUT_S + 5)


async def test_a_reset_whose_answer_cannot_be_written_does_not_happen(office):
    async with talking(office.session) as csms:
        csms.wire.say([2, "x", "Reset", {"type": "Immediate"}])
        csms.wire.lose()
        await asyncio.sleep(1)
    assert office.restarts == []
