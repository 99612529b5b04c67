"""A reset loses nothing: what runs is ended and told, or waited for, and then the station or the EVSE starts anew."""

import asyncio

import pytest
from ocpp.v201 import call
from ocpp.v201.enums import BootReasonEnumType, ReasonEnumType, ResetEnumType, TriggerReasonEnumType

from station.core.events import Authorized, StopCause, StopRequested
from station.core.session import connector_status, refusal
from station.ocpp.blocks.reset import END_TIMEOUT_S, TELL_TIMEOUT_S, Reset
from station.ocpp.router import Reply, Router
from station.ocpp.session import RpcSession
from tests.fakes import reports_in
from tests.ocpp.csms import talking
from tests.ocpp.yard import ANNA, Yard


class Office:
    """A yard that can be reset; `restarts` is what the station was told to do."""

    def __init__(self, yard):
        self.yard = yard
        self.retries = 0
        self.restarts = []
        self.tasks = set()
        self.told = asyncio.Event()
        self.told.set()
        self.all_told = self.told.wait
        router = Router()
        self.session = RpcSession(router, timeout_s=lambda: 30.0)
        self.block = Reset(
            yard.evses,
            all_told=lambda: self.all_told(),
            restart=self.restarts.append,
            retries=lambda: self.retries,
            spawn=self._spawn,
        )
        router.add(self.block)

    def _spawn(self, name, work):
        self.tasks.add(asyncio.create_task(work, name=name))

    async def reset(self, csms, **payload):
        """Return the status that answers Reset, or the whole answer if it has an info."""
        kind, _, answer = await csms.call("Reset", **payload)
        assert kind == 3
        return answer["status"] if set(answer) == {"status"} else answer

    def met(self, evse_id):
        """Return how often the meter of an EVSE was met."""
        return self.yard.meters[evse_id].calls.count("identify")


@pytest.fixture
async def office(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        office = Office(yard)
        yield office
        for task in office.tasks:
            task.cancel()
        await asyncio.gather(*office.tasks, return_exceptions=True)


@pytest.mark.ocpp("B11.FR.01", "B11.FR.03")
@pytest.mark.parametrize("kind", ["Immediate", "OnIdle"])
async def test_an_idle_station_accepts_a_reset_and_restarts_after_the_answer(office, kind):
    async with talking(office.session) as csms:
        assert await office.reset(csms, type=kind) == "Accepted"
        await asyncio.sleep(0.1)
    # TC_B_23: nothing was scheduled, so it is no ScheduledReset.
    assert office.restarts == [BootReasonEnumType.remote_reset]


async def test_an_operator_at_the_station_can_restart_it_when_nobody_charges(office):
    await office.yard.charge(1)
    assert office.block.soft(None)
    await asyncio.sleep(1)
    assert office.restarts == []
    office.yard.evses[1].post(StopRequested(StopCause.CARD))
    await office.yard.until(lambda: office.restarts)
    assert office.restarts == [BootReasonEnumType.local_reset]


async def test_an_operator_at_the_station_can_restart_one_evse_and_none_that_is_not_there(office):
    met = office.met(2)
    assert office.block.soft(2)
    assert not office.block.soft(7)
    await office.yard.until(lambda: office.met(2) > met)
    assert office.restarts == []


async def test_a_reset_that_fails_leaves_the_station_in_service_and_the_next_one_works(office):
    async def fail():
        raise OSError("the disk is full")

    office.all_told = fail
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="Immediate") == "Accepted"
        await asyncio.sleep(0.1)
        assert office.restarts == []
        assert refusal(office.yard.evses[1].session) is None
        office.all_told = office.told.wait
        assert await office.reset(csms, type="Immediate") == "Accepted"
        await asyncio.sleep(0.1)
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


@pytest.mark.ocpp("B12.FR.01", "B12.FR.03")
async def test_a_driver_who_is_admitted_at_the_moment_of_the_reset_is_waited_for(office):
    reply = await office.block.reset(call.Reset(type=ResetEnumType.on_idle))
    assert isinstance(reply, Reply)
    assert reply.then is not None
    reply.then()
    office.yard.evses[1].post(Authorized(ANNA))  # before the reset has told the EVSE that nobody may begin
    await asyncio.sleep(5)
    assert office.yard.evses[1].session.authorization is not None
    assert office.restarts == []
    office.yard.evses[1].post(StopRequested(StopCause.CARD))
    await office.yard.until(lambda: office.restarts)


async def test_when_what_is_told_is_waited_for_every_evse_is_closed(office):
    closed = []

    async def look():
        closed.extend(evse.session.blocked for evse in office.yard.evses.values())

    office.all_told = look
    async with talking(office.session) as csms:
        await office.reset(csms, type="Immediate")
        await office.yard.until(lambda: office.restarts)
    assert closed == [True, True]


async def test_an_immediate_reset_overtakes_one_that_waits(office):
    await office.yard.charge(1)
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="OnIdle") == "Scheduled"
        assert await office.reset(csms, type="Immediate") == "Accepted"
        await office.yard.until(lambda: office.restarts)
        await asyncio.sleep(5)
    assert office.restarts == [BootReasonEnumType.remote_reset]
    assert reports_in(office.yard.database)[-1].stopped_reason is ReasonEnumType.immediate_reset


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


@pytest.mark.ocpp("B11.FR.01", "B12.FR.01")
async def test_repeated_requests_lead_to_one_restart(office):
    await office.yard.charge(1)
    async with talking(office.session) as csms:
        for _ in range(3):
            assert await office.reset(csms, type="OnIdle") == "Scheduled"
        office.yard.evses[1].post(StopRequested(StopCause.CARD))
        await office.yard.until(lambda: office.restarts)
        await asyncio.sleep(5)
    assert office.restarts == [BootReasonEnumType.scheduled_reset]


@pytest.mark.ocpp("B12.FR.05")
async def test_a_reset_goes_on_when_the_connection_ends(office):
    await office.yard.charge(1)
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="OnIdle") == "Scheduled"
    office.yard.evses[1].post(StopRequested(StopCause.CARD))
    await office.yard.until(lambda: office.restarts)
    assert reports_in(office.yard.database)[-1].event == "Ended"


# One EVSE


@pytest.mark.ocpp("B11.FR.08", "B11.FR.10")
@pytest.mark.parametrize("kind", ["Immediate", "OnIdle"])
async def test_an_idle_evse_starts_anew_and_the_others_go_on(office, kind):
    transaction_id = await office.yard.charge(2)
    async with talking(office.session) as csms:
        assert await office.reset(csms, type=kind, evseId=1) == "Accepted"
        await office.yard.until(lambda: office.met(1) == 2)
        await office.yard.until(lambda: connector_status(office.yard.evses[1].session) == "Available")
    assert office.restarts == []
    assert office.met(2) == 1
    assert office.yard.charging(2)
    assert await office.yard.charge(1) != transaction_id


@pytest.mark.ocpp("B12.FR.02", "B12.FR.08")
async def test_an_immediate_reset_of_an_evse_ends_its_transaction_first_and_tells_it(office):
    await office.yard.charge(1)
    other = await office.yard.charge(2)
    office.told.clear()
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="Immediate", evseId=1) == "Accepted"
        await office.yard.until(lambda: office.yard.evses[1].session.transaction is None)
        ended = reports_in(office.yard.database)[-1]
        assert (ended.trigger, ended.stopped_reason) == ("ResetCommand", "ImmediateReset")
        assert len(ended.samples) == 2
        assert office.met(1) == 1
        office.told.set()
        await office.yard.until(lambda: office.met(1) == 2)
    transaction = office.yard.evses[2].session.transaction
    assert transaction is not None
    assert transaction.id == other
    assert office.restarts == []


@pytest.mark.ocpp("B12.FR.01", "B12.FR.07")
async def test_a_reset_of_an_evse_on_idle_waits_for_its_driver_alone(office):
    await office.yard.charge(1)
    await office.yard.charge(2)
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="OnIdle", evseId=1) == "Scheduled"
        await asyncio.sleep(5)
        assert office.yard.charging(1)
        office.yard.evses[1].post(StopRequested(StopCause.CARD))
        await office.yard.until(lambda: office.met(1) == 2)
    assert reports_in(office.yard.database)[-1].stopped_reason is ReasonEnumType.local
    assert office.yard.charging(2)


async def test_an_evse_that_does_not_exist_cannot_be_reset(office):
    async with talking(office.session) as csms:
        for evse_id in (0, 3):
            answer = await office.reset(csms, type="Immediate", evseId=evse_id)
            assert answer["status"] == "Rejected"
            assert answer["statusInfo"]["reasonCode"] == "UnknownEvse"
    assert office.restarts == []


@pytest.mark.parametrize(("retries", "lives"), [(0, 1), (2, 3)])
async def test_an_evse_whose_meter_stays_silent_is_reset_again_as_often_as_the_variable_says(office, retries, lives):
    office.retries = retries
    office.yard.meters[1].be_silent()
    office.yard.controllers[1].calls.clear()
    async with talking(office.session) as csms:
        await office.reset(csms, type="Immediate", evseId=1)
        await asyncio.sleep(120)
    assert office.yard.controllers[1].calls.count("prepare") == lives


@pytest.mark.ocpp("B12.FR.03")
async def test_an_evse_that_was_reset_stays_closed_while_the_station_waits_to_restart(office):
    await office.yard.charge(2)
    async with talking(office.session) as csms:
        assert await office.reset(csms, type="OnIdle") == "Scheduled"
        assert await office.reset(csms, type="Immediate", evseId=1) == "Accepted"
        await office.yard.until(lambda: office.met(1) == 2)
        await asyncio.sleep(5)
        assert refusal(office.yard.evses[1].session) == "the station waits to restart"
        assert office.yard.charging(2)
